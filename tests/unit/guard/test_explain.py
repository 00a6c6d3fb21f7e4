"""What an alert says for itself: checked by hand on series that fit on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from freio.adapters.detector import evidence
from freio.adapters.detector.adapter import PyodDetector
from freio.domain.app import Level
from freio.domain.explanation import Explanation
from freio.domain.money import SpendRange
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend import Score
from freio.guard.explain import PACE, REQUESTS, driven, explain
from freio.guard.meter import Reading
from freio.i18n.words import WORDS
from tests.unit.guard.watching import FLASH, HOUR, NOW, PRO, usd

MINUTE = timedelta(minutes=1)
ONE = Decimal(1)
SPIKE = Signal(
    key="k",
    app="chat",
    kind=SignalKind.SPIKE,
    level=Level.WARNING,
    at=NOW,
    observed=usd(10),
    usual=usd(2),
    window_minutes=60,
    score=1.5,
    driver=FLASH,
)


def reading(hours: Sequence[int], *, at: datetime = NOW, models: dict[str, Sequence[int]] | None = None) -> Reading:
    start = at.replace(minute=0) - (len(hours) - 1) * HOUR
    return Reading(
        app="chat",
        at=at,
        first_hour=start,
        hours=tuple(Decimal(hour) for hour in hours),
        spend=SpendRange.zero("USD"),
        rate=usd(hours[-1]),
        models={name: tuple(Decimal(hour) for hour in each) for name, each in (models or {}).items()},
    )


def scored(hours: int, told: int = 48, **changes: object) -> Score:
    made = Score(value=1.5, usual=2.0, kind="spike", hours=hours, normal=(2.0,) * told, evidence=(("the hour", 1.5),))
    return replace(made, **changes)  # type: ignore[arg-type]  # names of fields


def said(
    read: Reading, score: Score, *signals: Signal, factor: Decimal = ONE, before: Explanation | None = None
) -> Explanation:
    found = explain(read, score, signals or (SPIKE,), factor=factor, before=before)
    assert found is not None
    return found


def test_a_first_hour_goes_on_as_it_began() -> None:
    """Ten where two are usual: eight so far, 24 times as much in a day, and 7.7 days until the Pacific month ends."""
    found = said(reading([2] * 47 + [10]), scored(1))
    assert (found.since, found.usual, found.so_far) == (NOW - HOUR, usd(2), usd(8))
    assert found.tomorrow == usd(8 + 8 * 24)
    assert found.month_end == usd(8 + 8 * 185)  # from 23 November 15:00 UTC to 1 December 08:00 UTC
    assert found.fired == (("the hour", Decimal("1.5")),)


def test_it_began_before_it_fired() -> None:
    """It fires after some hours; those before that cost half as much over the usual belong to it."""
    found = said(reading([2] * 42 + [10] * 6), scored(2))
    assert found.since == NOW - 5 * HOUR
    assert found.so_far == usd(5 * 8)  # on the hour: the last one is the one before it, over again
    assert found.tomorrow == usd(5 * 8 + 24 * 8)


def test_an_hour_that_was_hardly_over_the_usual_does_not_belong_to_it() -> None:
    """Nor does a week of such hours, once a brake has made what is over the usual small."""
    first = said(reading([2] * 46 + [5, 10]), scored(1))
    assert first.since == NOW - HOUR
    braked = reading([*[3] * 40, *[2] * 6, 5, 10, 2, 3, 3], at=NOW + 3 * HOUR)
    assert said(braked, scored(1), before=first).since == first.since


def test_the_last_hour_counts_by_its_part_in_the_present_one() -> None:
    """At a quarter past, three quarters of it are in the hour before."""
    found = said(reading([2] * 44 + [10] * 4, at=NOW + timedelta(minutes=15)), scored(4))
    assert found.so_far == usd(8 * 3 + 2)


def test_growth_goes_on_at_what_it_costs_now() -> None:
    """The mean of its past is less than the least that is to come."""
    growing = reading([2] * 44 + [4, 6, 8, 10])
    calm = said(growing, scored(4))
    grown = said(growing, scored(4), replace(SPIKE, kind=SignalKind.GROWTH))
    assert calm.tomorrow.amount - calm.so_far.amount == 24 * Decimal(2 + 4 + 6) / 3
    assert grown.tomorrow.amount - grown.so_far.amount == 24 * 8


def test_what_is_expected_is_not_over_the_usual() -> None:
    """Three times the usual was announced: six, and four over it."""
    found = said(reading([2] * 47 + [10]), scored(1), factor=Decimal(3))
    assert (found.usual, found.so_far) == (usd(6), usd(4))


def test_a_sale_that_begins_makes_nothing_less_of_what_ran_before_it() -> None:
    """Ten hours at ten over the usual; in the eleventh, four times the usual is expected, and four are over that."""
    hours = [2] * 60 + [12] * 11
    first = said(reading(hours[:-1]), scored(10))
    assert first.so_far == usd(90)  # nine whole hours: the last one ends on the hour
    found = explain(
        reading(hours, at=NOW + HOUR),
        scored(11),
        (SPIKE,),
        factor=Decimal(4),
        factors=(*(ONE,) * 70, Decimal(4)),
        before=first,
    )
    assert found is not None
    assert (found.usual, found.so_far) == (usd(8), usd(100))


def test_what_began_then_has_not_begun_later() -> None:
    """An alert that ends between two looks, or fires anew, is one trouble as long as its incident is open."""
    first = said(reading([2] * 47 + [10]), scored(1))
    later = reading([2] * 46 + [10, 2, 2, 10], at=NOW + 3 * HOUR)
    assert said(later, scored(1), before=first).since == NOW - HOUR
    assert explain(later, scored(1), (), factor=ONE, before=first) == first
    assert explain(later, None, (SPIKE,), factor=ONE, before=None) is None


def test_what_it_has_cost_is_not_forgotten_when_it_fires_anew_after_weeks() -> None:
    """An incident that its budget holds open: the usual is told of eight days, and eight an hour ran ten days ago."""
    first = said(reading([2] * 47 + [10]), scored(1))
    past = [*[2] * 46, 10, *[2] * 239]
    later = said(reading([*past, 10, 10], at=NOW + 240 * HOUR), scored(1, told=192), before=first)
    assert (later.since, later.so_far) == (first.since, usd(8 + 8))
    soon = NOW + 240 * HOUR + timedelta(minutes=30)
    half = said(reading([*past, 10, 10], at=soon), scored(1, told=192), before=later)
    assert half.so_far == usd(8 + 8 + 4)
    day = said(reading([*past, *[10] * 26], at=NOW + 264 * HOUR), scored(1, told=192), before=half)
    assert day.so_far == usd(8 + 25 * 8)


def test_what_runs_again_comes_to_what_it_costs_now_and_not_to_the_mean_of_its_rest() -> None:
    """Eight an hour for an hour, calm or expected for a day, and now 98: it was said to come to a tenth of that."""
    told = said(reading([2] * 47 + [10, 10], at=NOW + HOUR), scored(1))
    for many in range(1, 30):
        at = NOW + (25 + many) * HOUR
        hours = [*[2] * 47, 10, *[2] * 24, *[100] * (many + 1)]
        told = said(reading(hours, at=at), scored(1, told=96), before=told)
        assert (told.since, told.so_far) == (NOW, usd(8 + 98 * many))
        assert told.tomorrow - told.so_far == usd(98 * 24)


def test_what_it_has_cost_so_far_grows_within_its_first_hour() -> None:
    """Told by tokens that reach into the hour before, it began with this one: 40 minutes of 12 an hour are eight."""
    pace = replace(SPIKE, at=NOW + timedelta(minutes=10), window_minutes=15, observed=usd("3.5"), usual=usd("0.5"))
    first = said(reading([2] * 47 + [4], at=NOW + timedelta(minutes=10)), scored(1), pace)
    assert (first.since, first.so_far) == (NOW - timedelta(minutes=5), usd(2))
    later = reading([2] * 47 + [10], at=NOW + timedelta(minutes=40))
    assert said(later, scored(1), before=first).so_far == usd(8)
    long = reading([2] * 46 + [8, 14], at=NOW + timedelta(minutes=40))  # from half past: six, and eight of the last
    assert said(long, scored(1), before=first).so_far == usd(6 + 8)


def test_what_the_hour_before_has_nothing_of_began_with_this_one() -> None:
    """A quarter past, money of the hour tells it: 32 an hour since then, and not half as much when the hour is over."""
    at = NOW + timedelta(minutes=15)
    hour = replace(SPIKE, at=at, observed=usd(10))
    tokens = replace(hour, window_minutes=15, observed=usd("8.5"), usual=usd("0.5"))
    for told in ((hour,), (hour, tokens)):
        first = said(reading([2] * 47 + [10], at=at), scored(1), *told)
        assert (first.since, first.so_far) == (NOW, usd(8))
        later = said(reading([2] * 46 + [34, 34], at=NOW + HOUR), scored(1), before=first)
        assert (later.since, later.so_far, later.tomorrow) == (NOW, usd(32), usd(32 * 25))


@pytest.mark.parametrize("hours", [[4, 10, 10], [4, 10, 10, 10, 10], [4, *[10] * 30]])
def test_a_quarter_of_its_first_hour_is_no_whole_hour_of_it(hours: list[int]) -> None:
    """Told by tokens a quarter before an hour ended, at 8 an hour over the usual: on and on it comes to 8 an hour."""
    tokens = replace(SPIKE, window_minutes=15, observed=usd("2.5"), usual=usd("0.5"))
    first = said(reading([2] * 47 + [4]), scored(1), tokens)
    assert first.since == NOW - timedelta(minutes=15)
    found = said(reading([2] * 47 + hours, at=NOW + (len(hours) - 2) * HOUR), scored(1), before=first)
    assert found.tomorrow - found.so_far == usd(8 * 24)


def test_an_hour_of_which_nobody_knows_anything_is_none_in_which_it_cost_nothing() -> None:
    """Four hours at 8 over the usual, and two in which no feed spoke: it comes to 8 an hour, and not to 5.33."""
    there = reading([2] * 47 + [10, 10, 0, 0, 10, 10, 10])
    silent = replace(there, unheard=frozenset({NOW - 4 * HOUR, NOW - 3 * HOUR}))
    found = [said(one, scored(7)) for one in (there, silent)]
    assert [one.so_far for one in found] == [usd(8 * 4)] * 2
    assert [one.tomorrow - one.so_far for one in found] == [usd("128"), usd(8 * 24)]


def test_what_runs_is_not_said_to_have_stopped_while_no_feed_speaks() -> None:
    """What it comes to stays as it was told, until somebody can look."""
    first = said(reading([2] * 47 + [10]), scored(1))
    there = reading([2] * 47 + [10, 0, 0], at=NOW + 2 * HOUR)
    silent = replace(there, unheard=frozenset({NOW + HOUR}))
    now = explain(silent, scored(1), (), factor=ONE, before=first)
    assert now == first != explain(there, scored(1), (), factor=ONE, before=first)


def test_what_it_has_cost_does_not_fall_in_an_outage_nor_counts_an_hour_twice() -> None:
    """Ten an hour over the usual from 15:00 on; from 16:00 to 18:00 no feed spoke, and then it runs as before."""
    looks = [
        (NOW + HOUR + 30 * MINUTE, [12, 12], ()),
        (NOW + 2 * HOUR + 30 * MINUTE, [12, 0, 12], (1,)),
        (NOW + 3 * HOUR + 30 * MINUTE, [12, 0, 0, 12], (1, 2)),
        (NOW + 4 * HOUR + 30 * MINUTE, [12, 0, 0, 12, 12], (1, 2)),
    ]
    before, told = said(reading([2] * 47 + [12]), scored(1)), []
    for at, hours, unheard in looks:
        there = replace(reading([2] * 47 + hours, at=at), unheard=frozenset(NOW + n * HOUR for n in unheard))
        before = said(there, scored(1), before=before)
        told.append(before.so_far.amount)
    assert told == sorted(told)
    assert told[-1] <= 50
    assert before.tomorrow - before.so_far == usd(10 * 24)


def test_an_app_whose_runaway_project_cannot_be_read_is_not_said_to_have_calmed() -> None:
    """Its other project's cents are heard: what it comes to stays as it was told."""
    first = said(reading([2] * 47 + [10]), scored(1))
    there = replace(reading([2] * 47 + [10, 1], at=NOW + HOUR), complete=False)
    assert explain(there, scored(1), (), factor=ONE, before=first) == first
    unpriced = replace(there, unpriced=frozenset({"x"}))  # it never is, then
    assert explain(unpriced, scored(1), (), factor=ONE, before=first) != first
    assert explain(replace(unpriced, seen=False), scored(1), (), factor=ONE, before=first) == first


def test_what_is_known_in_part_counts_for_what_is_known() -> None:
    """Five hours are billed at ten over the usual, and of later ones 55 are seen: no less than the mean of all."""
    there = reading([2] * 40 + [12] * 5 + [57] * 8)
    partly = frozenset(there.first_hour + n * HOUR for n in range(45, 53))
    told = [said(one, scored(13)) for one in (there, replace(there, partly=partly, seen=False))]
    paces = [one.tomorrow - one.so_far for one in told]
    assert paces[1] >= paces[0] > usd(24 * 30)


def test_what_cannot_be_seen_has_not_become_less() -> None:
    """Half of it runs in a project that cannot be read: what an hour adds is what was said, or more."""
    first = said(reading([2] * 47 + [12]), scored(1))
    there = reading([2] * 46 + [7, 7], at=NOW + HOUR)
    later = [said(replace(there, seen=is_seen), scored(1), before=first) for is_seen in (False, True)]
    assert [one.tomorrow - one.so_far for one in later] == [usd(24 * 10), usd(60)]
    assert [one.seen for one in later] == [True, True]
    never = said(replace(reading([2] * 47 + [12]), seen=False), scored(1))
    after = said(replace(there, seen=False), scored(1), before=never)
    assert after.tomorrow - after.so_far == usd(60)
    assert not never.seen
    assert not after.seen


def test_what_has_stopped_comes_to_no_more() -> None:
    """The incident stays open for its budget, or until it is quiet: 8 an hour are said no more, but what still runs."""
    first = said(reading([2] * 47 + [10]), scored(1))
    for cost, still in ((1, 0), (2, 0), (5, 3), (10, 8), (11, 8)):
        now = explain(reading([2] * 47 + [10, 2, cost], at=NOW + 2 * HOUR), scored(1), (), factor=ONE, before=first)
        assert now is not None
        assert (now.at, now.since, now.so_far) == (first.at, first.since, usd(8))
        assert (now.tomorrow, now.month_end) == (usd(8 + still * 24), usd(8 + still * 185))


def test_tokens_tell_it_within_minutes() -> None:
    """Money of the hour is calm yet: the pace of a quarter of an hour says since when, and what it comes to."""
    pace = replace(SPIKE, window_minutes=15, observed=usd(10), usual=usd("0.5"))
    found = said(reading([2] * 48), replace(scored(0), value=0.4, evidence=()), pace)
    assert found.since == NOW - timedelta(minutes=15)
    assert found.tomorrow == usd(38 * 24)
    assert found.fired == ((PACE, Decimal("1.5")),)


def test_a_storm_that_its_requests_tell_is_said_to_be_told_by_them() -> None:
    """And it comes to what it costs now: a storm feeds on itself."""
    pace = replace(SPIKE, kind=SignalKind.RETRY_STORM, window_minutes=15, observed=usd(10), usual=usd("0.5"))
    found = said(reading([2] * 48), replace(scored(0), value=0.4, evidence=()), pace)
    assert found.fired == ((REQUESTS, Decimal("1.5")),)
    assert found.tomorrow == usd(38 * 24)


def test_models_that_run_away_at_once_come_to_what_all_of_them_cost() -> None:
    """Two of 38 an hour over the usual are 76, though money of the hour shows neither yet."""
    pace = replace(SPIKE, window_minutes=15, observed=usd(10), usual=usd("0.5"))
    found = said(reading([2] * 48), replace(scored(0), value=0.4, evidence=()), pace, replace(pace, driver=PRO))
    assert found.tomorrow == usd(76 * 24)


def test_the_driver_is_what_is_most_over_its_own_usual() -> None:
    """The dearest model is not it: it costs as much as ever."""
    models = {FLASH: (Decimal(50),) * 48, PRO: (*[Decimal(1)] * 46, Decimal(4), Decimal(6)), "new": (Decimal(0),) * 47}
    models["new"] = (*models["new"], Decimal(2))
    assert driven(models, 46) == (PRO, Decimal("0.8"))
    assert driven({FLASH: (Decimal(50),) * 48}, 46) == ("", Decimal(0))
    assert driven({}, 0) == ("", Decimal(0))


def test_a_day_of_trouble_is_no_usual_of_its_second_day() -> None:
    """What is usual is what was before it began."""
    hours = (*[Decimal(1)] * 72, *[Decimal(5)] * 48)
    assert driven({FLASH: hours, PRO: (Decimal(1),) * 120}, 72) == (FLASH, Decimal(1))


@pytest.mark.parametrize("one", evidence.ALL, ids=lambda one: one.name)
def test_each_feature_of_the_detector_has_its_words(one: evidence.Evidence) -> None:
    """A code is nothing for people."""
    assert one.name in WORDS


def test_the_detector_tells_what_the_explanation_needs() -> None:
    """The usual of each of the last hours, and which of them fired."""
    rng = np.random.default_rng(7)
    calm = 10 + rng.random((6, 24 * 28))
    calm[0, -4:] += 60
    series = {str(n): row.tolist() for n, row in enumerate(calm)}
    scores = PyodDetector().score(series, datetime(2026, 11, 23, tzinfo=UTC))
    odd, quiet = scores["0"], scores["1"]
    assert odd.value >= 1
    assert max(odd.normal) < 12
    assert len(odd.normal) == len(quiet.normal) == 192
    assert odd.normal[-1] == pytest.approx(odd.usual)
    assert set(odd.fired) <= {0, 1, 2, 3}
    assert odd.fired
    assert quiet.fired == ()
