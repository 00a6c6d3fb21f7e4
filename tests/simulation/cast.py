"""Who and what plays: people, apps, their targets, and the brakes that are proposed for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.domain.app import App, Approvals, Client, Level, Match, Mode, Policy
from freio.domain.authority import Person
from freio.domain.incident import (
    Proposal,
)
from freio.domain.incident import Step as Limit
from freio.domain.lever import kind_of
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import NO_LEVER_LEFT
from freio.domain.target import Target

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPS, OPS2, ANA, RUI, ZOE, LEA, ROB, GUEST = "UOPS", "UOPS2", "UANA", "URUI", "UZOE", "ULEA", "UROB", "UGUEST"
PEOPLE = {
    p.id: p
    for p in (
        Person(id=OPS, name="Omar", groups=frozenset({"SOPS"})),
        Person(id=OPS2, name="Olga", groups=frozenset({"SOPS"})),
        Person(id=ANA, name="Ana", email="ana@acme.example"),
        Person(id=RUI, name="Rui", email="rui@acme.example"),
        Person(id=ZOE, name="Zoe", email="zoe@acme.example"),
        Person(id=LEA, name="Lea", email="lea@acme.example"),
        Person(id=ROB, name="Rob", email="rob@acme.example"),
        Person(id=GUEST, name="Guest", groups=frozenset({"SOPS"}), is_guest=True),
    )
}


def an_app(name: str, owner: str, mode: Mode = Mode.APPROVE, **changes: Any) -> App:
    made = App(
        name=name,
        team="care",
        cost_centre="CC-1",
        environment="production",
        owners=(f"{owner}@acme.example",),
        match=Match(projects=frozenset({f"acme-{name}"})),
        policy=Policy(modes=dict.fromkeys(Level, mode), levers=LADDERS.get(name, LADDER)),
    )
    return replace(made, **changes)


LADDERS = {"last": ("quota", "disable_service"), "near": ("allowed_models",), "far": ("allowed_models",)}
"""The levers of an app, in the order in which they are tried; of all others `LADDER`."""
LADDER = ("quota", "gateway")

# chat is asked about; auto brakes by itself; left and right share one target, and brake by themselves where they may.
# last has a hard lever behind its quota; near and far take models away in one project, each with the other's yes.
APPS = (
    an_app("chat", "ana"),
    an_app("auto", "ana", Mode.ENFORCE),
    an_app("left", "lea", Mode.ENFORCE),
    an_app("right", "rob", Mode.ENFORCE),
    an_app("last", "ana", Mode.ENFORCE),
    an_app("near", "lea"),
    an_app("far", "rob"),
)


def a_client(*apps: App, ops_may_raise: bool = False, cost_owners: tuple[str, ...] = ()) -> Client:
    return Client(
        name="acme",
        locale="en",
        time_zone="America/Sao_Paulo",
        currency="BRL",
        billing_account="01D4EE-079462-DFD6EC",
        billing_export="p.d.t",
        alerts_per_app_week=Decimal("0.25"),
        money_gate=Money(Decimal(5), "BRL"),
        apps=apps or APPS,
        approvals=Approvals(
            ops=("SOPS",),
            cost_owners={"CC-1": ("rui@acme.example", *cost_owners)},
            ops_may_raise=ops_may_raise,
            hard_levers=("lea@acme.example", "rob@acme.example"),
        ),
        channel="C0FINOPS00",
    )


def brl(amount: int) -> Money:
    return Money(Decimal(amount), "BRL")


SPEND = SpendRange(billed=brl(1000), in_flight=brl(50), worst_case=brl(10))
SHARED = {"left": "right", "right": "left", "near": "far", "far": "near"}
_HOMES = {"left": "acme-shared", "right": "acme-shared", "near": "acme-models", "far": "acme-models"}


def a_target(app: str, lever: str = "quota", model: str = "flash") -> Target:
    project = _HOMES.get(app, f"acme-{app}")
    if not kind_of(lever).limits:
        return Target(lever, project, "aiplatform", lever, "")
    return Target(lever, project, "aiplatform", "tokens", "1/min/{project}/{base_model}", (("base_model", model),))


def a_limit(app: str, lever: str, model: str, value: int) -> Limit:
    return Limit(
        target=a_target(app, lever, model),
        location="global",
        model=model,
        value=value,
        rule="budget",
        unit="input_tokens_per_minute",
        unit_cost=Decimal("0.00001"),
        current=value * 50,
        usual_peak=value * 2,
        effective=None,
        refused=Decimal("0.1"),
        shared_with=(SHARED[app],) if app in SHARED else (),
    )


def a_stop(app: str, lever: str, models: tuple[str, ...]) -> Limit:
    """Everything, or these models: each app that shares the policy takes away others."""
    takes = tuple(f"{app}-{model}" for model in models) if lever == "allowed_models" else ()
    limit = a_limit(app, lever, ", ".join(models), 0)
    return replace(limit, rule="stop", unit="", current=9, takes=takes, refused=Decimal(1))


def a_proposal(
    app: str, tried: tuple[str, ...] = (), value: int = 200, models: tuple[str, ...] = ("flash",)
) -> Proposal:
    lever = next((name for name in LADDERS.get(app, LADDER) if name not in tried), "")
    if not lever:
        return Proposal(lever="", steps=(), reasons=(Phrase(NO_LEVER_LEFT),))
    if not kind_of(lever).limits:
        return Proposal(lever=lever, steps=(a_stop(app, lever, models),))
    return Proposal(lever=lever, steps=tuple(a_limit(app, lever, model, value) for model in models))
