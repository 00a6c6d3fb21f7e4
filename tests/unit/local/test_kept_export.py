"""The export is asked at most once in a while, and never answered with what is too old or too short."""

from datetime import UTC, datetime, timedelta

from freio.adapters.local.kept_export import KeptExport
from freio.domain.spend import Export

AT = datetime(2026, 11, 3, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Counting:
    """A warehouse that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime]] = []

    def export(self, since: datetime, as_of: datetime) -> Export:
        self.asked.append((since, as_of))
        return Export(costs=(), complete_until=as_of, usd_rate=None)


def test_ticks_within_the_hour_share_one_answer() -> None:
    """Twelve looks in an hour are one scan."""
    behind = Counting()
    kept = KeptExport(behind)
    answers = {kept.export(AT - DAY, AT + i * timedelta(minutes=5)).complete_until for i in range(12)}
    assert answers == {AT}
    assert len(behind.asked) == 1


def test_an_answer_is_not_kept_longer_than_an_hour() -> None:
    """The next hour asks again."""
    behind = Counting()
    kept = KeptExport(behind)
    kept.export(AT - DAY, AT)
    assert kept.export(AT - DAY, AT + HOUR).complete_until == AT + HOUR


def test_a_longer_past_is_asked_for() -> None:
    """What reaches further back than the kept answer is not answered from it."""
    behind = Counting()
    kept = KeptExport(behind)
    kept.export(AT - DAY, AT)
    kept.export(AT - 2 * DAY, AT + timedelta(minutes=5))
    assert len(behind.asked) == 2


def test_a_clock_that_went_back_is_asked_for() -> None:
    """An answer from the future of the question is not an answer."""
    behind = Counting()
    kept = KeptExport(behind)
    kept.export(AT - DAY, AT)
    kept.export(AT - DAY, AT - HOUR)
    assert len(behind.asked) == 2
