"""The catalogues hold everything that is said, and values are written as their reader's locale has them."""

from __future__ import annotations

import importlib
import importlib.util
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po

from freio.adapters.slack.mrkdwn import MRKDWN
from freio.domain import sentences
from freio.domain.app import Level, Mode
from freio.domain.ask import Answer
from freio.domain.incident import Action, State, Verdict
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import STUCK
from freio.domain.signal import SignalKind
from freio.i18n.amounts import OtherCurrencyError, example, read_amount, split_amount
from freio.i18n.catalogue import LOCALES, PLACE, Language, supported
from freio.i18n.moments import TwoMeaningsError, read_until, split_moment
from freio.i18n.words import WORDS

ENGLISH = Language("en", "America/Sao_Paulo")
PORTUGUESE = Language("pt-BR", "America/Sao_Paulo")
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TOOL = Path(__file__).parents[2] / "tools" / "i18n.py"
PORTUGUESE_FILE = LOCALES / "pt_BR" / "LC_MESSAGES" / "freio.po"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """``tools/i18n.py``, as a module."""
    spec = importlib.util.spec_from_file_location("freio_i18n_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_template_is_what_the_code_says(tool: ModuleType) -> None:
    """Extracted again, it is the same to the byte (else: ``python tools/i18n.py --write``)."""
    assert tool.TEMPLATE.read_bytes() == tool.template()


def test_the_catalogue_is_what_the_code_says(tool: ModuleType) -> None:
    """Nothing in it is no longer said, and nothing that is said is missing."""
    assert tool.merged(PORTUGUESE_FILE) == PORTUGUESE_FILE.read_bytes()


def test_everything_is_translated_with_the_same_places(tool: ModuleType) -> None:
    """Nothing is empty or fuzzy, and no place is lost, added or of another kind."""
    catalogue = read_po(PORTUGUESE_FILE.read_bytes().splitlines(keepends=True), locale="pt_BR")
    for said in tool.extracted():
        if not said.id:
            continue
        message = catalogue.get(said.id)
        assert message is not None, said.id
        assert message.string, said.id
        assert not message.fuzzy, said.id
        assert sorted(PLACE.findall(str(message.string))) == sorted(PLACE.findall(str(said.id))), said.id


def test_every_sentence_of_the_domain_is_in_the_template(tool: ModuleType) -> None:
    """Whatever the domain marks is extracted."""
    said = {str(message.id) for message in tool.extracted()}
    marked = {text for name, text in vars(sentences).items() if name.isupper() and isinstance(text, str)}
    assert marked <= said


def test_no_sentence_of_ours_holds_a_sign_that_slack_reads(tool: ModuleType) -> None:
    """Sentences are not escaped, only what stands in them."""
    for message in tool.extracted():
        assert not set("<>&") & set(str(message.id)), message.id
        assert not set("<>&") & set(PORTUGUESE.gettext(str(message.id)) if message.id else ""), message.id


@pytest.mark.parametrize("kind", [State, Action, Answer, Verdict, Level, Mode, SignalKind])
def test_every_code_has_its_word(kind: type[State]) -> None:
    """And a word in Portuguese that is another one."""
    assert {code for code in kind if code not in WORDS} == set()
    assert [code for code in kind if PORTUGUESE.word(code) == ENGLISH.word(code)] == []


@pytest.mark.parametrize(
    ("place", "value", "english", "portuguese"),
    [
        ("{x:money}", "12.50 BRL", "R$12.50", "R$\u00a012,50"),
        ("{x:money}", "12345.60 BRL", "R$12,346", "R$\u00a012.346"),
        ("{x:money}", "1234.56 USD", "$1,235", "US$\u00a01.235"),
        ("{x:money}", "0.00342 USD", "$0.0034", "US$\u00a00,0034"),
        ("{x:money}", "-3.5 BRL", "-R$3.50", "-R$\u00a03,50"),
        ("{x:money}", "0 BRL", "R$0.00", "R$\u00a00,00"),
        ("{x:money}", "500 JPY", "¥500", "JP¥\u00a0500"),
        ("{x:money}", "0.4 JPY", "¥0.40", "JP¥\u00a00,40"),
        ("{x:money}", "5 CLP", "CLP5", "CLP\u00a05"),
        ("{x:money}", "1.2345 KWD", "KWD1.234", "KWD\u00a01,234"),
        ("{x:number}", "1900000", "1,900,000", "1.900.000"),
        ("{x:decimal}", "4.2", "4.2", "4,2"),
        ("{x:decimal}", "1204.0", "1,204", "1.204"),
        ("{x:percent}", "0.204", "20.4%", "20,4%"),
        ("{x:percent}", "0.2", "20%", "20%"),
        ("{x:percent}", "0.0001", "≤ 0.1%", "≤ 0,1%"),
        ("{x:percent}", "0", "0%", "0%"),
        ("{x:limit}", "", "no limit", "sem limite"),
        ("{x:limit}", "-1", "no limit", "sem limite"),
        ("{x:limit}", "0", "0", "0"),
        ("{x:limit}", "200000", "200,000", "200.000"),
        ("{x:duration}", "900", "15 minutes", "15 minutos"),
        ("{x:duration}", "5400", "1 hour, 30 minutes", "1 hora e 30 minutos"),
        ("{x:duration}", "21600", "6 hours", "6 horas"),
        ("{x:duration}", "86400", "1 day", "1 dia"),
        ("{x:duration}", "180060", "2 days, 2 hours", "2 dias e 2 horas"),
        ("{x:decimal2}", "0.2549", "0.25", "0,25"),
        ("{x:duration}", "30", "30 seconds", "30 segundos"),
        ("{x:word}", "PROPOSED", "waiting for a decision", "aguardando decisão"),
        ("{x:word}", "a-new-lever", "a-new-lever", "a-new-lever"),
        ("{x:words}", "owner", "an owner", "um responsável"),
        ("{x:words}", "owner,cost owner", "an owner or the cost owner", "um responsável ou o responsável pelo custo"),
        ("{x:person}", "ana@acme.example", "ana@acme.example", "ana@acme.example"),
        (
            "{x:time}",
            "2026-11-24T08:00:00+00:00",
            "Nov 24, 2026 5:00\u202fAM (GMT-03:00)",
            "24 de nov. de 2026 05:00 (GMT-03:00)",
        ),
        ("{x}", "a\nb", "a b", "a b"),
    ],
)
def test_a_value_is_written_for_its_reader(place: str, value: str, english: str, portuguese: str) -> None:
    """Money, numbers, shares, limits, durations, words and times."""
    assert ENGLISH.say(place, {"x": value}) == english
    assert PORTUGUESE.say(place, {"x": value}) == portuguese


def test_a_sentence_is_said_in_its_readers_language() -> None:
    """With its values in that language as well."""
    data = {"by": "U1", "action": "keep", "until": "2026-11-24T08:00:00+00:00"}
    said = PORTUGUESE.say(sentences.DECIDED_UNTIL, data)
    assert said == "U1 decidiu: manter rodando, até 24 de nov. de 2026 05:00 (GMT-03:00)."


def test_sentences_in_a_sentence_are_in_its_readers_language() -> None:
    """Joined on one line, or each on a line of its own; text from outside in them is made harmless as everywhere."""
    why = packed([Phrase.of(sentences.OF_THE_BUDGET, ratio="0.9"), Phrase.of("{x}", x="<!channel>")])
    assert PORTUGUESE.say("({x:phrases})", {"x": why}, MRKDWN) == "(90% do orçamento; &lt;!channel&gt;)"
    assert ENGLISH.say("{x:lines}", {"x": why}) == "90% of the budget\n<!channel>"


def test_a_place_without_data_is_a_bug() -> None:
    """It is never left as it is, or empty."""
    with pytest.raises(KeyError):
        ENGLISH.say("{missing}", {})
    with pytest.raises(ValueError, match="offset"):
        ENGLISH.say("{at:time}", {"at": "2026-11-24T08:00:00"})


def test_a_language_that_nobody_wrote_is_refused() -> None:
    """A person's own is taken only where there is a catalogue."""
    assert supported("de-DE") is None
    assert PORTUGUESE.speaking("de-DE") == PORTUGUESE
    assert PORTUGUESE.speaking("en-GB").word("keep") == "keep running"
    with pytest.raises(ValueError, match="no catalogue"):
        Language("de-DE", "Europe/Berlin")


@pytest.mark.parametrize("name", ["Sao Paulo", "America", "", "../etc/passwd"])
def test_a_clock_that_nobody_has_is_refused(name: str) -> None:
    """When the language is made, and not when the first time is written."""
    with pytest.raises(ValueError, match="no time zone"):
        Language("en", name)


@pytest.mark.parametrize(
    ("count", "english", "portuguese"),
    [
        ("0", "after 0 attempts", "após 0 tentativa"),
        ("1", "after 1 attempt", "após 1 tentativa"),
        ("2", "after 2 attempts", "após 2 tentativas"),
        ("1000000", "after 1,000,000 attempts", "após 1.000.000 tentativas"),
    ],
)
def test_one_is_not_many(count: str, english: str, portuguese: str) -> None:
    """By each language's own rule of what counts as one."""
    assert english in ENGLISH.say(STUCK, {"attempts": count, "why": "[]"})
    assert portuguese in PORTUGUESE.say(STUCK, {"attempts": count, "why": "[]"})


def test_status_counts_the_apps() -> None:
    """One app, or several."""
    assert ENGLISH.say(sentences.STATUS_NONE, {"apps": "1"}) == "No open incidents. Freio watches 1 app."
    assert PORTUGUESE.say(sentences.STATUS_NONE, {"apps": "3"}).endswith("acompanha 3 apps.")


@pytest.mark.parametrize(
    ("text", "language", "amount"),
    [
        ("1.234,56", PORTUGUESE, "1234.56"),
        ("R$ 1.234,56", PORTUGUESE, "1234.56"),
        ("500", PORTUGUESE, "500"),
        ("500 BRL", ENGLISH, "500"),
        ("1,234.56", ENGLISH, "1234.56"),
        ("R$1,234.50", ENGLISH, "1234.50"),
    ],
)
def test_an_amount_is_read_as_its_locale_writes_it(text: str, language: Language, amount: str) -> None:
    """With the currency or without."""
    assert read_amount(text, language, "BRL") == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("1,234.56", PORTUGUESE),
        ("1234.56", PORTUGUESE),
        ("1.234,56", ENGLISH),
        ("0", ENGLISH),
        ("-5", ENGLISH),
        ("1e5", ENGLISH),
        ("NaN", ENGLISH),
        ("1.234", ENGLISH),
        ("", ENGLISH),
        ("10000000000000", ENGLISH),
        ("500 reais", PORTUGUESE),
        ("R$", PORTUGUESE),
    ],
)
def test_what_is_no_amount_is_refused(text: str, language: Language) -> None:
    """Above all an amount in another locale's writing, which would be a hundredfold."""
    with pytest.raises(ValueError, match="amount"):
        read_amount(text, language, "BRL")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("US$ 500", "BRL"),
        ("€500", "BRL"),
        ("$500", "BRL"),
        ("AU$500", "BRL"),
        ("500 USD", "BRL"),
        ("R$ 500", "USD"),
        ("US$5", "AUD"),
    ],
)
def test_another_currency_is_not_taken_for_the_clients(text: str, currency: str) -> None:
    """500 dollars are not 500 reais."""
    with pytest.raises(OtherCurrencyError, match=currency):
        read_amount(text, PORTUGUESE, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("r$500", "BRL"), ("500brl", "BRL"), ("$500", "USD"), ("US$ 500", "USD"), ("$500", "AUD"), ("¥500", "JPY")],
)
def test_a_currency_has_its_own_signs(text: str, currency: str) -> None:
    """As our languages and its own country write it: a bare $ is a dollar where that is what it is called."""
    assert read_amount(text, PORTUGUESE, currency) == 500


def test_a_currency_without_cents_is_typed_without_them() -> None:
    """And its example has none."""
    assert example(ENGLISH, "JPY") == "1,235"
    assert example(PORTUGUESE, "BRL") == "1.234,56"
    with pytest.raises(ValueError, match="amount"):
        read_amount("500,50", PORTUGUESE, "JPY")


@pytest.mark.parametrize(
    ("words", "amount", "rest"),
    [
        ("R$ 500 6h x", "R$ 500", "6h x"),
        ("500 BRL 6h x", "500 BRL", "6h x"),
        ("500 6h x", "500", "6h x"),
        ("much 500 6h", "much", "500 6h"),
        ("", "", ""),
    ],
)
def test_a_currency_goes_with_its_number(words: str, amount: str, rest: str) -> None:
    """Before it or after it; no other word does."""
    assert split_amount(words.split()) == (amount, rest.split())


@pytest.mark.parametrize(
    ("words", "moment", "rest"),
    [
        ("amanhã 18:00 black friday", "amanhã 18:00", "black friday"),
        ("amanhã às 18h black friday", "amanhã às 18h", "black friday"),
        ("2026-11-30 18:00 x", "2026-11-30 18:00", "x"),
        ("tomorrow 6:00 pm x", "tomorrow 6:00 pm", "x"),
        ("tomorrow 6pm x", "tomorrow 6pm", "x"),
        ("amanhã 18 campanhas", "amanhã", "18 campanhas"),
        ("+6h às pressas", "+6h", "às pressas"),
        ("", "", ""),
    ],
)
def test_an_hour_goes_with_its_day(words: str, moment: str, rest: str) -> None:
    """What looks like an hour is never the beginning of the reason."""
    assert split_moment(words.split()) == (moment, rest.split())


@pytest.mark.parametrize(("text", "clock", "span"), [("18h", "18:00", "+18h"), ("6H", "6:00", "+6h")])
def test_an_hour_that_may_be_a_span_is_asked_back_in_portuguese(text: str, clock: str, span: str) -> None:
    """There 18h is six o'clock; whoever means hours says so with a plus, or with more of them than a day has."""
    with pytest.raises(TwoMeaningsError) as caught:
        read_until(text, NOW, PORTUGUESE)
    assert (caught.value.clock, caught.value.span) == (clock, span)
    assert read_until(span, NOW, PORTUGUESE) == read_until(text, NOW, ENGLISH)
    assert read_until("48h", NOW, PORTUGUESE) == read_until("2d", NOW, PORTUGUESE)


@pytest.mark.parametrize(
    ("text", "language", "until"),
    [
        ("2026-11-30", ENGLISH, "2026-12-01T00:00:00-03:00"),
        ("30/11", PORTUGUESE, "2026-12-01T00:00:00-03:00"),
        ("11/30", ENGLISH, "2026-12-01T00:00:00-03:00"),
        ("30/11/2026", PORTUGUESE, "2026-12-01T00:00:00-03:00"),
        ("05/01", PORTUGUESE, "2027-01-06T00:00:00-03:00"),
        ("18:00", ENGLISH, "2026-11-23T18:00:00-03:00"),
        ("18h00", PORTUGUESE, "2026-11-23T18:00:00-03:00"),
        ("9:30", ENGLISH, "2026-11-24T09:30:00-03:00"),
        ("6h", ENGLISH, "2026-11-23T18:00:00-03:00"),
        ("+6h", PORTUGUESE, "2026-11-23T18:00:00-03:00"),
        ("2d", ENGLISH, "2026-11-25T12:00:00-03:00"),
        ("amanhã 18:00", PORTUGUESE, "2026-11-24T18:00:00-03:00"),
        ("amanhã às 18h", PORTUGUESE, "2026-11-24T18:00:00-03:00"),
        ("30/11 18h30", PORTUGUESE, "2026-11-30T18:30:00-03:00"),
        ("tomorrow at 18:00", ENGLISH, "2026-11-24T18:00:00-03:00"),
        ("today", ENGLISH, "2026-11-24T00:00:00-03:00"),
        ("Tomorrow", ENGLISH, "2026-11-25T00:00:00-03:00"),
        ("amanhã", PORTUGUESE, "2026-11-25T00:00:00-03:00"),
    ],
)
def test_a_moment_is_read_on_the_clients_clock(text: str, language: Language, until: str) -> None:
    """A day counts to its end; an hour that is past is tomorrow's."""
    assert read_until(text, NOW, language) == datetime.fromisoformat(until)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31/02",
        "2026-11-22",
        "2028-01-01",
        "9999-12-31",
        "25:00",
        "0h",
        "9999d",
        "2026-13-01",
        "1/2/3",
        "amanhã 25:00",
        "amanhã 6pm",
        "hoje 8:00",
        "6h 18:00",
        "amanhã de 18:00",
    ],
)
def test_what_is_no_moment_ahead_is_refused(text: str) -> None:
    """Past, more than a year away, or on no calendar."""
    with pytest.raises(ValueError, match=r"moment|between"):
        read_until(text, NOW, PORTUGUESE)


@pytest.mark.parametrize(
    ("sentence", "value", "english", "portuguese"),
    [
        ("{x:rounded}", "9999", "9,999", "9.999"),
        ("{x:rounded}", "357584", "358K", "358\u00a0mil"),
        ("{x:rounded}", "1327005", "1.33M", "1,33\u00a0mi"),
        ("{x:rounded}", "10000000000", "10B", "10\u00a0bi"),
        ("{x:rounded}", "", "no limit", "sem limite"),
        ("{x:override}", "None", "no override", "nenhum limite próprio"),
        ("{x:override}", "200000", "200,000", "200.000"),
        ("{x:Word}", "PROPOSED", "Waiting for a decision", "Aguardando decisão"),
        ("{x:Word}", "gemini", "Gemini", "Gemini"),
    ],
)
def test_what_is_compared_at_a_glance_is_short(sentence: str, value: str, english: str, portuguese: str) -> None:
    """Three digits and a word; what is not there has one as well, and a sentence begins with a capital."""
    assert ENGLISH.say(sentence, {"x": value}) == english
    assert PORTUGUESE.say(sentence, {"x": value}) == portuguese
