"""One limit for all that a key asks for, several keys for one place: what each may let through, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from freio.domain.app import App, Match, Policy
from freio.domain.calendar import month_end
from freio.domain.incident import Action, Decision
from freio.domain.money import SpendRange
from freio.domain.sentences import STRICTER_STANDS
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.guard.raise_limit import as_granted
from freio.ports import Place
from tests.fakes import FakeLever
from tests.unit.guard.test_propose_levers import ALL, DAY, LOOSE, RUNAWAY, USUAL, named, offered, town
from tests.unit.guard.watching import A_TOKEN, HOUR, NOW, PRO, PROJECT, app, usd

ONE_A_MINUTE = 60  # tokens an hour


class OneKey(FakeLever):
    """A gateway where all that a key asks for has one limit, whatever the project."""

    def target(self, place: Place) -> Target:
        return replace(super().target(place), project="llm.acme.example", dimensions=(("key", "chat"),))

    def _probe(self, place: Place) -> Probe:
        return replace(super()._probe(place), project=place.project)


class TwoKeys(FakeLever):
    """Each with a counter of its own for each place."""

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        return [
            replace(probe, target=replace(probe.target, dimensions=(*probe.target.dimensions, ("key", which))))
            for probe in super().probe(app, places)
            for which in ("a", "b")
        ]


def test_the_floor_of_a_key_s_one_limit_is_the_app_s_and_not_each_model_s() -> None:
    """Five models that are nearly idle ask for what they use: the limit stays under what runs away."""
    made = town(
        named("chat", floor={"input_tokens_per_minute": 300_000}, budget=usd(1)), stops=(OneKey(name="gateway"),)
    )
    for number in range(5):
        model = f"idle-{number}"
        made.prices.known[model] = (A_TOKEN, A_TOKEN)
        made.serve(NOW - 2 * DAY, NOW, ONE_A_MINUTE, model=model)
    (step,) = offered(made).steps
    assert (step.target.lever, step.value, step.rule) == ("gateway", 300_000, "floor")


def test_a_floor_under_what_the_models_get_together_sets_nothing() -> None:
    """10,000 for the one that runs away and as much for the calm one: a floor of 15,000 is kept by the sum."""
    made = town(named("chat", floor={"input_tokens_per_minute": 15_000}), stops=(OneKey(name="gateway"),))
    made.serve(NOW - 8 * DAY, NOW, USUAL, model=PRO)
    (step,) = offered(made, ("quota",)).steps
    assert (step.value, step.rule) == (20_000, "usual peak")


def test_a_raise_buys_no_more_than_was_granted() -> None:
    """A dear model runs away beside a calm cheap one with more tokens: 100 USD are 100 USD of the dear one."""
    made = town(named("chat"), stops=(OneKey(name="gateway"),))
    made.telemetry.minutes.clear()
    made.serve(NOW - 8 * DAY, NOW, USUAL * 100)
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL // 10, model=PRO)
    made.serve(NOW - HOUR, NOW, USUAL * 50, model=PRO)
    made.prices.known[PRO] = (A_TOKEN * 30, A_TOKEN * 30)
    (step,) = offered(made, ("quota",)).steps
    granted = Decision(action=Action.RAISE, by="U", at=NOW, until=NOW + 10 * HOUR, amount=usd(100))
    (raised,) = as_granted([step], granted)
    worth = (raised.value - step.value) * 600 * A_TOKEN * 30
    assert Decimal(99) < worth <= Decimal(100)


def test_a_limit_that_stands_already_is_no_new_brake() -> None:
    """Two models ask for 150,000 each; the client lets the key have 200,000: their sum would loosen that."""
    lever = OneKey(name="gateway")
    made = town(named("chat"), stops=(lever,))
    made.telemetry.minutes.clear()
    for model in ("gemini-2.5-flash", PRO):
        made.serve(NOW - 8 * DAY, NOW - HOUR, 150_000 * 60, model=model)
        made.serve(NOW - HOUR, NOW, RUNAWAY, model=model)
    lever.overrides[lever.target(Place(project=PROJECT, location="global", model=PRO))] = 200_000
    proposal = offered(made, ("quota",))
    assert proposal.steps == ()
    (why,) = proposal.reasons
    assert (why.text, dict(why.data)["value"], dict(why.data)["standing"]) == (STRICTER_STANDS, "300000", "200000")


def test_what_a_key_s_limit_would_have_refused_is_a_share_of_all_that_goes_through_it() -> None:
    """Most of the key's traffic is calm and keeps its room: what runs away is an hour of a week."""
    made = town(named("chat"), stops=(OneKey(name="gateway"),))
    made.serve(NOW - 8 * DAY, NOW, USUAL * 20, model=PRO)
    (step,) = offered(made, ("quota",)).steps
    whole = 167 * USUAL + RUNAWAY + 168 * USUAL * 20
    assert step.refused == Decimal(RUNAWAY - USUAL) / Decimal(whole)
    assert [(one.who, one.share) for one in step.refusals] == [("chat", step.refused)]


@pytest.mark.parametrize(("a_minute", "calm"), [("0.3", 0), ("0.5", 40_000)])
def test_the_budget_allows_as_much_through_two_keys_as_through_one(a_minute: str, calm: int) -> None:
    """What is left of the budget, a minute, buys Flash after calm Pro elsewhere is paid: one place is counted once."""

    def limit(lever: FakeLever) -> int:
        minutes = int((month_end(NOW) - NOW).total_seconds() // 60)
        chat = named("chat", budget=usd(str(Decimal(a_minute) * minutes)))
        made = town(chat, stops=(lever,))
        made.telemetry.minutes.clear()
        made.serve(NOW - 8 * DAY, NOW - HOUR, 400_000 * 60)
        made.serve(NOW - HOUR, NOW, RUNAWAY)
        made.serve(NOW - 8 * DAY, NOW, calm * 60, model=PRO, location="eu")
        lever.unbound["eu"] = LOOSE
        spend = SpendRange.zero("USD")
        proposal = made.proposer.propose(
            chat, made.read(), spend=spend, allowance=None, tried=("quota",), began=NOW, now=NOW
        )
        assert {step.rule for step in proposal.steps} == {"budget"}
        return sum(step.value for step in proposal.steps)

    fits = int((Decimal(a_minute) - calm * A_TOKEN * 10) / A_TOKEN)
    assert limit(FakeLever(name="gateway")) == limit(TwoKeys(name="gateway")) == fits


def test_calm_traffic_in_another_project_keeps_its_room_too() -> None:
    """The same key calls models in two projects, and the gateway limits them together."""
    match = Match(projects=frozenset({PROJECT, "acme-other"}), labels=(("app", "chat"),))

    def limit(calm_project: str) -> int:
        made = town(app("chat", match=match, policy=Policy(levers=ALL)), stops=(OneKey(name="gateway"),))
        made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": "chat"}, project="acme-other")
        made.serve(NOW - 8 * DAY, NOW, USUAL, model=PRO, project=calm_project)
        (step,) = offered(made, ("quota",)).steps
        assert step.target.lever == "gateway"
        return step.value

    assert limit(PROJECT) == limit("acme-other") == 20_000


def test_a_lever_of_a_project_is_asked_about_no_other() -> None:
    """One that Freio may not look into would keep the lever from being offered here."""
    match = Match(projects=frozenset({PROJECT, "acme-other"}), labels=(("app", "chat"),))
    asked: set[str] = set()

    class Quota(FakeLever):
        def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
            asked.update(place.project for place in places)
            return super().probe(app, places)

    made = town(app("chat", match=match, policy=Policy(levers=ALL)), stops=())
    made.lever = Quota()
    made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": "chat"}, project="acme-other")
    made.serve(NOW - 8 * DAY, NOW, USUAL, model=PRO, project="acme-other")
    assert offered(made).lever == "quota"
    assert asked == {PROJECT}
