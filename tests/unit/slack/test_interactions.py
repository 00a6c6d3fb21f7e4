"""What Slack posts, read: clicks, forms, typed commands, and everything that is none of them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk import WebClient

from freio.adapters.slack.interactions import Inbox
from freio.adapters.slack.modals import LONGEST_WHY, About
from freio.adapters.slack.outcomes import FormErrors, Ignored, OpenModal, Reply
from freio.adapters.slack.wire import from_json, to_json
from freio.domain.calendar import next_midnight
from freio.domain.click import Click, Verb
from freio.errors import BadMessage
from freio.i18n.catalogue import Language
from freio.sandbox.slack import ServerHandle
from freio.sandbox.slack.views import check_view
from tests.unit.slack.conftest import ANA
from tests.unit.slack.examples import ENGLISH, NOW, PORTUGUESE

INBOX = Inbox(language=PORTUGUESE, currency="BRL")
TOMORROW = NOW + timedelta(days=1)


def body(payload: Any) -> bytes:
    """A payload as Slack posts it."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def clicked(action_id: str, value: str = "inc:7:3", **changes: Any) -> dict[str, Any]:
    """A click on a button of a message."""
    action = {"type": "button", "action_id": action_id, "block_id": "decide", "value": value, "action_ts": "1.3"}
    return {
        "type": "block_actions",
        "user": {"id": "U1", "username": "a"},
        "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1", "is_ephemeral": False},
        "trigger_id": "1.2.abc",
        "actions": [action],
    } | changes


def submitted(
    amount: str | None = "1.234,56", until: int | None = int(TOMORROW.timestamp()), why: str | None = "a launch"
) -> dict[str, Any]:
    """The form *Keep running…*, filled in."""
    return {
        "type": "view_submission",
        "user": {"id": "U1"},
        "view": {
            "id": "V1",
            "callback_id": "keep_more",
            "private_metadata": About(incident="inc:7", revision=3, channel="C1").to_metadata(),
            "state": {
                "values": {
                    "amount": {"amount": {"type": "plain_text_input", "value": amount}},
                    "until": {"until": {"type": "datetimepicker", "selected_date_time": until}},
                    "why": {"why": {"type": "plain_text_input", "value": why}},
                }
            },
        },
    }


def typed(text: str, language: Language = PORTUGUESE) -> Any:
    """What comes of ``/freio <text>``."""
    fields = {"command": "/freio", "text": text, "user_id": "U1", "channel_id": "C1", "trigger_id": "1.2.abc"}
    return Inbox(language=language, currency="BRL").parse(urlencode(fields).encode(), NOW)


@pytest.mark.parametrize("verb", [Verb.THROTTLE, Verb.KEEP, Verb.EXPECTED, Verb.SNOOZE, Verb.RELEASE])
def test_a_button_is_a_click_on_its_question(verb: Verb) -> None:
    """Who, what, where, and the incident with the revision that it was drawn for."""
    click = INBOX.parse(body(clicked(verb)), NOW)
    assert isinstance(click, Click)
    assert replace(click, id="") == Click(
        id="", person="U1", verb=verb, at=NOW, channel="C1", incident="inc:7", revision=3
    )


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.DENY])
def test_an_answer_names_its_request(verb: Verb) -> None:
    """The value of its button is the request's id."""
    click = INBOX.parse(body(clicked(verb, "ask-9")), NOW)
    assert isinstance(click, Click)
    assert (click.verb, click.ask, click.incident) == (verb, "ask-9", "")


def test_the_same_click_delivered_twice_has_one_id() -> None:
    """And another person's, or another moment's, has another."""
    first = INBOX.parse(body(clicked("throttle")), NOW)
    again = INBOX.parse(body(clicked("throttle")), NOW + timedelta(seconds=5))
    other = INBOX.parse(body(clicked("throttle", user={"id": "U2"})), NOW)
    assert isinstance(first, Click)
    assert isinstance(again, Click)
    assert isinstance(other, Click)
    assert first.id == again.id != other.id


@pytest.mark.parametrize("action_id", ["keep_more", "ask_more"])
@pytest.mark.parametrize("language", [ENGLISH, PORTUGUESE])
def test_two_buttons_open_a_form_that_slack_accepts(action_id: str, language: Language) -> None:
    """It carries the question, and offers a time ahead."""
    opened = Inbox(language=language, currency="BRL").parse(body(clicked(action_id)), NOW)
    assert isinstance(opened, OpenModal)
    assert opened.trigger_id == "1.2.abc"
    view = json.loads(json.dumps(opened.view.to_dict()))
    assert check_view(view) == view
    assert About.from_metadata(view["private_metadata"]) == About(incident="inc:7", revision=3, channel="C1")
    offered = datetime.fromtimestamp(view["blocks"][1]["element"]["initial_date_time"], UTC)
    assert offered == (next_midnight(NOW) if action_id == "keep_more" else TOMORROW)


def test_a_form_is_opened_for_whoever_clicked(slack: ServerHandle, web: WebClient) -> None:
    """By the trigger of their click, and in the client's language."""
    trigger = slack.workspace.tickets.trigger(ANA.id)
    opened = INBOX.parse(body(clicked("keep_more", trigger_id=trigger)), NOW)
    assert isinstance(opened, OpenModal)
    web.views_open(trigger_id=opened.trigger_id, view=opened.view)
    (view,) = slack.workspace.open_views(ANA.id)
    assert view.title == "Manter rodando"


def test_a_filled_form_is_a_click() -> None:
    """The amount as the locale writes it, the moment, and the reason on one line."""
    click = INBOX.parse(body(submitted(why="a\nlaunch ")), NOW)
    assert isinstance(click, Click)
    assert replace(click, id="") == Click(
        id="",
        person="U1",
        verb=Verb.KEEP,
        at=NOW,
        channel="C1",
        incident="inc:7",
        revision=3,
        amount=Decimal("1234.56"),
        until=TOMORROW,
        why="a launch",
    )


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (submitted(amount="1,234.56"), {"amount"}),
        (submitted(amount="0"), {"amount"}),
        (submitted(amount="-5"), {"amount"}),
        (submitted(amount=None), {"amount"}),
        (submitted(amount="1e9"), {"amount"}),
        (submitted(until=int(NOW.timestamp())), {"until"}),
        (submitted(until=int((NOW + timedelta(days=400)).timestamp())), {"until"}),
        (submitted(until=10**18), {"until"}),
        (submitted(why="  "), {"why"}),
        (submitted(why="x" * (LONGEST_WHY + 1)), {"why"}),
        (submitted(amount="", until=None, why=None), {"amount", "until", "why"}),
    ],
)
def test_a_form_says_everything_that_is_wrong_with_it(form: dict[str, Any], wrong: set[str]) -> None:
    """By block, in the client's language; the form stays open."""
    errors = INBOX.parse(body(form), NOW)
    assert isinstance(errors, FormErrors)
    assert set(errors.errors) == wrong
    assert errors.body["response_action"] == "errors"
    if "amount" in wrong:
        assert "1.234,56" in errors.errors["amount"]


def test_a_typed_request_is_a_click() -> None:
    """The app instead of an incident; a day counts to its end on the client's clock."""
    click = typed("ask support-chat 1.234,56 30/11 a big   launch")
    assert isinstance(click, Click)
    assert (click.verb, click.app, click.amount) == (Verb.RAISE, "support-chat", Decimal("1234.56"))
    assert (click.until, click.why) == (datetime(2026, 12, 1, 3, 0, tzinfo=UTC), "a big launch")


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("ask support-chat 500 amanhã 18:00 black friday", datetime(2026, 11, 24, 21, 0, tzinfo=UTC)),
        ("ask support-chat R$ 500 2026-11-30 18:00 black friday", datetime(2026, 11, 30, 21, 0, tzinfo=UTC)),
        ("ask support-chat 500 BRL +6h black friday", NOW + timedelta(hours=6)),
    ],
)
def test_a_request_is_read_as_it_was_meant(text: str, until: datetime) -> None:
    """An hour belongs to its day and a currency to its number; neither becomes the reason."""
    click = typed(text)
    assert isinstance(click, Click)
    assert (click.amount, click.until, click.why) == (Decimal(500), until, "black friday")


def test_a_form_names_the_currency_that_it_takes() -> None:
    """Dollars are not taken for reais."""
    errors = INBOX.parse(body(submitted(amount="US$ 500")), NOW)
    assert isinstance(errors, FormErrors)
    assert errors.errors["amount"] == "Escreva o valor em BRL, como 1.234,56."


def test_a_currency_that_nobody_has_is_refused_at_the_start() -> None:
    """And not when the first amount is read."""
    with pytest.raises(ValueError, match=r"no currency 'R\$'"):
        Inbox(language=PORTUGUESE, currency="R$")


def test_a_reason_with_half_a_character_is_not_lost() -> None:
    """JSON can escape half of a surrogate pair, and UTF-8 cannot hold it."""
    click = INBOX.parse(body(submitted(why="launch \ud83d")), NOW)
    assert isinstance(click, Click)
    assert from_json(to_json(click)).why == "launch ?"


def test_status_and_release_are_clicks() -> None:
    """In whatever case they are typed."""
    status, release = typed("STATUS"), typed("release support-chat it is over")
    assert isinstance(status, Click)
    assert isinstance(release, Click)
    assert status.verb is Verb.STATUS
    assert (release.verb, release.app, release.why) == (Verb.RELEASE, "support-chat", "it is over")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "pede mais aos responsáveis"),
        ("help", "pede mais aos responsáveis"),
        ("ask support-chat", "/freio ask (app)"),
        ("ask support-chat 500 +6h", "/freio ask (app)"),
        ("ask support-chat 1,234.56 +6h because", "“1,234.56” não é um valor"),
        ("ask support-chat US$ 500 +6h because", "“US$ 500” não está em BRL"),
        ("ask support-chat 500 18h because", "Escreva 18:00 ou +18h"),
        ("ask support-chat 500 amanhã 6pm because", "“amanhã 6pm” não é um prazo"),
        ("ask support-chat 100 31/02 because", "“31/02” não é um prazo"),
        ("ask support-chat 100 2026-11-01 because", "“2026-11-01” não é um prazo"),
        (f"ask support-chat 100 +6h {'x' * 301}", "até 300 caracteres, e tem 301"),
        ("release", "/freio release (app)"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
    ],
)
def test_what_is_wrong_with_a_command_is_said_at_once(text: str, says: str) -> None:
    """To its writer alone, with an example of what is right."""
    reply = typed(text)
    assert isinstance(reply, Reply)
    assert says in reply.text
    assert reply.body["response_type"] == "ephemeral"


def test_what_is_not_for_us_is_only_acknowledged() -> None:
    """Other buttons, closed forms, Slack's own checks."""
    for sent in (
        body(clicked("somebody_elses")),
        body({"type": "view_closed"}),
        body(submitted() | {"view": {"callback_id": "other"}}),
        b"ssl_check=1",
    ):
        assert isinstance(INBOX.parse(sent, NOW), Ignored)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xfe",
        b"payload=",
        b"payload=%7B",
        b"payload=[]",
        b"payload={}",
        b"payload=" + b"[" * 100_000,
        b"command=%2Ffreio&text=status",
        body(clicked("throttle", "no question")),
        body(clicked("throttle", "")),
        body(clicked("throttle", user={})),
        body(clicked("throttle", actions=[])),
        body(clicked("throttle", actions=["x"])),
        body(clicked("throttle", container=None)),
        body(submitted() | {"view": {"callback_id": "keep_more", "private_metadata": "{}", "id": "V1"}}),
    ],
)
def test_garbage_is_told_and_never_a_click(sent: bytes) -> None:
    """A message that nobody can use says so, with a reason for the journal."""
    with pytest.raises(BadMessage) as caught:
        INBOX.parse(sent, NOW)
    assert caught.value.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["type", "user", "container", "trigger_id", "actions", "view"]),
    JSON,
    st.sampled_from([clicked("throttle"), clicked("keep_more"), submitted()]),
)
def test_a_field_of_any_other_shape_breaks_nothing(name: str, value: Any, payload: dict[str, Any]) -> None:
    """Read, ignored, or `BadMessage`: never anything else."""
    try:
        outcome = INBOX.parse(body(payload | {name: value}), NOW)
    except BadMessage:
        return
    assert isinstance(outcome, Click | OpenModal | FormErrors | Ignored)


def test_reading_needs_nothing_heavy() -> None:
    """The function that must answer within three seconds starts without what the others need."""
    script = (
        "import sys, freio.adapters.slack.interactions, freio.adapters.slack.web, freio.adapters.slack.wire;"
        "heavy = {'pydantic', 'numpy', 'duckdb', 'pyod', 'ruamel', 'matplotlib', 'freio.config', 'freio.guard'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


# ---- announcing more spend


def announced(**values: Any) -> dict[str, Any]:
    """The form *Expect more*, filled in."""
    filled: dict[str, dict[str, Any]] = {
        "app": {"type": "plain_text_input", "value": " Support-chat "},
        "since": {"type": "datetimepicker", "selected_date_time": int(NOW.timestamp())},
        "until": {"type": "datetimepicker", "selected_date_time": int(TOMORROW.timestamp())},
        "factor": {"type": "number_input", "value": "2.5"},
        "why": {"type": "plain_text_input", "value": "Black\nFriday"},
    }
    for name, value in values.items():
        key = next(key for key in filled[name] if key != "type")
        filled[name] = {**filled[name], key: value}
    return {
        "type": "view_submission",
        "user": {"id": "U1"},
        "view": {
            "id": "V1",
            "callback_id": "expect_more",
            "private_metadata": json.dumps({"channel": "C1"}),
            "state": {"values": {name: {name: value} for name, value in filled.items()}},
        },
    }


@pytest.mark.parametrize("language", [ENGLISH, PORTUGUESE])
@pytest.mark.parametrize(("text", "app"), [("expect", None), ("expect support-chat", "support-chat")])
def test_a_command_opens_the_form_to_announce_spend(
    slack: ServerHandle, web: WebClient, language: Language, text: str, app: str | None
) -> None:
    """Slack takes it, by the command's own trigger; the app stands in it where it was named."""
    opened = typed(text, language)
    assert isinstance(opened, OpenModal)
    assert opened.trigger_id == "1.2.abc"
    view = json.loads(json.dumps(opened.view.to_dict()))
    assert check_view(view) == view
    assert view["blocks"][0]["element"].get("initial_value") == app
    web.views_open(trigger_id=slack.workspace.tickets.trigger(ANA.id), view=opened.view)
    assert slack.workspace.open_views(ANA.id)


def test_an_announcement_is_a_click() -> None:
    """With everything that was filled in, as it travels to the enforcer and back."""
    click = INBOX.parse(body(announced()), NOW)
    assert isinstance(click, Click)
    assert replace(click, id="") == Click(
        id="",
        person="U1",
        verb=Verb.PLAN,
        at=NOW,
        channel="C1",
        app="support-chat",
        since=NOW,
        until=TOMORROW,
        factor=Decimal("2.5"),
        why="Black Friday",
    )
    assert from_json(to_json(click)) == click


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("app", "", "app"),
        ("app", None, "app"),
        ("app", "two words", "app"),
        ("since", int(TOMORROW.timestamp()), "since"),
        ("since", None, "since"),
        ("until", int(NOW.timestamp()), "until"),
        ("until", None, "until"),
        ("until", int((NOW + timedelta(days=400)).timestamp()), "until"),
        ("factor", "1", "factor"),
        ("factor", "1000.1", "factor"),
        ("factor", "NaN", "factor"),
        ("factor", "", "factor"),
        ("factor", None, "factor"),
        ("why", " ", "why"),
        ("why", "x" * 301, "why"),
    ],
)
def test_what_is_wrong_with_an_announcement_is_said_at_its_field(name: str, value: object, wrong: str) -> None:
    """The form stays open."""
    outcome = INBOX.parse(body(announced(**{name: value})), NOW)
    assert isinstance(outcome, FormErrors)
    assert list(outcome.errors) == [wrong]


@pytest.mark.parametrize("metadata", ["", "{", "[]", "{}", '{"channel": 7}'])
def test_a_form_that_is_not_ours_is_refused(metadata: str) -> None:
    """It would answer nowhere."""
    form = announced()
    form["view"]["private_metadata"] = metadata
    with pytest.raises(BadMessage):
        INBOX.parse(body(form), NOW)


def test_what_is_expected_is_listed_and_withdrawn_by_a_command() -> None:
    """By app and number; anything else is told how."""
    listed, taken = typed("expected"), typed("withdraw support-chat 3")
    assert (listed.verb, taken.verb, taken.app, taken.number) == (Verb.PLANS, Verb.WITHDRAW, "support-chat", 3)
    assert from_json(to_json(taken)) == taken
    for wrong in (
        "withdraw",
        "withdraw support-chat",
        "withdraw support-chat 0",
        "withdraw support-chat x",
        "withdraw a 1 2",
    ):
        reply = typed(wrong)
        assert isinstance(reply, Reply)
        assert "/freio withdraw (app) (" in reply.text
