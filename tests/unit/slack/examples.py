"""A client, an incident and a request to draw; tests change what they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.domain.app import App, Approvals, Client, Level, Match, Mode
from freio.domain.ask import Ask
from freio.domain.incident import Action, Assessment, Incident, Proposal, Refusal, State, Step
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import MULTI_REGION, TIMES_THE_USUAL
from freio.domain.signal import Signal, SignalKind
from freio.domain.target import Target
from freio.i18n.catalogue import Language

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CHANNEL = "C0FINOPS00"
ENGLISH = Language("en", "America/Sao_Paulo")
PORTUGUESE = Language("pt-BR", "America/Sao_Paulo")
TARGET = Target("quota", "acme-chat-prod", "aiplatform.googleapis.com", "tokens", "1/min/{project}/{base_model}")


def brl(amount: str) -> Money:
    return Money(Decimal(amount), "BRL")


APP = App(
    name="support-chat",
    team="customer-care",
    cost_centre="CC-1042",
    environment="production",
    owners=("ana@acme.example", "U0123ABCD"),
    match=Match(projects=frozenset({"acme-chat-prod"})),
    budget=brl("40000"),
)
CLIENT = Client(
    name="acme",
    locale="pt-BR",
    time_zone="America/Sao_Paulo",
    currency="BRL",
    billing_account="01D4EE-079462-DFD6EC",
    billing_export="acme.billing.export",
    alerts_per_app_week=Decimal("0.25"),
    money_gate=brl("50"),
    apps=(APP,),
    approvals=Approvals(ops=("S01OPS0000",), cost_owners={"CC-1042": ("rui@acme.example",)}),
    channel=CHANNEL,
)
SIGNAL = Signal(
    key="s1",
    app=APP.name,
    kind=SignalKind.SPIKE,
    level=Level.CRITICAL,
    at=NOW - timedelta(minutes=7),
    observed=brl("812.40"),
    usual=brl("95.10"),
    window_minutes=60,
    score=3.2,
    driver="gemini-2.5-flash",
    detail=Phrase.of(TIMES_THE_USUAL, times="8.5", deviations="31"),
)
STEP = Step(
    target=TARGET,
    location="global",
    model="gemini-2.5-flash",
    value=200_000,
    rule="budget",
    unit="input_tokens_per_minute",
    unit_cost=Decimal("0.000002"),
    current=1_900_000,
    usual_peak=400_000,
    effective=None,
    refused=Decimal("0.204"),
    refusals=(Refusal(who="support-chat", share=Decimal("0.18")), Refusal(who="search", share=Decimal("0.024"))),
    shared_with=("search",),
)
PROPOSAL = Proposal(
    lever="quota", steps=(STEP,), uncovered=(Phrase.of(MULTI_REGION, model="claude-opus-4-6", location="eu"),)
)


def incident(**changes: Any) -> Incident:
    """An incident that waits for a decision."""
    proposed = Incident(
        id="inc-7",
        app=APP.name,
        state=State.PROPOSED,
        mode=Mode.APPROVE,
        level=Level.CRITICAL,
        opened_at=NOW - timedelta(minutes=5),
        changed_at=NOW,
        spend=SpendRange(billed=brl("12345.60"), in_flight=brl("812.40"), worst_case=brl("203.10")),
        rate=brl("812.40"),
        revision=3,
        signals=(SIGNAL,),
        signal_count=1,
        proposal=PROPOSAL,
        assessment=Assessment(at=NOW, running_away=True, complete=True),
    )
    return replace(proposed, **changes)


def request(**changes: Any) -> Ask:
    """A request that waits for an answer."""
    asked = Ask(
        id="ask-9",
        app=APP.name,
        incident="inc-7",
        action=Action.RAISE,
        by="U0TEAM0001",
        at=NOW,
        amount=brl("1234.56"),
        until=NOW + timedelta(days=1),
        why="launch <!channel>",
    )
    return replace(asked, **changes)
