"""The brake that is offered: which lever binds where, how far, and what is said of the rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain.app import Match, Policy
from freio.domain.incident import Proposal, Step
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import NO_LEVER_LEFT, NO_TRAFFIC, NOT_OVER, OTHER_UNIT, STRICTER_STANDS
from tests.unit.guard.watching import HOUR, NOW, PRO, PROJECT, Town, app, client, usd

DAY = timedelta(days=1)
LOOSE = Phrase("no limit binds there")
USUAL, RUNAWAY = 600_000, 60_000_000  # input tokens an hour: 10,000 and 1,000,000 a minute


def town(**changes: Any) -> Town:
    """A week of ten thousand tokens a minute, and an hour of a million."""
    made = Town(client=client(app(**changes)))
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL)
    made.serve(NOW - HOUR, NOW, RUNAWAY)
    return made


def offered(made: Town, *, name: str = "chat", began: datetime = NOW, **changes: Any) -> Proposal:
    wanted = made.client.app(name)
    assert wanted is not None
    readings = made.read()
    spend = readings.apps[name].spend
    given = {"spend": spend, "allowance": None, "tried": (), "began": began, "now": made.clock.now(), **changes}
    return made.proposer.propose(wanted, readings, **given)


def only_step(proposal: Proposal) -> Step:
    (step,) = proposal.steps
    return step


def test_without_a_budget_the_usual_peak_is_the_limit() -> None:
    """A brake has no reason to let more through than usual, and the trouble is no part of what is usual."""
    step = only_step(offered(town()))
    assert (step.value, step.rule, step.usual_peak, step.current) == (10_000, "usual peak", 10_000, 1_000_000)
    assert (step.location, step.model, step.unit) == ("global", "gemini-2.5-flash", "input_tokens_per_minute")


def test_trouble_that_began_before_it_was_seen_is_not_usual_either() -> None:
    """Five hours of it came before the incident."""
    made = Town()
    made.serve(NOW - 8 * DAY, NOW - 5 * HOUR, USUAL)
    made.serve(NOW - 5 * HOUR, NOW, RUNAWAY)
    assert only_step(offered(made)).value == 10_000


def test_a_long_incident_has_the_usual_of_the_week_before_it() -> None:
    """After nine days the last seven hold nothing but trouble."""
    made = Town()
    made.serve(NOW - 17 * DAY, NOW - 9 * DAY, USUAL)
    made.serve(NOW - 9 * DAY, NOW, RUNAWAY)
    assert only_step(offered(made, began=NOW - 9 * DAY + HOUR)).value == 10_000


def test_a_budget_that_allows_less_sets_the_limit() -> None:
    """What is left of it, over what is left of the month, at the price of a token with a large answer."""
    made = town(budget=usd(240))
    spent = made.read().apps["chat"].spend.likely
    step = only_step(offered(made))
    minutes = Decimal(7 * 24 * 60 + 17 * 60)  # until 1 December, 08:00 UTC
    fits = (usd(240) - spent).amount / minutes / Decimal("0.000001")
    assert (step.value, step.rule) == (int(fits), "budget")


def test_what_a_cost_owner_allowed_beforehand_is_in_the_budget() -> None:
    """An override with an amount makes the budget larger by it."""
    made = town(budget=usd(200))
    assert only_step(offered(made, allowance=usd(10_000))).rule == "usual peak"
    assert only_step(offered(made)).value < 10_000


@pytest.mark.parametrize("spent", ["1", "170"])
def test_no_brake_goes_under_the_floor(spent: str) -> None:
    """Even where the budget is used up."""
    made = town(budget=usd(spent), floor={"input_tokens_per_minute": 5_000})
    step = only_step(offered(made))
    assert (step.value, step.rule) == (5_000, "floor")


def test_the_answers_are_in_the_price_of_a_question() -> None:
    """The quota counts input tokens, so each is priced with the 90th percentile of output per input."""
    made = Town(client=client(app()))
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, output=USUAL // 2)
    made.serve(NOW - HOUR, NOW, RUNAWAY, output=RUNAWAY // 2)
    assert only_step(offered(made)).unit_cost == Decimal("0.0000015")


def test_the_preview_says_what_would_have_been_refused_and_whose() -> None:
    """Of the last seven days' traffic on the target, split as the export splits it."""
    apps = [app(n, match=Match(projects=frozenset({PROJECT}), labels=(("app", n),))) for n in ("chat", "search")]
    made = Town(client=client(*apps))
    for name, cost in (("chat", 3), ("search", 1)):
        made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, cost, labels={"app": name})
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL)
    made.serve(NOW - HOUR, NOW, RUNAWAY)
    step = only_step(offered(made))
    total = 167 * USUAL + RUNAWAY
    assert step.refused == Decimal(RUNAWAY - USUAL) / Decimal(total)
    assert {r.who: r.share for r in step.refusals} == {
        "chat": step.refused * Decimal("0.75"),
        "search": step.refused * Decimal("0.25"),
    }
    assert step.shared_with == ("search",)


def test_an_app_known_by_labels_alone_is_named_on_the_target_too() -> None:
    """The file gives it no project; the export shows that it lives there."""
    labelled = app("lab", match=Match(labels=(("app", "lab"),)))
    made = Town(client=client(app(match=Match(projects=frozenset({PROJECT}), labels=(("app", "chat"),))), labelled))
    for name in ("chat", "lab"):
        made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": name})
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL)
    made.serve(NOW - HOUR, NOW, RUNAWAY)
    assert only_step(offered(made)).shared_with == ("lab",)
    assert only_step(offered(made, name="lab")).shared_with == ("chat",)


def test_models_at_their_usual_rate_are_left_alone() -> None:
    """A dear model that behaves is not braked with the one that runs away; its cost counts against the budget."""
    made = town(budget=usd(100_000))
    made.serve(NOW - 8 * DAY, NOW, 6_000_000, model=PRO)  # 60 dollars an hour, as always
    assert [step.model for step in offered(made).steps] == ["gemini-2.5-flash"]


@pytest.mark.parametrize("budget", [20_000, 12_000])
def test_a_model_that_runs_away_on_credits_is_braked_beside_one_that_is_paid(budget: int) -> None:
    """Its bills are nothing, and so is its part of the rate; the paid one costs what it ever did, and is left alone."""
    made = Town(client=client(app(budget=usd(budget))))
    made.serve(NOW - 12 * DAY, NOW - HOUR, 1_000_000)
    made.serve(NOW - HOUR, NOW, 100_000_000)
    made.serve(NOW - 12 * DAY, NOW, 3_000_000, model=PRO)
    made.bill(NOW - 12 * DAY, NOW - 6 * HOUR, 0)
    made.bill(NOW - 12 * DAY, NOW - 6 * HOUR, 30, model=PRO)
    step = only_step(offered(made))
    assert (step.model, step.rule) == ("gemini-2.5-flash", "usual peak")


def test_a_model_on_credits_a_little_above_its_peak_is_no_runaway_beside_answers_that_are() -> None:
    """It costs nothing, and what the dear one answers does."""
    made = Town(client=client(app(budget=usd(9_000))))
    made.serve(NOW - 12 * DAY, NOW - HOUR, 1_000_000)
    made.serve(NOW - HOUR, NOW, 1_200_000)
    made.serve(NOW - 12 * DAY, NOW - HOUR, 3_000_000, model=PRO)
    made.serve(NOW - HOUR, NOW, 3_000_000, model=PRO, output=90_000_000)
    made.bill(NOW - 12 * DAY, NOW - 6 * HOUR, 0)
    made.bill(NOW - 12 * DAY, NOW - 6 * HOUR, 30, model=PRO)
    assert only_step(offered(made)).model == PRO


def test_where_answers_run_away_the_dear_places_are_braked() -> None:
    """The questions are as many as ever; there is no other hold on what drives the cost."""
    made = Town(client=client(app(budget=usd(300))))
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, output=USUAL)
    made.serve(NOW - HOUR, NOW, USUAL, output=RUNAWAY)
    step = only_step(offered(made))
    assert (step.rule, step.value < step.current) == ("budget", True)


def test_traffic_that_ended_days_ago_is_not_braked() -> None:
    """The last hour is the telemetry's last hour, not each place's own."""
    made = town()
    made.serve(NOW - 3 * DAY, NOW - 2 * DAY, RUNAWAY * 10, model=PRO)
    assert [step.model for step in offered(made).steps] == ["gemini-2.5-flash"]


def test_every_endpoint_of_the_week_is_limited_with_the_one_that_runs_away() -> None:
    """Endpoints meter apart: a client that falls back to the region would run on there. It gets its own usual peak."""
    made = town()
    made.serve(NOW - 3 * DAY, NOW - 2 * DAY, USUAL * 2, location="us-central1")
    assert [(step.location, step.value, step.current) for step in offered(made).steps] == [
        ("global", 10_000, 1_000_000),
        ("us-central1", 20_000, 0),
    ]


def test_an_endpoint_that_no_limit_covers_is_said() -> None:
    """Nothing runs there now, and it could."""
    made = town()
    made.serve(NOW - 3 * DAY, NOW - 2 * DAY, USUAL, location="eu")
    made.lever.unbound = {"eu": LOOSE}
    proposal = offered(made)
    assert [step.location for step in proposal.steps] == ["global"]
    assert proposal.uncovered == (LOOSE,)


def test_several_places_and_projects_are_braked_together_dearest_first() -> None:
    """The budget is shared among them by what each costs now."""
    made = Town(client=client(app(match=Match(projects=frozenset({"p-one", "p-two"})), budget=usd(400))))
    for project, location, times in (("p-one", "global", 1), ("p-two", "global", 3), ("p-two", "europe-west1", 2)):
        made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, project=project, location=location)
        made.serve(NOW - HOUR, NOW, RUNAWAY * times, project=project, location=location)
    steps = offered(made).steps
    assert [(s.target.project, s.location) for s in steps] == [
        ("p-two", "global"),
        ("p-two", "europe-west1"),
        ("p-one", "global"),
    ]


def test_where_no_limit_binds_the_reason_is_said() -> None:
    """A quota that throttles nothing is not offered: no steps, and why."""
    made = town()
    made.lever.unbound = {"gemini-2.5-flash": LOOSE}
    proposal = offered(made)
    assert proposal.steps == ()
    assert proposal.reasons == (LOOSE,)


def test_what_a_brake_does_not_cover_is_said() -> None:
    """One endpoint binds, the multi-region one does not: the message says that it stays open."""
    made = town()
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, location="eu")
    made.serve(NOW - HOUR, NOW, RUNAWAY, location="eu")
    made.lever.unbound = {"eu": LOOSE}
    proposal = offered(made)
    assert [step.location for step in proposal.steps] == ["global"]
    assert proposal.uncovered == (LOOSE,)


def test_a_quota_that_counts_requests_has_no_limit_to_compute() -> None:
    """Telemetry counts tokens: that is said, and nothing is guessed."""
    made = town()
    made.lever.unit = "requests_per_minute"
    proposal = offered(made)
    assert proposal.steps == ()
    where = {"model": "gemini-2.5-flash", "location": "global"}
    assert proposal.reasons == (Phrase.of(OTHER_UNIT, unit="requests_per_minute", **where),)


def test_a_lever_that_was_tried_or_is_not_allowed_is_not_offered() -> None:
    """What was refuted once would not bind the second time."""
    assert offered(town(), tried=("quota",)).reasons == (Phrase(NO_LEVER_LEFT),)
    other = town(policy=Policy(levers=("allowed_models",)))
    assert offered(other).reasons == (Phrase(NO_LEVER_LEFT),)


def test_without_traffic_there_is_nothing_to_brake() -> None:
    """A budget message may come when all has stopped."""
    assert offered(Town()).reasons == (Phrase(NO_TRAFFIC),)


def test_the_price_of_a_token_is_what_it_is_really_billed_at() -> None:
    """Where caches halve the bill, the budget lets twice as many through."""
    made = Town(client=client(app(budget=Money(Decimal(10_000), "USD"))))
    made.bill(NOW - 8 * DAY, NOW - 2 * HOUR, "0.3")
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL)
    made.serve(NOW - HOUR, NOW, RUNAWAY)
    assert only_step(offered(made)).unit_cost == Decimal("0.0000005")


def test_the_brake_is_fitted_to_the_spend_that_is_shown() -> None:
    """A budget message has billed more than was seen: what it leaves of the budget is what is left."""
    made = town(budget=usd(40_000))
    assert only_step(offered(made)).rule == "usual peak"
    billed = SpendRange(billed=usd(39_900), in_flight=usd(0), worst_case=usd(0))
    step = only_step(offered(made, spend=billed))
    minutes = Decimal(7 * 24 * 60 + 17 * 60)
    assert (step.value, step.rule) == (int(Decimal(100) / minutes / Decimal("0.000001")), "budget")


def test_a_limit_above_what_runs_is_no_brake() -> None:
    """The floor is twice the rate: such a throttle refuses nothing, and that is said instead."""
    proposal = offered(town(floor={"input_tokens_per_minute": 2_000_000}))
    where = {"model": "gemini-2.5-flash", "location": "global"}
    assert proposal.steps == ()
    assert proposal.reasons == (Phrase.of(NOT_OVER, **where, value=2_000_000, current=1_000_000),)


def test_a_limit_above_one_that_stands_is_no_brake() -> None:
    """Somebody else's override of 8,000 is in force, and traffic runs above it all the same."""
    made = town()
    target = only_step(offered(made)).target
    made.lever.overrides[target] = 8_000
    where = {"model": "gemini-2.5-flash", "location": "global"}
    assert offered(made).reasons == (Phrase.of(STRICTER_STANDS, **where, value=10_000, standing=8_000),)
    made.lever.overrides[target] = 20_000
    assert only_step(offered(made)).value == 10_000


def test_a_place_that_no_limit_would_throttle_is_said_to_be_uncovered() -> None:
    """The other one is braked."""
    made = town()
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, location="europe-west1")
    made.serve(NOW - HOUR, NOW, RUNAWAY, location="europe-west1")
    place = next(s.target for s in offered(made).steps if s.location == "europe-west1")
    made.lever.overrides[place] = 5_000
    proposal = offered(made)
    assert [step.location for step in proposal.steps] == ["global"]
    assert [why.text for why in proposal.uncovered] == [STRICTER_STANDS]


def test_what_runs_on_provisioned_throughput_is_neither_usual_nor_now() -> None:
    """It is billed by the time it is held, and no limit on what is shared counts it."""
    made = Town()
    made.serve(NOW - 8 * DAY, NOW - HOUR, 600_000)
    made.serve(NOW - 8 * DAY, NOW, 6_000_000, request_type="dedicated")
    made.serve(NOW - HOUR, NOW, 60_000_000)
    step = only_step(offered(made))
    assert (step.usual_peak, step.current, step.value) == (10_000, 1_000_000, 10_000)
