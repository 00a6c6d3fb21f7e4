"""Spend of no app: an hour of it is told once, with when it was; what goes on is told again, once a day at most."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.app import Match
from freio.domain.incident import Incident
from freio.domain.money import SpendRange
from freio.domain.signal import SignalKind
from freio.domain.unowned import Unowned
from freio.guard.estimate import NOBODY
from freio.guard.meter import Reading, Readings
from freio.guard.unowned import dear_hours
from freio.ports import Change
from tests.unit.guard.watching import FLASH, HOUR, NOW, PRO, PROJECT, FakePrices, Town, app, client, usd

DAY = timedelta(days=1)
STRANGER = "somebody-elses"


@pytest.fixture
def town() -> Town:
    return Town()


def looks(town: Town, until: datetime, every: timedelta = HOUR) -> list[str]:
    """Look until then; the pages, in the order in which they came."""
    while town.clock.at <= until:
        town.watcher.watch()
        town.clock.at += every
    pages = [page.replace("\u202f", " ") for page in town.pager.pages.values()]
    return [page for page in pages if "belong to no app" in page]


def test_one_hour_is_told_once_and_when_it_was(town: Town) -> None:
    """It is on three days of UTC that it can be seen, and it was in one of them."""
    town.bill(NOW - HOUR, NOW, 30, project=STRANGER)
    (page,) = looks(town, NOW + 3 * DAY)
    assert page == (
        "$30.00 of the hour from Nov 23, 2026 11:00 AM (GMT-03:00) on belong to no app in freio.yaml; the largest part "
        "is gemini-2.5-flash in somebody-elses."
    )
    assert town.store.open_incidents() == []
    assert [entry.what for entry in town.store.entries() if entry.kind == "signal"] == [SignalKind.UNATTRIBUTED]


def test_a_page_names_what_drove_the_hour_that_it_is_about(town: Town) -> None:
    """Not what costs a little in each of two days, and more in all; nor what runs now, of an hour before them."""
    town.bill(NOW - 10 * DAY, NOW + 3 * DAY, 4, project="a-little-each-hour")
    town.bill(NOW - 40 * HOUR, NOW - 39 * HOUR, 100, project=STRANGER)
    town.bill(NOW - 44 * HOUR, NOW - 43 * HOUR, 900, project=STRANGER, model=PRO, exported=NOW + 2 * HOUR)
    first, second = looks(town, NOW + 2 * DAY)
    assert first.startswith("$104.00 of the hour")
    assert first.endswith(f"the largest part is {FLASH} in {STRANGER}.")
    assert second.startswith("$904.00 of the hour")
    assert second.endswith(f"the largest part is {PRO} in {STRANGER}.")


def beside_an_app() -> Town:
    """An hour that is not billed yet, beside an app that is known by its label: telemetry says what runs, not whose."""
    town = Town(client=client(app(match=Match(projects=frozenset({PROJECT}), labels=(("app", "chat"),)))))
    town.serve(NOW - 10 * DAY, NOW - HOUR, 2_000_000)
    town.serve(NOW - HOUR, NOW + HOUR, 200_000_000)
    town.bill(NOW - 10 * DAY, NOW - 3 * HOUR, 1, labels={"app": "chat"})
    town.bill(NOW - 10 * DAY, NOW - 3 * HOUR, 1)
    return town


def test_an_hour_that_is_not_billed_yet_is_named_by_its_model() -> None:
    town = beside_an_app()
    (page,) = looks(town, NOW)
    assert page.endswith(f"the largest part is {FLASH}.")


def test_of_an_hour_that_is_billed_in_part_the_estimate_of_the_rest_counts() -> None:
    """A cent of one model is on its bill; what runs away is another, and is not billed yet."""
    town = beside_an_app()
    town.bill(NOW - HOUR, NOW, "0.01", model=PRO)
    (page,) = looks(town, NOW)
    assert page.endswith(f"the largest part is {FLASH}.")


def test_what_goes_on_is_told_once_a_day(town: Town) -> None:
    """At any hour of the day, and for as long as it does: the middle of the night is no other day."""
    town.clock.at = NOW.replace(hour=22)
    town.bill(town.clock.at - 2 * HOUR, town.clock.at + 3 * DAY, 9, project=STRANGER)
    assert len(looks(town, town.clock.at + 2 * HOUR)) == 1
    assert len(looks(town, town.clock.at + 3 * DAY)) == 4


def test_an_hour_that_is_billed_out_of_order_is_told_a_day_later(town: Town) -> None:
    """A dear hour must not stay unknown because a cheap later one was told before its bill had come."""
    town.bill(NOW - HOUR, NOW, 9, project=STRANGER)
    town.bill(NOW - 3 * HOUR, NOW - 2 * HOUR, 5_000, project=STRANGER, exported=NOW + 2 * HOUR)
    pages = looks(town, NOW + 3 * DAY)
    assert [page.partition(" of ")[0] for page in pages] == ["$9.00", "$5,000"]


def test_what_is_billed_late_on_the_day_after_a_page_is_told_when_that_is_over(town: Town) -> None:
    """Rows come up to two days late: by the next page that hour is older than them."""
    town.bill(NOW - HOUR, NOW, 9, project=STRANGER)
    town.bill(NOW - 28 * HOUR, NOW - 27 * HOUR, 5_000, project=STRANGER, exported=NOW + 2 * HOUR)
    pages = looks(town, NOW + 3 * DAY)
    assert [page.partition(" of ")[0] for page in pages] == ["$9.00", "$5,000"]


@pytest.mark.parametrize(("more", "amounts"), [("20", ["$30.00"]), ("30", ["$30.00", "$60.00"])])
def test_an_hour_that_turns_out_twice_as_dear_is_news(town: Town, more: str, amounts: list[str]) -> None:
    """A bill comes in parts: a little more of it is the same news."""
    town.bill(NOW - HOUR, NOW, 30, project=STRANGER)
    town.bill(NOW - HOUR, NOW, more, project=STRANGER, exported=NOW + 3 * HOUR)
    assert [page.partition(" of ")[0] for page in looks(town, NOW + 3 * DAY)] == amounts


def test_the_gate_says_which_hours_are_dear() -> None:
    """Telemetry is read for the apps' own projects alone, so the hours of the late export are what is looked at."""
    hours = (Decimal(9), *[Decimal(0)] * 70, Decimal(6), Decimal(5))
    nobody = Reading(
        app=NOBODY, at=NOW, first_hour=NOW - 72 * HOUR, hours=hours, spend=SpendRange.zero("USD"), rate=usd(0)
    )
    readings = Readings(at=NOW, apps={NOBODY: nobody}, shares={}, usd_rate=Decimal(1))
    assert dear_hours(client(), readings) == ((NOW - HOUR, usd(6)),)
    assert dear_hours(client(), replace(readings, apps={})) == ()


def test_two_looks_at_once_tell_it_once(town: Town) -> None:
    """The record of what was told is what they race for."""
    town.bill(NOW - HOUR, NOW, 30, project=STRANGER)
    other = Unowned().told([(NOW - HOUR, usd(30))], NOW)
    commit, raced = town.store.commit, False

    def race(change: Change) -> None:
        nonlocal raced
        if not raced and any(isinstance(record, Unowned) for record in change.put):
            raced = True
            commit(Change(put=(other,)))
        commit(change)

    town.store.commit = race  # type: ignore[method-assign]  # somebody comes in between
    assert looks(town, NOW + HOUR) == []
    assert raced


def test_what_was_told_in_another_currency_is_not_compared() -> None:
    """A client that has changed its currency is told anew, and no look fails."""
    told = Unowned().told([(NOW, replace(usd(30), currency="BRL"))], NOW)
    assert told.news([(NOW, usd(6))], NOW + DAY) == ((NOW, usd(6)),)


def test_one_hour_of_a_model_without_a_price_is_told_once(town: Town) -> None:
    """It can be seen for as long, and over the end of a month: it is one signal of one incident."""
    town.clock.at = at = datetime(2026, 10, 31, 12, tzinfo=UTC)
    town.prices = FakePrices(known={FLASH: (Decimal("0.000001"), Decimal("0.000001"))})
    town.bill(at - 10 * DAY, at - 3 * HOUR, 1)
    town.serve(at - 10 * DAY, at + 4 * DAY, 1_000_000)
    town.serve(at - HOUR, at, 1_000_000, model="mystery")
    looks(town, at + 3 * DAY, 6 * HOUR)
    incidents = {entry.incident for entry in town.store.entries() if entry.incident}
    assert len(incidents) == 1
    found = town.store.get(Incident, incidents.pop())
    assert found is not None
    assert (found.signal_count, found.signals[0].kind) == (1, SignalKind.UNPRICED)
