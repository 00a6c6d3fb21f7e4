"""A brake that stops, and a hard one, as people read them."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from freio.adapters.slack import asks
from freio.adapters.slack.card import draw
from freio.domain.app import Mode
from freio.domain.incident import Action, Decision, Proof, Proposal, State, Step, Verdict
from freio.domain.phrase import Phrase
from freio.domain.sentences import MODELS_LEFT, UNASKED
from freio.domain.target import Target
from freio.i18n.catalogue import Language
from tests.unit.slack.examples import APP, ENGLISH, NOW, PORTUGUESE, STEP, incident, request

PROJECT = "acme-chat-prod"
MODEL = "publishers/google/models/gemini-2.5-flash:predict"


def stop(lever: str, metric: str, *takes: str, dimensions: tuple[tuple[str, str], ...] = (), **changes: Any) -> Step:
    target = Target(lever, PROJECT, "aiplatform.googleapis.com", metric, "", dimensions)
    made = replace(
        STEP, target=target, value=0, rule="stop", unit="", refused=Decimal(1), refusals=(), shared_with=(), takes=takes
    )
    return replace(made, **changes)


MODELS = stop("allowed_models", "constraints/vertexai.allowedModels", MODEL)
KEY = stop("api_key", "key", "aiplatform.googleapis.com", "+translate.googleapis.com", dimensions=(("key", "web"),))
BILLING = stop("unlink_billing", "billing", "billingAccounts/01D4EE-079462-DFD6EC")


def shown(language: Language, *steps: Step, **changes: Any) -> str:
    """The whole message as text."""
    proposal = Proposal(lever=steps[0].target.lever, steps=steps, unasked=changes.pop("unasked", ()))
    one = incident(proposal=proposal, **changes)
    drawn = draw(one, app=APP, chart="", language=language, address=lambda who: who)
    return json.dumps([block.to_dict() for block in drawn.blocks], ensure_ascii=False)


def test_a_model_that_is_taken_away_goes_by_its_name() -> None:
    """Nobody reads resource names; what stays allowed is said before anybody agrees."""
    left = Phrase.of(MODELS_LEFT, model="gemini-2.5-flash", project=PROJECT, left="gemini-2.5-flash-lite")
    said = shown(ENGLISH, replace(MODELS, note=left))
    assert "the models that are allowed in acme-chat-prod: *stops* gemini-2.5-flash." in said
    assert "these models of the app stay allowed in acme-chat-prod: gemini-2.5-flash-lite" in said
    assert "publishers/" not in said


def test_a_key_says_which_services_it_loses_and_not_what_it_keeps() -> None:
    """What it keeps is the lever's own affair."""
    said = shown(PORTUGUESE, KEY)
    assert "chave de API web: *interrompe* aiplatform.googleapis.com." in said
    assert "translate" not in said


@pytest.mark.parametrize(
    ("language", "loud", "button"),
    [
        (ENGLISH, "*A hard lever:*", "Ask two people to stop it"),
        (PORTUGUESE, "*Uma alavanca dura:*", "Pedir a duas pessoas"),
    ],
)
def test_a_hard_lever_is_loud_and_asks_for_two_people(language: Language, loud: str, button: str) -> None:
    """No button says that one click is enough."""
    said = shown(language, BILLING)
    assert loud in said
    assert button in said


def test_a_stop_that_holds_is_proved_by_what_gets_through_and_is_not_raised() -> None:
    """There is no limit to compare with, and nothing to ask more of."""
    proof = Proof(verdict=Verdict.BINDS, at=NOW, limit=0, before=9, now=0, exceeded=347)
    decision = Decision(action=Action.THROTTLE, by="U0ANA00000", at=NOW, approvers=("U0RUI00000", "U0EVA00000"))
    said = shown(ENGLISH, BILLING, state=State.THROTTLED, holding=(BILLING.target,), proof=proof, decision=decision)
    assert "0 requests a minute get through; 347 requests refused" in said
    assert "Approved by <@U0RUI00000>" in said
    assert "Approved by <@U0EVA00000>" in said
    assert "*stopped* for everything" in said
    assert "Ask for more" not in said


def test_a_lever_that_could_not_be_asked_is_said() -> None:
    """It might have hit fewer."""
    said = shown(ENGLISH, MODELS, unasked=(Phrase.of(UNASKED, lever="api_key", error="reading key web: 503"),))
    assert "Could not be asked: API key restriction: reading key web: 503." in said


def test_a_request_for_a_hard_lever_says_what_is_asked_and_who_has_said_yes() -> None:
    """The second person sees the first."""
    ask = request(action=Action.THROTTLE, amount=None, lever="unlink_billing", approved_by=(("U0RUI00000", True),))
    drawn = asks.draw(ask, ("eva@acme.example",), ENGLISH, lambda who: who)
    said = json.dumps([block.to_dict() for block in drawn.blocks], ensure_ascii=False)
    assert "Freio pulls a hard lever, unlinking billing" in said
    assert "*A yes* from <@U0RUI00000>. Another one is needed." in said


def test_a_policy_that_will_not_act_says_so_and_why() -> None:
    """Who reads `enforce` in the file would wait for it; under `approve` nobody does."""
    tainted = replace(STEP, shared_with=("search",), unattributed=True)
    said = shown(ENGLISH, tainted, mode=Mode.ENFORCE)
    assert (
        "*The policy says enforce, and does not act here by itself:* it brakes search too; some of the traffic there "
        "belongs to no app. Somebody must decide."
    ) in said
    assert "does not act here" not in shown(ENGLISH, tainted, mode=Mode.APPROVE)
    assert "does not act here" not in shown(ENGLISH, replace(STEP, shared_with=()), mode=Mode.ENFORCE)
    assert "it is a hard lever" in shown(ENGLISH, BILLING, mode=Mode.ENFORCE)
