"""Clicks, modals and commands in the sandbox's Slack: signed as Slack signs, answered as Slack understands it."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.webhook import WebhookClient
from werkzeug import Response

from freio.sandbox.slack.errors import ScriptError
from tests.unit.sandbox.slack_world import (
    ANA,
    FINOPS,
    RUI,
    World,
    actions,
    button,
    modal,
    section,
    slack_world,
    text_input,
)


class ClockAt(Clock):
    """The verifier's clock, set by hand."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> float:
        return self.moment.timestamp()


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as opened:
        yield opened


def says(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")


def offered(world: World) -> str:
    """A message with a button; its ts."""
    return world.post(blocks=[section(), actions(button(value="inc-7:3"), block_id="decide")])


def opened(world: World, **view: Any) -> str:
    """A modal that Ana has open after a click; its id."""
    world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle")
    trigger = world.inbox.payloads[-1]["trigger_id"]
    return str(world.client.views_open(trigger_id=trigger, view=modal(**view))["view"]["id"])


def word(exc: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(exc.value.response["error"])


def test_a_click_arrives_signed_and_whole(world: World) -> None:
    """The real verifier accepts the raw body; the payload says who clicked what, where, and how to answer."""
    ts = offered(world)
    ack = world.workspace.click(ANA.id, FINOPS.id, ts, "throttle")
    [(body, headers)] = world.inbox.received
    verifier = SignatureVerifier(world.workspace.signing_secret, ClockAt(world.clock()))
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body + b"&x=1", headers)
    [payload] = world.inbox.payloads
    [action] = payload["actions"]
    assert (ack.ok, ack.status, ack.kind) == (True, 200, "block_actions")
    assert payload["user"] == {"id": ANA.id, "username": "ana", "name": "ana", "team_id": world.workspace.team_id}
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": FINOPS.id,
        "is_ephemeral": False,
    }
    assert (payload["channel"], payload["message"]["ts"]) == ({"id": FINOPS.id, "name": "finops"}, ts)
    assert (action["block_id"], action["action_id"], action["value"]) == ("decide", "throttle", "inc-7:3")


def test_the_signature_is_dated_by_the_clock_of_the_wire() -> None:
    """Messages may live in simulated time while signatures are of now."""
    moment = datetime.fromisoformat("2031-05-06T07:08:09+00:00")
    with slack_world(signing_now=lambda: moment) as world:
        ts = offered(world)
        world.workspace.click(ANA.id, FINOPS.id, ts, "throttle")
        [(_, headers)] = world.inbox.received
        assert headers["X-Slack-Request-Timestamp"] == str(int(moment.timestamp()))
        assert ts.startswith(str(int(world.clock().timestamp())))


def test_a_stale_button_can_still_be_clicked(world: World) -> None:
    """Somebody clicked what they saw before the app redrew it; the payload carries the old value."""
    ts = offered(world)
    old = world.workspace.message(FINOPS.id, ts)
    world.client.chat_update(channel=FINOPS.id, ts=ts, text="decided", blocks=[section("decided")])
    with pytest.raises(ScriptError, match="no throttle to click, only nothing"):
        world.workspace.click(ANA.id, FINOPS.id, ts, "throttle")
    assert world.workspace.click(ANA.id, FINOPS.id, ts, "throttle", message=old).ok
    assert world.inbox.payloads[0]["actions"][0]["value"] == "inc-7:3"


def test_a_duplicate_is_the_same_payload_again(world: World) -> None:
    """Each copy is acknowledged on its own, and counted."""
    ack = world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle", duplicates=2)
    first, *copies = world.inbox.payloads
    assert copies == [first, first]
    assert len(ack.copies) == 2
    assert world.workspace.duplicates == {"block_actions": 2}


def test_a_choice_is_in_the_action_and_in_the_state(world: World) -> None:
    """A select sends the whole option that was chosen."""
    hour = {"text": {"type": "plain_text", "text": "1 h"}, "value": "1h"}
    ts = world.post(blocks=[section(accessory={"type": "static_select", "action_id": "snooze", "options": [hour]})])
    world.workspace.click(ANA.id, FINOPS.id, ts, "snooze", value="1h")
    [payload] = world.inbox.payloads
    [state] = payload["state"]["values"].values()
    assert payload["actions"][0]["selected_option"] == hour
    assert state == {"snooze": {"type": "static_select", "selected_option": hour}}
    with pytest.raises(ScriptError, match="offers no option '2h'"):
        world.workspace.click(ANA.id, FINOPS.id, ts, "snooze", value="2h")


def test_an_app_that_does_not_answer_in_time_is_an_operation_timeout() -> None:
    """The person sees Slack's word; how long they waited is recorded."""
    release = threading.Event()
    with slack_world(ack_seconds=0.2) as world:
        world.inbox.answer = lambda _: Response(str(release.wait(5)))
        ack = world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle")
        release.set()
        assert (ack.status, ack.error) == (None, "operation_timeout")
        assert ack.seconds >= 0.2
        assert world.workspace.acks == [ack]


@pytest.mark.parametrize(("status", "error"), [(500, "http_service_error"), (401, "http_client_error")])
def test_an_app_that_fails_is_shown_as_failing(world: World, status: int, error: str) -> None:
    """The status is recorded beside the word that the person sees."""
    world.inbox.answer = lambda _: Response(status=status)
    ack = world.workspace.command(ANA.id, FINOPS.id, "/freio status")
    assert (ack.status, ack.error) == (status, error)
    assert error in world.workspace.ephemerals(ANA.id)[0].text


def test_an_app_that_is_not_there_is_a_failed_dispatch(world: World) -> None:
    """A refused connection is no acknowledgement."""
    world.workspace.interactions_url = "http://127.0.0.1:9/"
    ack = world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle")
    assert (ack.status, ack.error) == (None, "dispatch_failed")


def test_a_trigger_opens_one_modal_within_three_seconds(world: World) -> None:
    """Used again, too late, or made up, it is refused in three different words."""
    view_id = opened(world)
    assert [view.id for view in world.workspace.open_views(ANA.id)] == [view_id]
    used = world.inbox.payloads[-1]["trigger_id"]
    world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle")
    late = world.inbox.payloads[-1]["trigger_id"]
    world.clock.move(seconds=3.1)
    for trigger, expected in (
        (used, "exchanged_trigger_id"),
        (late, "expired_trigger_id"),
        ("1.2.x", "invalid_trigger_id"),
    ):
        with pytest.raises(SlackApiError) as refused:
            world.client.views_open(trigger_id=trigger, view=modal())
        assert word(refused) == expected


def test_a_modal_is_opened_before_the_click_is_acknowledged(world: World) -> None:
    """The app may call back while Slack waits for it."""

    def answer(payload: dict[str, Any]) -> Response:
        world.client.views_open(trigger_id=payload["trigger_id"], view=modal())
        return Response()

    world.inbox.answer = answer
    assert world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle").ok
    assert len(world.workspace.open_views(ANA.id)) == 1


def test_a_submission_carries_what_was_filled_in_and_closes(world: World) -> None:
    """An empty acknowledgement closes the modal."""
    ack = world.workspace.submit(ANA.id, opened(world), {"amount": "2000"})
    view = world.inbox.payloads[-1]["view"]
    assert ack.ok
    assert view["state"]["values"] == {"b_amount": {"amount": {"type": "plain_text_input", "value": "2000"}}}
    assert (view["private_metadata"], view["callback_id"]) == ("incident-7", "keep")
    assert world.workspace.open_views(ANA.id) == []


def test_a_form_that_lacks_something_is_not_sent(world: World) -> None:
    """Slack holds it back, in the person's language, and the app hears nothing."""
    view_id = opened(world)
    before = len(world.inbox.received)
    ack = world.workspace.submit(ANA.id, view_id)
    assert (ack.error, ack.errors) == ("not_sent", {"b_amount": "Preencha este campo."})
    assert len(world.inbox.received) == before


@pytest.mark.parametrize(
    ("typed", "says_"),
    [
        ("x", "number"),
        ("1.5", "whole number"),
        ("NaN", "number"),
        ("9", "10 or more"),
        ("51", "50 or less"),
        ("50", ""),
    ],
)
def test_a_number_outside_its_bounds_is_not_sent(world: World, typed: str, says_: str) -> None:
    """The bounds are the element's own."""
    bounds = {"is_decimal_allowed": False, "min_value": "10", "max_value": "50"}
    number = text_input(element={"type": "number_input", "action_id": "n", **bounds})
    world.workspace.click(RUI.id, FINOPS.id, offered(world), "throttle")
    world.client.views_open(trigger_id=world.inbox.payloads[-1]["trigger_id"], view=modal(number))
    [view] = world.workspace.open_views(RUI.id)
    errors = world.workspace.submit(RUI.id, view.id, {"n": typed}).errors
    assert (says_ in errors["b_amount"]) if says_ else (errors == {})


def test_errors_of_the_app_keep_the_modal_with_what_was_typed(world: World) -> None:
    """They stand under their blocks until the next attempt."""
    view_id = opened(world)
    world.inbox.answer = lambda _: says({"response_action": "errors", "errors": {"b_amount": "too much"}})
    ack = world.workspace.submit(ANA.id, view_id, {"amount": "9999"})
    [view] = world.workspace.open_views(ANA.id)
    assert (ack.ok, ack.errors, view.errors) == (False, {"b_amount": "too much"}, {"b_amount": "too much"})
    assert view.typed == {"b_amount": {"amount": "9999"}}


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        ({"response_action": "update", "view": modal(section(), title={"type": "plain_text", "text": "B"})}, ["B"]),
        (
            {"response_action": "push", "view": modal(section(), title={"type": "plain_text", "text": "B"})},
            ["Keep running", "B"],
        ),
        ({"response_action": "clear"}, []),
        ({}, []),
    ],
)
def test_a_submission_is_answered_by_another_view(world: World, answer: dict[str, Any], titles: list[str]) -> None:
    """Update redraws, push stacks, clear closes all, nothing closes this one."""
    view_id = opened(world)
    world.inbox.answer = lambda _: says(answer)
    assert world.workspace.submit(ANA.id, view_id, {"amount": "1"}).ok
    assert [view.title for view in world.workspace.open_views(ANA.id)] == titles


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "dance"},
        {"response_action": "update", "view": {}},
    ],
)
def test_an_answer_that_slack_would_not_understand_keeps_the_modal(world: World, answer: dict[str, Any]) -> None:
    """The person sees that something went wrong."""
    view_id = opened(world)
    world.inbox.answer = lambda _: says(answer)
    assert world.workspace.submit(ANA.id, view_id, {"amount": "1"}).error == "invalid_response"
    assert len(world.workspace.open_views(ANA.id)) == 1


def test_closing_is_told_only_to_an_app_that_asked(world: World) -> None:
    """notify_on_close decides."""
    assert world.workspace.close(ANA.id, opened(world)) is None
    ack = world.workspace.close(ANA.id, opened(world, notify_on_close=True))
    assert ack is not None
    assert world.inbox.payloads[-1]["type"] == "view_closed"


def test_a_view_is_updated_under_its_hash(world: World) -> None:
    """A stale hash is a conflict; what was typed stays where its input stays."""
    view_id = opened(world)
    [view] = world.workspace.open_views(ANA.id)
    changed = modal(title={"type": "plain_text", "text": "Now"})
    world.client.views_update(view_id=view_id, hash=view.hash, view=changed)
    with pytest.raises(SlackApiError) as refused:
        world.client.views_update(view_id=view_id, hash=view.hash, view=changed)
    assert word(refused) == "hash_conflict"
    assert world.workspace.open_views(ANA.id)[0].title == "Now"


def test_a_command_is_a_signed_form_and_its_reply_is_shown(world: World) -> None:
    """Plain text is for the person alone; in_channel is for everybody."""
    world.inbox.answer = lambda _: Response("*2* open", mimetype="text/plain")
    assert world.workspace.command(ANA.id, FINOPS.id, "/freio  status all").ok
    [fields] = world.inbox.payloads
    expected = {"command": "/freio", "text": "status all", "user_id": ANA.id, "channel_id": FINOPS.id}
    assert {name: fields[name] for name in expected} == expected
    assert [message.text for message in world.workspace.ephemerals(ANA.id)] == ["*2* open"]
    world.inbox.answer = lambda _: says({"response_type": "in_channel", "text": "for all"})
    world.workspace.command(ANA.id, FINOPS.id, "/freio")
    assert [message.text for message in world.workspace.messages(FINOPS.id)] == ["for all"]


def test_a_response_url_works_five_times(world: World) -> None:
    """The sixth use is refused; the answers are the person's alone unless they say otherwise."""
    ts = offered(world)
    world.workspace.click(ANA.id, FINOPS.id, ts, "throttle")
    hook = WebhookClient(world.inbox.payloads[0]["response_url"], retry_handlers=[])
    assert hook.send(text="redrawn", replace_original=True).status_code == 200
    assert hook.send(text="loud", response_type="in_channel").status_code == 200
    statuses = [hook.send(text="quiet").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 404]
    assert [message.text for message in world.workspace.messages(FINOPS.id)] == ["redrawn", "loud"]
    assert [message.text for message in world.workspace.ephemerals(ANA.id)] == ["quiet"] * 3


def test_a_response_url_lives_half_an_hour(world: World) -> None:
    """Afterwards it answers 404."""
    world.workspace.click(ANA.id, FINOPS.id, offered(world), "throttle")
    hook = WebhookClient(world.inbox.payloads[0]["response_url"], retry_handlers=[])
    world.clock.move(minutes=31)
    late = hook.send(text="late", delete_original=True)
    assert (late.status_code, json.loads(late.body)["error"]) == (404, "expired_url")
    assert len(world.workspace.messages(FINOPS.id)) == 1


def test_a_response_url_deletes_what_was_clicked(world: World) -> None:
    """An ephemeral message goes too; its payload carries no message, as in Slack."""
    world.client.chat_postEphemeral(channel=FINOPS.id, user=ANA.id, text="psst", blocks=[actions(button())])
    [secret] = world.workspace.ephemerals(ANA.id)
    world.workspace.click(ANA.id, FINOPS.id, secret.ts, "throttle")
    [payload] = world.inbox.payloads
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    assert WebhookClient(payload["response_url"]).send(delete_original=True).status_code == 200
    assert world.workspace.ephemerals(ANA.id) == []


def test_nobody_clicks_what_another_person_alone_sees(world: World) -> None:
    """A script that tries is wrong, and is told so."""
    world.client.chat_postEphemeral(channel=FINOPS.id, user=ANA.id, text="psst", blocks=[actions(button())])
    [secret] = world.workspace.ephemerals(ANA.id)
    with pytest.raises(ScriptError, match="no message"):
        world.workspace.click(RUI.id, FINOPS.id, secret.ts, "throttle")


@pytest.mark.parametrize("body", ["[1]", "{", '{"blocks": [{"type": "poll"}]}'])
def test_a_command_s_reply_that_slack_would_not_understand_is_shown_as_a_failure(world: World, body: str) -> None:
    """The person sees that the command failed, whatever the app meant."""
    world.inbox.answer = lambda _: Response(body, mimetype="application/json")
    assert world.workspace.command(ANA.id, FINOPS.id, "/freio").error == "invalid_response"
    assert "invalid_response" in world.workspace.ephemerals(ANA.id)[0].text


def test_nobody_acts_in_a_channel_they_are_not_in(world: World) -> None:
    """Neither by writing nor by a command."""
    for act in (world.workspace.say, world.workspace.command):
        with pytest.raises(ScriptError, match="is not in C2PRIVATE"):
            act(ANA.id, "C2PRIVATE", "/freio")


def test_a_click_inside_a_modal_may_stack_another(world: World) -> None:
    """Its trigger is good for views.push, three deep at most; what was typed stays below."""
    view_id = opened(world, blocks=[text_input(), actions(button("more"))])
    for depth in (2, 3):
        world.workspace.click_in_view(ANA.id, view_id, "more", values={"amount": "7"})
        payload = world.inbox.payloads[-1]
        assert payload["container"] == {"type": "view", "view_id": view_id}
        assert payload["view"]["state"]["values"]["b_amount"]["amount"]["value"] == "7"
        world.client.views_push(trigger_id=payload["trigger_id"], view=modal())
        assert len(world.workspace.open_views(ANA.id)) == depth
    world.workspace.click_in_view(ANA.id, view_id, "more")
    with pytest.raises(SlackApiError) as refused:
        world.client.views_push(trigger_id=world.inbox.payloads[-1]["trigger_id"], view=modal())
    assert word(refused) == "push_limit_reached"
