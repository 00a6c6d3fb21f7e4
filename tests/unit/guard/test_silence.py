"""Silence of a feed: of one app, of all; what is told of it, and that it never counts as quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.domain.incident import Incident, State
from freio.domain.signal import SignalKind
from freio.domain.silence import Feed, Lateness, silence
from freio.domain.target import Target
from freio.ports import Change
from tests.unit.guard.watching import HOUR, NOW, PROJECT, Town, app, client, usd

DAY = timedelta(days=1)
TWENTY = 20_000_000  # tokens an hour, and dollars for them


@pytest.fixture
def town() -> Town:
    """Two apps that spend twenty dollars an hour, all the time; the export is three hours late."""
    made = Town(client=client(app("chat"), app("search")))
    for name in ("chat", "search"):
        made.bill(NOW - 10 * DAY, NOW - 3 * HOUR, 20, project=f"acme-{name}")
        made.serve(NOW - 9 * DAY, NOW, TWENTY, project=f"acme-{name}")
    return made


def goes_on(town: Town, hours: float, *names: str, billed: tuple[str, ...] = ("chat", "search")) -> None:
    """So many hours more, in which only these apps have traffic, and these are billed for what they had before."""
    before = town.clock.now()
    now = before + timedelta(hours=hours)
    for name in names:
        town.serve(before, now, TWENTY, project=f"acme-{name}")
    for name in billed:
        town.bill(before - 3 * HOUR, now - 3 * HOUR, 20, project=f"acme-{name}", exported=now)
    town.clock.at = now


def incident(town: Town, name: str = "chat") -> Incident | None:
    return town.store.open_incident(name)


def test_an_app_that_says_nothing_any_more_is_a_signal(town: Town) -> None:
    """After twice its longest pause, and two hours at least: it has stopped, or runs unseen."""
    goes_on(town, 2, "search")
    town.watcher.watch()
    assert incident(town) is None
    goes_on(town, 0.5, "search")
    town.watcher.watch()
    found = incident(town)
    assert found is not None
    (signal,) = found.signals
    assert (signal.kind, signal.driver, signal.window_minutes) == (SignalKind.SILENCE, Feed.TELEMETRY, 120)
    assert (signal.observed, signal.usual) == (usd(0), usd(40))
    assert incident(town, "search") is None
    assert not found.assessment or not found.assessment.complete


def test_silence_is_never_quiet_and_ends_when_the_app_speaks(town: Town) -> None:
    """However long it lasts; then its incident ends by itself."""
    goes_on(town, 3, "search")
    for _ in range(12):
        town.watcher.watch()
        goes_on(town, 0.5, "search", billed=())
    found = incident(town)
    assert found is not None
    assert found.assessment is not None
    assert found.assessment.quiet_since is None
    assert len(found.signals) == 1
    for _ in range(4):
        goes_on(town, 0.5, "chat", "search", billed=())
        town.watcher.watch()
    assert incident(town) is None


def test_an_app_of_which_both_feeds_say_that_it_stopped_has_stopped(town: Town) -> None:
    """Bills of others have come for hours in which it has none: nothing is hidden there."""
    goes_on(town, 5, "search", billed=())
    town.bill(NOW - 3 * HOUR, NOW, 20, exported=town.clock.now())
    town.bill(NOW - 3 * HOUR, NOW + 4 * HOUR, 20, project="acme-search", exported=town.clock.now())
    town.watcher.watch()
    assert incident(town) is None


def test_an_app_that_is_billed_while_its_telemetry_is_silent_runs_unseen(town: Town) -> None:
    """The bills say so."""
    goes_on(town, 9, "search")
    town.watcher.watch()
    found = incident(town)
    assert found is not None
    assert [signal.driver for signal in found.signals] == [Feed.TELEMETRY]


def test_an_app_that_is_not_billed_any_more_while_it_runs_is_a_signal(town: Town) -> None:
    """A label has gone, or it runs in another project: its bills are nobody's."""
    goes_on(town, 9, "chat", "search", billed=("search",))
    town.watcher.watch()
    found = incident(town)
    assert found is not None
    (signal,) = found.signals
    assert (signal.kind, signal.driver) == (SignalKind.SILENCE, Feed.EXPORT)


def test_credits_that_begin_to_pay_for_everything_are_no_silence(town: Town) -> None:
    """The rows go on to come, with no money in them."""
    goes_on(town, 60, "chat", "search", billed=("search",))
    town.bill(NOW - 3 * HOUR, NOW + 57 * HOUR, 0, exported=town.clock.now())
    town.watcher.watch()
    assert incident(town) is None


def test_a_brake_of_ours_is_no_silence(town: Town) -> None:
    """What we have stopped says nothing: that is what it was stopped for."""
    goes_on(town, 3, "search")
    town.watcher.watch()
    found = incident(town)
    assert found is not None
    target = Target("api_key", PROJECT, "apikeys.googleapis.com", "", "")
    held = replace(found, signals=(), state=State.STUCK, holding=(target,))
    town.store.commit(Change(put=(held,)))
    town.watcher.watch()
    again = incident(town)
    assert again is not None
    assert again.signals == ()


def test_cents_that_are_not_heard_of_wake_nobody() -> None:
    """A dollar an hour: after five hours that is the gate, and after six it is more."""
    town = Town(client=client(app("chat"), app("search")))
    for name in ("chat", "search"):
        town.bill(NOW - 10 * DAY, NOW - 3 * HOUR, 1, project=f"acme-{name}")
        town.serve(NOW - 9 * DAY, NOW, 1_000_000, project=f"acme-{name}")
    told = []
    for _ in range(6):
        goes_on(town, 1, "search", billed=())
        town.watcher.watch()
        told.append(incident(town) is not None)
    assert told == [False] * 5 + [True]


def test_an_app_that_pauses_is_no_silent_one() -> None:
    """It works on eight hours of a day: sixteen hours without a word are its habit, and a day is not."""
    quiet = Town(client=client(app("chat"), app("search")))
    for day in range(9, 0, -1):
        quiet.serve(NOW - day * DAY, NOW - day * DAY + 8 * HOUR, TWENTY, project="acme-chat")
        quiet.bill(NOW - day * DAY, NOW - day * DAY + 8 * HOUR, 20, project="acme-chat")
    quiet.serve(NOW - 9 * DAY, NOW, TWENTY, project="acme-search")
    quiet.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 20, project="acme-search")
    assert quiet.read().apps["chat"].silence is None
    goes_on(quiet, 8, "search", billed=())
    assert quiet.read().apps["chat"].silence is None
    goes_on(quiet, 1, "search", billed=())
    assert quiet.read().apps["chat"].silence is not None


def test_telemetry_that_is_silent_as_a_whole_is_paged_once(town: Town) -> None:
    """And is no incident of each app."""
    for _ in range(4):
        goes_on(town, 1, billed=())
        town.watcher.watch()
    assert [key for key in town.pager.pages if key.startswith("page/silence/telemetry")] == [
        f"page/silence/telemetry/{NOW.isoformat()}"
    ]
    assert incident(town) is None
    assert incident(town, "search") is None
    assert not town.read().apps["chat"].complete


def test_an_export_that_is_later_than_it_ever_was_is_paged_once(town: Town) -> None:
    """It was a day late at most on three days, as had to be learned; then a day and a half is silence."""
    for _ in range(4):
        goes_on(town, 24, "chat", "search", billed=())
        town.watcher.watch()
        for name in ("chat", "search"):
            now = town.clock.now()
            town.bill(now - 27 * HOUR, now - 3 * HOUR, 20, project=f"acme-{name}", exported=now)
        town.watcher.watch()
    assert not [key for key in town.pager.pages if "silence/export" in key]
    goes_on(town, 24, "chat", "search", billed=())
    town.watcher.watch()
    assert not [key for key in town.pager.pages if "silence/export" in key]
    for _ in range(4):
        goes_on(town, 6, "chat", "search", billed=())
        town.watcher.watch()
    assert len([key for key in town.pager.pages if "silence/export" in key]) == 1
    assert town.read().apps["chat"].complete


def test_lateness_is_known_once_more_has_come() -> None:
    """While it lasts it is no habit; the largest of each day is kept, for four weeks."""
    late = Lateness().seen(NOW, NOW + 2 * HOUR)
    assert (late.until, late.latest) == (NOW, ())
    assert late.seen(NOW, NOW + 9 * HOUR) == late
    late = late.seen(NOW + HOUR, NOW + 3 * HOUR).seen(NOW + 2 * HOUR, NOW + 4 * HOUR)
    assert late.latest == ((NOW.date(), 3 * HOUR),)
    assert late.seen(NOW + 40 * DAY, NOW + 41 * DAY).latest == (((NOW + 41 * DAY).date(), 41 * DAY - 2 * HOUR),)


@pytest.mark.parametrize(("days", "hours", "is_silent"), [(2, 47, False), (2, 49, True), (3, 30, False), (3, 37, True)])
def test_until_its_habits_are_known_two_days_are_no_silence(days: int, hours: int, is_silent: bool) -> None:
    """Rows were seen 1.6 days late; an export that has been a day late at most may be half as much again."""
    latest = tuple(((NOW - day * DAY).date(), DAY) for day in range(days))
    late = Lateness(until=NOW, latest=latest)
    found = late.silence(NOW + hours * HOUR, least=12 * HOUR, unknown=48 * HOUR)
    assert (found is not None) is is_silent


@given(st.lists(st.integers(0, 24 * 9), unique=True), st.integers(0, 100))
def test_a_silence_is_longer_than_all_pauses(ago: list[int], lasted: int) -> None:
    """By half, and it takes some habits to break."""
    last = NOW - lasted * HOUR
    hours = sorted(last - HOUR - back * HOUR for back in ago)
    end = hours[-1] + HOUR if hours else last
    found = silence(Feed.TELEMETRY, hours, end, NOW, least=HOUR)
    if found is not None:
        assert len(hours) >= 24
        assert all(found.lasted > (after - before - HOUR) * 1.5 for before, after in pairwise(hours))
