"""An approved raise beyond what Google grants is asked of Google, followed, and told in the incident's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain import sentences as say
from freio.domain.app import Approvals
from freio.domain.click import Verb
from freio.domain.increase import Increase, IncreaseState, Preference, preference_id
from freio.domain.journal import Kind
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.guard.increase import Increases
from tests.simulation.cast import ANA, MINUTE, OPS, PEOPLE, RUI, a_client, a_target
from tests.simulation.parts import SimDirectory
from tests.simulation.world import World

CHAT = a_target("chat")
GRANTED = 250
HOUR = timedelta(hours=1)


@dataclass
class FakeGoogle:
    """What is granted, and one request for each target; `decides` is what it says the next time it is read."""

    limit: int | None = GRANTED
    filed: list[tuple[Target, int, str, str, str]] = field(default_factory=list)
    standing: dict[Target, Preference] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    reads: int = 0

    def granted(self, target: Target) -> int | None:
        return self.limit

    def file(self, target: Target, value: int, *, request_id: str, contact: str, why: str) -> Preference:
        if self.faults:
            raise self.faults.pop(0)
        self.filed.append((target, value, request_id, contact, why))
        self.standing[target] = Preference(preferred=value, granted=self.limit, reconciling=True)
        return self.standing[target]

    def read(self, target: Target) -> Preference | None:
        self.reads += 1
        if self.faults:
            raise self.faults.pop(0)
        return self.standing.get(target)

    def decides(self, granted: int, detail: str = "reviewed") -> None:
        preferred = self.standing[CHAT].preferred
        self.standing[CHAT] = Preference(preferred=preferred, granted=granted, reconciling=False, detail=detail)


@dataclass
class Scene:
    world: World
    google: FakeGoogle

    def raise_limit(self, amount: int = 100, why: str = "launch") -> None:
        """Ana, who owns the app, asks; Rui, the cost owner, approves."""
        click = self.world.press(ANA, Verb.RAISE, "chat", amount=Decimal(amount), why=why)
        self.world.deliver(click)
        self.world.deliver(self.world.type(RUI, Verb.APPROVE, ask=f"chat/raise/{click.id}"))

    def sweep(self, **later: float) -> None:
        self.world.pass_time(timedelta(**later))
        self.world.run(self.world.sweeping)

    def told(self, sentence: str) -> list[Any]:
        return self.world.told(sentence)

    @property
    def increase(self) -> Increase:
        found = self.world.store.get(Increase, preference_id(CHAT))
        assert found is not None
        return found


def scene(**approvals: Any) -> Scene:
    client = a_client()
    world = World(client=replace(client, approvals=replace(client.approvals, **approvals)))
    google = FakeGoogle()
    world.sweeper._increases = Increases(
        world.client, world.gated, world.clock, directory=SimDirectory(PEOPLE), grants=google, requests=google
    )
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    return Scene(world, google)


@pytest.fixture
def stage() -> Scene:
    return scene()


def test_a_raise_beyond_what_google_grants_is_asked_of_google(stage: Scene) -> None:
    """Once, however often the sweep comes by; with the request's reason, and the approver's address."""
    stage.raise_limit()
    for _ in range(5):
        stage.sweep(minutes=1)
    ((target, value, request_id, contact, why),) = stage.google.filed
    assert (target, request_id, contact, why) == (CHAT, preference_id(CHAT), "rui@acme.example", "launch")
    assert value == stage.increase.wanted > GRANTED
    assert stage.increase.state is IncreaseState.PENDING
    (said,) = stage.told(say.INCREASE_FILED)
    assert (said["before"], said["wanted"]) == (str(GRANTED), str(value))


@pytest.mark.parametrize("limit", [None, 10**9])
def test_below_that_the_override_is_raised_and_nothing_is_asked_for(limit: int | None) -> None:
    """Nor told: the raise itself was."""
    stage = scene()
    stage.google.limit = limit
    stage.raise_limit()
    for _ in range(3):
        stage.sweep(minutes=1)
    assert stage.google.filed == []
    assert stage.increase.state is IncreaseState.WITHIN
    assert len(stage.told(say.RAISED)) == 1
    assert stage.world.standing("chat") == stage.increase.wanted


@pytest.mark.parametrize(
    ("granted", "state", "sentence"),
    [
        (lambda wanted: wanted, IncreaseState.GRANTED, say.INCREASE_GRANTED),
        (lambda wanted: wanted - 1, IncreaseState.PARTLY, say.INCREASE_PARTLY),
        (lambda _: GRANTED, IncreaseState.DENIED, say.INCREASE_DENIED),
    ],
)
def test_what_google_decides_is_told_once(
    stage: Scene, granted: Callable[[int], int], state: IncreaseState, sentence: str
) -> None:
    """In the thread, with its numbers and its words; afterwards nobody looks any more."""
    stage.raise_limit()
    stage.sweep(minutes=1)
    stage.sweep(minutes=11)
    assert stage.told(sentence) == []
    stage.google.decides(granted(stage.increase.wanted))
    for _ in range(3):
        stage.sweep(hours=6)
    assert stage.increase.state is state
    assert stage.increase.due_at is None
    assert len(stage.told(sentence)) == 1
    assert [e.what for e in stage.world.store.entries() if e.what.startswith("quota increase")] == [
        "quota increase: pending",
        f"quota increase: {state}",
    ]


def test_it_is_looked_at_less_and_less_often_and_in_the_end_given_up(stage: Scene) -> None:
    """After thirty days without a decision, which is told."""
    stage.raise_limit()
    stage.sweep(minutes=1)
    for _ in range(24 * 31):
        stage.sweep(hours=1)
    assert 100 < stage.google.reads < 200
    assert stage.increase.state is IncreaseState.UNANSWERED
    assert len(stage.told(say.INCREASE_UNANSWERED)) == 1


def test_a_second_raise_asks_for_more_and_a_smaller_one_for_nothing(stage: Scene) -> None:
    """The request that stands is raised; less is asked for already."""
    stage.raise_limit(100)
    stage.sweep(minutes=1)
    first = stage.increase.wanted
    stage.raise_limit(500)
    stage.sweep(minutes=1)
    assert [value for _, value, *_ in stage.google.filed] == [first, stage.increase.wanted]
    assert stage.increase.wanted > first


def test_a_filing_that_fails_is_tried_again(stage: Scene) -> None:
    """An overload passes: the sweep counts it as a failure and comes again."""
    stage.google.faults = [Unavailable("503"), Unavailable("503")]
    stage.raise_limit()
    for _ in range(10):
        stage.sweep(minutes=1)
    assert len(stage.google.filed) == 1
    assert len([e for e in stage.world.store.entries() if e.kind is Kind.FAILURE]) == 2


def test_a_refusal_is_told_once_and_tried_again_later(stage: Scene) -> None:
    """A person has to grant Freio the permission; then it goes by itself."""
    stage.google.faults = [Rejected("cloudquotas.quotas.update denied") for _ in range(3)]
    stage.raise_limit()
    for _ in range(4):
        stage.sweep(hours=6, minutes=1)
    (said,) = stage.told(say.INCREASE_BLOCKED)
    assert said["error"] == "cloudquotas.quotas.update denied"
    assert len(stage.google.filed) == 1


def test_only_a_cost_owners_approval_asks_google() -> None:
    """Where ops may raise by themselves, they raise within what is granted; that is said."""
    stage = scene(ops_may_raise=True)
    stage.world.click(OPS, Verb.RAISE, "chat", amount=Decimal(100))
    stage.sweep(minutes=1)
    assert stage.google.filed == []
    assert len(stage.told(say.INCREASE_UNOWNED)) == 1


def test_where_nobodys_address_is_known_that_is_said() -> None:
    """Google wants somebody whom it may ask. The approver's own address comes first, then those in the file."""
    stage = scene(cost_owners={"CC-1": (RUI,)})
    nameless = {RUI: replace(PEOPLE[RUI], email=""), ANA: PEOPLE[ANA]}
    stage.world.sweeper._increases = Increases(
        stage.world.client,
        stage.world.gated,
        stage.world.clock,
        directory=SimDirectory(nameless),
        grants=stage.google,
        requests=stage.google,
    )
    stage.raise_limit()
    stage.sweep(minutes=1)
    assert [contact for *_, contact, _ in stage.google.filed] == ["ana@acme.example"]
    bare = replace(
        stage.world.client,
        apps=tuple(replace(app, owners=(ANA,)) for app in stage.world.client.apps),
        approvals=Approvals(ops=("SOPS",), cost_owners={"CC-1": (RUI,)}),
    )
    stage.world.sweeper._increases = Increases(
        bare,
        stage.world.gated,
        stage.world.clock,
        directory=SimDirectory(nameless),
        grants=stage.google,
        requests=stage.google,
    )
    stage.raise_limit(900)
    stage.sweep(minutes=1)
    assert len(stage.google.filed) == 1
    assert len(stage.told(say.INCREASE_NO_CONTACT)) == 1


def test_two_sweeps_at_once_file_once(stage: Scene) -> None:
    """The request is claimed before Google is called."""
    stage.raise_limit()
    stage.world.clock.at += MINUTE
    increases = stage.world.sweeper._increases
    assert increases is not None
    file = stage.google.file

    def meanwhile(*args: Any, **kwargs: Any) -> Preference:
        stage.google.file = file  # type: ignore[method-assign]
        increases.drive(preference_id(CHAT))
        return file(*args, **kwargs)

    stage.google.file = meanwhile  # type: ignore[method-assign]
    increases.drive(preference_id(CHAT))
    assert len(stage.google.filed) == 1


def test_a_request_that_somebody_took_back_is_denied(stage: Scene) -> None:
    """There is nothing to wait for."""
    stage.raise_limit()
    stage.sweep(minutes=1)
    stage.google.standing.clear()
    stage.sweep(hours=1)
    assert stage.increase.state is IncreaseState.DENIED
