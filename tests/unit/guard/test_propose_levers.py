"""Which lever is offered: one that binds, hits the fewest, and of those the softest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain.app import App, Match, Policy
from freio.domain.gateway import Callers
from freio.domain.incident import Proposal
from freio.domain.phrase import Phrase
from freio.domain.sentences import MODELS_LEFT, NO_MODEL_LEFT, NO_PRICE, STOPS_UNDER_FLOOR, UNASKED
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.errors import Unavailable
from freio.ports import Lever, Place
from tests.fakes import FakeLever, FakeStop
from tests.unit.guard.watching import HOUR, NOW, PRO, PROJECT, Town, app, client

DAY = timedelta(days=1)
USUAL, RUNAWAY = 600_000, 60_000_000
LOOSE = Phrase("no limit binds there")
ALL = ("quota", "gateway", "allowed_models", "api_key", "iam_deny", "disable_service", "unlink_billing")


def key() -> FakeStop:
    return FakeStop()


def models() -> FakeStop:
    return FakeStop(
        "allowed_models", through=lambda *_: ("policy",), dimension="constraint", takes=("{model}",), leaves=True
    )


def service() -> FakeStop:
    return FakeStop("disable_service", through=lambda *_: ("service",), dimension="service", takes=())


def named(name: str, **changes: Any) -> Any:
    """An app in the one project, known by its label and its key."""
    match = Match(projects=frozenset({PROJECT}), labels=(("app", name),), api_keys=frozenset({f"{name}-key"}))
    return app(name, match=match, policy=Policy(levers=ALL), **changes)


def town(*apps: Any, stops: tuple[Lever, ...]) -> Town:
    """Each app has been billed for as much; an hour ago the traffic became a hundred times what it was."""
    made = Town(client=client(*apps), stops=stops)
    for one in apps:
        made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": one.name})
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL)
    made.serve(NOW - HOUR, NOW, RUNAWAY)
    return made


def offered(made: Town, tried: tuple[str, ...] = ()) -> Proposal:
    chat = made.client.app("chat")
    assert chat is not None
    readings = made.read()
    spend = readings.apps["chat"].spend
    return made.proposer.propose(
        chat, readings, spend=spend, allowance=None, tried=tried, began=NOW, now=made.clock.now()
    )


def test_alone_in_its_project_an_app_gets_the_softest() -> None:
    """A quota hits nobody else there, and leaves the usual traffic running."""
    assert offered(town(named("chat"), stops=(key(), models()))).lever == "quota"


def test_in_a_shared_project_the_key_comes_before_the_project() -> None:
    """The quota would throttle the other app as well: the key's stop hits one."""
    proposal = offered(town(named("chat"), named("search"), stops=(models(), key())))
    assert (proposal.lever, proposal.shared_with) == ("api_key", ())
    (step,) = proposal.steps
    assert (step.value, step.rule, step.takes) == (0, "stop", ("aiplatform.googleapis.com",))


def test_a_key_that_two_apps_use_is_shared_as_well() -> None:
    """Then the quota is the softer one of two that hit as many."""
    chat = named("chat")
    search = named("search")
    both = replace(search, match=replace(search.match, api_keys=frozenset({"chat-key"})))
    proposal = offered(town(chat, both, stops=(key(),)))
    assert (proposal.lever, proposal.shared_with) == ("quota", ("search",))
    assert offered(town(chat, both, stops=(key(),)), tried=("quota",)).shared_with == ("search",)


def test_no_app_is_cut_off_to_spare_what_belongs_to_no_app() -> None:
    """Half of the model's traffic is nobody's. A key's stop would spare it, and refuse what is usual of the app's."""
    made = town(named("chat"), stops=(key(),))
    made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": "unknown"})
    proposal = offered(made)
    assert (proposal.lever, proposal.hits_others) == ("quota", True)
    assert offered(made, ("quota",)).lever == "api_key"


def test_of_two_stops_the_one_that_spares_what_belongs_to_no_app_comes_first() -> None:
    """Taking the model away is softer, and takes it from nobody's calls as well."""
    made = town(named("chat"), stops=(models(), key()))
    assert offered(made, ("quota",)).lever == "allowed_models"
    made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": "unknown"})
    assert offered(made, ("quota",)).lever == "api_key"


@pytest.mark.parametrize(("stray", "is_nobodys"), [("0.01", False), ("0.9", False), ("1", True)])
def test_some_stray_calls_without_a_label_are_no_owner(stray: str, *, is_nobodys: bool) -> None:
    """Its calm day is 9 USD. Less than a tenth of one neither stops a policy from braking nor changes the lever."""
    deny = FakeStop("iam_deny", through=lambda one, _: (f"{one.name}@acme",), dimension="service_account")
    made = town(named("chat"), stops=(deny, service()))
    made.bill(NOW - 3 * DAY, NOW - 3 * DAY + HOUR, stray, labels={})
    proposal = offered(made)
    assert (proposal.lever, proposal.hits_others) == ("quota", is_nobodys)
    hard = offered(made, ("quota", "iam_deny"))
    assert (hard.lever, hard.hits_others) == ("disable_service", is_nobodys)


def test_a_runaway_does_not_make_its_neighbour_look_stray() -> None:
    """As much is nobody's as the app's; then the app costs sixty times that for a day, and has 95 % of the week."""
    made = town(named("chat"), stops=())
    made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={})
    made.bill(NOW - DAY, NOW - 2 * HOUR, 59, labels={"app": "chat"})
    proposal = offered(made)
    assert proposal.lever == "quota"
    assert proposal.hits_others


@pytest.mark.parametrize("net", [1, 0])
@pytest.mark.parametrize("whose", ["search", "nobody"])
def test_a_neighbour_whom_credits_pay_is_a_neighbour(whose: str, net: int) -> None:
    """Its rows have no money, as the app's own."""
    made = Town(client=client(named("chat"), app("search", match=Match(labels=(("app", "search"),)))))
    for who in ("chat", whose):
        made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, net, labels={"app": who})
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL)
    made.serve(NOW - HOUR, NOW, RUNAWAY)
    proposal = offered(made)
    assert proposal.hits_others
    assert proposal.shared_with == (("search",) if whose == "search" else ())


def test_a_neighbour_whom_credits_pay_beside_an_app_that_pays_is_named() -> None:
    """It has no part of the money, and would be braked all the same."""
    made = town(named("chat"), stops=())
    made.client = client(named("chat"), app("search", match=Match(labels=(("app", "search"),))))
    made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 0, labels={"app": "search"})
    proposal = offered(made)
    assert proposal.shared_with == ("search",)
    assert [refusal.who for step in proposal.steps for refusal in step.refusals] == ["chat"]


def test_after_a_refuted_lever_comes_the_next() -> None:
    """In the order in which they hit: the model first, then the caller, the service last."""
    made = town(named("chat"), stops=(service(), key(), models()))
    tried: list[str] = []
    for expected in ("quota", "allowed_models", "api_key", "disable_service", ""):
        proposal = offered(made, tuple(tried))
        assert proposal.lever == expected
        tried.append(expected)


def test_no_policy_brakes_what_belongs_to_nobody() -> None:
    """Whose it is, is not known: a person decides, and is told."""
    made = town(named("chat"), stops=())
    assert not offered(made).hits_others
    made.bill(NOW - 3 * DAY, NOW - 2 * HOUR, 1, labels={"app": "unknown"})
    proposal = offered(made)
    assert (proposal.shared_with, proposal.hits_others) == ((), True)
    assert [step.unattributed for step in proposal.steps] == [True]


def test_what_brakes_all_that_runs_away_comes_before_what_brakes_a_part() -> None:
    """Of levers that hit as few: a brake that leaves a driver running is softer, and none."""
    made = town(named("chat"), stops=(models(),))
    made.lever.unbound[PRO] = LOOSE
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, model=PRO)
    made.serve(NOW - HOUR, NOW, RUNAWAY, model=PRO)
    assert offered(made).lever == "allowed_models"
    made.lever.unbound.clear()
    assert offered(made).lever == "quota"


def test_a_limit_on_all_that_a_key_asks_for_leaves_room_for_the_calm_models() -> None:
    """Its one limit holds them too: their usual peak is added to what the model that runs away gets."""

    class Whole(FakeLever):
        def target(self, place: Place) -> Target:
            return replace(super().target(place), dimensions=(("key", "chat"),))

    def limit(lever: FakeLever) -> int:
        made = town(named("chat"), stops=(lever,))
        made.serve(NOW - 8 * DAY, NOW, USUAL // 10, model=PRO)
        (step,) = offered(made).steps
        assert step.target.lever == "gateway"
        return step.value

    assert limit(Whole(name="gateway")) == limit(FakeLever(name="gateway")) + USUAL // 10 // 60


def test_a_hard_lever_comes_last_even_where_it_hits_fewer() -> None:
    """Nothing that is not put back exactly comes before something that is."""
    made = town(named("chat"), named("search"), stops=(service(),))
    assert offered(made).lever == "quota"


def test_a_full_stop_is_not_offered_to_an_app_with_a_floor() -> None:
    """The file says what no throttle may go under; taking one model away leaves it the others."""
    made = town(named("chat", floor={"input_tokens_per_minute": 5_000}), stops=(key(), models()))
    made.serve(NOW - 8 * DAY, NOW, USUAL // 10, model=PRO)
    proposal = offered(made, ("quota",))
    assert proposal.lever == "allowed_models"
    note = proposal.steps[0].note
    assert note is not None
    assert (note.text, dict(note.data)["left"]) == (MODELS_LEFT, PRO)
    (why,) = offered(made, ("quota", "allowed_models")).reasons
    assert why.text == STOPS_UNDER_FLOOR
    assert dict(why.data)["floor"] == "5000"


def test_the_last_model_of_an_app_with_a_floor_is_not_taken() -> None:
    """Also where there are two, and both run away: the policy would be a full stop, and no throttle goes so far."""
    floor = {"input_tokens_per_minute": 5_000}
    made = town(named("chat", floor=floor), stops=(models(),))
    assert offered(made, ("quota",)).steps == ()
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL // 10, model=PRO)
    made.serve(NOW - HOUR, NOW, RUNAWAY // 10, model=PRO)
    refusal = offered(made, ("quota",))
    assert (refusal.steps, [why.text for why in refusal.reasons]) == ((), [STOPS_UNDER_FLOOR])


def test_models_that_are_taken_together_are_not_left() -> None:
    """Each is what the other's callers could go to: people must not read that they can."""
    made = town(named("chat"), stops=(models(),))
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL // 10, model=PRO)
    made.serve(NOW - HOUR, NOW, RUNAWAY // 10, model=PRO)
    (step,) = offered(made, ("quota",)).steps
    assert step.note is not None
    assert step.note.text == NO_MODEL_LEFT


@pytest.mark.parametrize("binds", [True, False])
def test_a_lever_that_cannot_be_asked_is_said_and_hides_no_other(*, binds: bool) -> None:
    """Where no other binds either, nobody knows whether there is a brake: that fails, and is tried again."""
    made = town(named("chat"), named("search"), stops=(FakeStop(fails=Unavailable("apikeys: 503")),))
    if not binds:
        made.lever.unbound = {"gemini-2.5-flash": LOOSE}
        with pytest.raises(Unavailable, match="apikeys: 503"):
            offered(made)
        return
    proposal = offered(made)
    assert proposal.lever == "quota"
    assert [(why.text, dict(why.data)["lever"]) for why in proposal.unasked] == [(UNASKED, "api_key")]


def test_one_target_for_several_places_is_one_step() -> None:
    """A key carries all of an app's models; the models policy takes away those that run away."""
    made = town(named("chat"), stops=(key(), models()))
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL // 10, model=PRO)
    made.serve(NOW - HOUR, NOW, RUNAWAY // 10, model=PRO)
    (step,) = offered(made, ("quota",)).steps
    assert step.takes == ("gemini-2.5-flash", "gemini-2.5-pro")
    assert (step.current, step.refused) == (1_100_000, Decimal(1))
    (step,) = offered(made, ("quota", "allowed_models")).steps
    assert set(step.model.split(", ")) == {"gemini-2.5-flash", "gemini-2.5-pro"}


def test_a_place_that_goes_through_two_keys_needs_both() -> None:
    """What one of them cannot stop is said."""
    lever = FakeStop(through=lambda *_: ("chat-key", "old-key"), unbound={"old-key": LOOSE})
    proposal = offered(town(named("chat"), stops=(lever,)), ("quota",))
    assert [step.target.dimension("key") for step in proposal.steps] == ["chat-key"]
    assert proposal.uncovered == (LOOSE,)


def test_a_gateway_limits_the_app_alone_and_counts_answers() -> None:
    """Half of the traffic is the app's; each question brings an answer of half its size: 10,000 become 7,500."""
    gateway = FakeLever(name="gateway", unit="tokens_per_minute")
    made = Town(client=client(named("chat"), named("search")), stops=(gateway,))
    for name in ("chat", "search"):
        made.bill(NOW - 8 * DAY, NOW - 2 * HOUR, "0.45", labels={"app": name})  # as its list price
    made.serve(NOW - 8 * DAY, NOW - HOUR, USUAL, output=USUAL // 2)
    made.serve(NOW - HOUR, NOW, RUNAWAY, output=RUNAWAY // 2)
    proposal = offered(made)
    assert (proposal.lever, proposal.shared_with) == ("gateway", ())
    (step,) = proposal.steps
    assert (step.value, step.current, step.unit) == (7_500, 750_000, "tokens_per_minute")
    assert step.unit_cost == Decimal("0.000001")


def test_several_callers_share_a_limit_but_not_the_floor() -> None:
    """Whose the traffic is, is not known: were it one caller's, half of the floor would be under it."""

    class TwoKeys(FakeLever):
        def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
            return [
                replace(probe, target=replace(probe.target, dimensions=(*probe.target.dimensions, ("key", which))))
                for probe in super().probe(app, places)
                for which in ("a", "b")
            ]

    made = town(named("chat"), stops=(TwoKeys(name="gateway"),))
    assert [step.value for step in offered(made).steps] == [5_000, 5_000]
    floored = town(named("chat", floor={"input_tokens_per_minute": 8_000}), stops=(TwoKeys(name="gateway"),))
    assert [(step.value, step.rule) for step in offered(floored).steps] == [(8_000, "floor")] * 2


def test_a_team_whose_key_is_another_apps_is_shared() -> None:
    """The file names the one by its team and the other by its key; the gateway knows that they are one."""
    chat = named("chat", callers=Callers(teams=("care",)))
    search = named("search", callers=Callers(keys=("search-key",)))
    gateway = FakeLever(name="gateway")
    made = town(chat, search, stops=(gateway,))
    assert (offered(made).lever, offered(made).shared_with) == ("gateway", ())
    gateway.through = ("care", "0a1b", "search-key")
    assert offered(made, ("quota", *ALL[2:])).shared_with == ("search",)


def test_a_lever_against_one_caller_says_by_whom_else_the_app_calls() -> None:
    """The key is stopped, and its service account goes on: a proof of the key alone would never tell."""
    match = Match(
        projects=frozenset({PROJECT}),
        labels=(("app", "chat"),),
        api_keys=frozenset({"chat-key"}),
        service_accounts=frozenset({"chat@acme.iam.gserviceaccount.com"}),
    )
    chat = app("chat", match=match, policy=Policy(levers=ALL))
    proposal = offered(town(chat, named("search"), stops=(key(),)))
    assert proposal.lever == "api_key"
    assert [str(why) for why in proposal.uncovered] == [
        "calls of chat by others that the client's file names: chat@acme.iam.gserviceaccount.com"
    ]
    assert offered(town(chat, stops=(key(),))).uncovered == ()


def test_where_nothing_has_a_price_that_is_the_reason() -> None:
    """Something runs, and nobody can say what it costs: that is another trouble than silence."""
    made = town(named("chat"), stops=(key(),))
    made.prices.known = {}
    (why,) = offered(made).reasons
    assert (why.text, dict(why.data)) == (NO_PRICE, {"models": "gemini-2.5-flash"})
