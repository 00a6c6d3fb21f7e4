"""The money of an incident's message as a range, and what the estimate in it stands on; in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freio.adapters.slack.evidence import how_much
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    ESTIMATE_DEDICATED,
    ESTIMATE_RECONCILED,
    ESTIMATE_SHARED,
    ESTIMATE_UNDIVIDED,
    ESTIMATE_UNRECONCILED,
    REQUESTS_OVER_USUAL,
    REQUESTS_UNUSUAL,
    TOKENS_OVER_USUAL,
    TOKENS_UNUSUAL,
)
from freio.i18n.catalogue import Language
from tests.unit.slack.examples import APP, ENGLISH, NOW, PORTUGUESE, brl, incident

UNTIL = (NOW - timedelta(hours=3)).isoformat()
SHARED = Phrase.of(ESTIMATE_SHARED, share="0.2500", model="gemini-2.5-pro", project="acme", until=UNTIL)
RECONCILED = Phrase.of(ESTIMATE_RECONCILED, low="0.42", high="0.61", days=7)


def drawn(language: Language, *basis: Phrase, least: str = "700", utmost: str = "950.10") -> list[str]:
    """The texts of its blocks: the fields first, one after the other, then what stands under them."""
    shown = incident()
    shown = replace(shown, spend=replace(shown.spend, least=brl(least), utmost=brl(utmost), basis=basis))
    texts = []
    for block in how_much(shown, APP, language):
        told = block.to_dict()
        texts += [part["text"] for part in told.get("fields", told.get("elements", ()))]
    return texts


def test_what_is_in_flight_is_a_range() -> None:
    """The likely amount, and between what it lies; the worst case stands on the most."""
    english, portuguese = drawn(ENGLISH), drawn(PORTUGUESE)
    assert english[1] == "*Estimated in flight*\nR$812.40 (R$700.00 to R$950.10)"
    assert portuguese[1].replace("\xa0", " ") == "*Estimado, ainda não faturado*\nR$ 812,40 (R$ 700,00 a R$ 950,10)"


def test_a_range_of_nothing_is_said_once() -> None:
    """Cents that nobody could tell apart are one amount."""
    assert drawn(ENGLISH, least="812.40", utmost="812.404")[1] == "*Estimated in flight*\nR$812.40"


def test_the_message_says_that_it_is_a_share_and_how_bills_compared() -> None:
    """How, and over which days."""
    said = drawn(ENGLISH, SHARED, RECONCILED)[-1]
    assert "a share, 25%, by the labels of its bills in the seven days until" in said
    assert "42% to 61% of list price, as bills were on 7 settled days" in said
    assert "uma parte, 25%" in drawn(PORTUGUESE, SHARED, RECONCILED)[-1]
    assert "7 dias fechados" in drawn(PORTUGUESE, SHARED, RECONCILED)[-1]


@pytest.mark.parametrize("language", [ENGLISH, PORTUGUESE])
@pytest.mark.parametrize(
    "phrase",
    [
        Phrase.of(ESTIMATE_UNDIVIDED, model="m", project="p", apps="a, b"),
        Phrase(ESTIMATE_UNRECONCILED),
        Phrase.of(ESTIMATE_DEDICATED, tokens=1_250_000, model="m"),
        Phrase.of(TOKENS_OVER_USUAL, window=600, now=1_250_000, model="m", usual=99_000, times="12.6"),
        Phrase.of(TOKENS_UNUSUAL, window=600, now=1_250_000, model="m"),
        Phrase.of(REQUESTS_OVER_USUAL, window=900, now=30_000, model="m", usual=1_000, times="30.0"),
        Phrase.of(REQUESTS_UNUSUAL, window=900, now=30_000, model="m"),
    ],
)
def test_every_basis_can_be_said(language: Language, phrase: Phrase) -> None:
    """Each place of the sentence is filled, in both languages."""
    assert "{" not in drawn(language, phrase)[-1]
