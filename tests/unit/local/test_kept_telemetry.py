"""Settled telemetry is asked for once; what may still change is asked for each time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from freio.adapters.local.kept_telemetry import ANSWERS, KeptTelemetry
from freio.domain.proof import Window
from freio.domain.spend import Requests, Tokens
from freio.domain.target import Target

NOW = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TARGET = Target("quota", "p", "s", "s/m", "1/min/{project}")


class Counting:
    """A meter that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        self.asked += 1
        return [
            Tokens(
                start=since, minutes=step_minutes, project=projects[0], location="global", model="m", input=self.asked,
                output=0,
            )
        ]  # fmt: skip

    def requests(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Requests]:
        self.asked += 1
        return [Requests(start=since, minutes=step_minutes, project=projects[0], model="m", total=self.asked)]

    def windows(
        self, target: Target, since: datetime, until: datetime, minutes: int, *, takes: tuple[str, ...] = ()
    ) -> list[Window]:
        self.asked += 1
        return []


def test_a_settled_span_is_asked_for_once() -> None:
    """And its answer cannot be spoilt by who got it."""
    behind = Counting()
    meter = KeptTelemetry(behind, lambda: NOW)
    first = meter.tokens(["p"], NOW - 3 * HOUR, NOW - 30 * MINUTE, 60)
    first.clear()
    assert [t.input for t in meter.tokens(["p"], NOW - 3 * HOUR, NOW - 30 * MINUTE, 60)] == [1]
    assert behind.asked == 1


def test_a_span_that_may_still_fill_is_asked_for_each_time() -> None:
    """Points come minutes late: the last ten minutes are never kept."""
    behind = Counting()
    meter = KeptTelemetry(behind, lambda: NOW)
    meter.tokens(["p"], NOW - HOUR, NOW - 9 * MINUTE, 5)
    meter.tokens(["p"], NOW - HOUR, NOW - 9 * MINUTE, 5)
    assert behind.asked == 2


def test_requests_are_asked_for_each_time() -> None:
    """They are asked for up to now."""
    meter = KeptTelemetry(Counting(), lambda: NOW)
    span = ["p"], NOW - 3 * HOUR, NOW - 30 * MINUTE, 5
    assert [meter.requests(*span)[0].total for _ in range(2)] == [1, 2]


def test_other_projects_spans_and_steps_are_other_questions() -> None:
    """Nobody gets another's answer."""
    behind = Counting()
    meter = KeptTelemetry(behind, lambda: NOW)
    until = NOW - HOUR
    for projects, since, step in ((["p"], until - HOUR, 5), (["q"], until - HOUR, 5), (["p"], until - 2 * HOUR, 5)):
        meter.tokens(projects, since, until, step)
    meter.tokens(["p"], until - HOUR, until, 60)
    assert behind.asked == 4


def test_it_does_not_grow_without_end() -> None:
    """The oldest answers go."""
    behind = Counting()
    meter = KeptTelemetry(behind, lambda: NOW)
    for n in range(ANSWERS + 1):
        meter.tokens(["p"], NOW - (n + 2) * HOUR, NOW - HOUR, 60)
    meter.tokens(["p"], NOW - 2 * HOUR, NOW - HOUR, 60)
    assert behind.asked == ANSWERS + 2


def test_a_tick_over_many_projects_is_kept_whole() -> None:
    """Else each answer would be gone before it is asked for again, and every tick would ask for all of them."""
    behind = Counting()
    meter = KeptTelemetry(behind, lambda: NOW, projects=ANSWERS + 1)
    for _ in range(2):
        for project in range(ANSWERS + 1):
            meter.tokens([f"p-{project}"], NOW - 3 * HOUR, NOW - 30 * MINUTE, 60)
    assert behind.asked == ANSWERS + 1
