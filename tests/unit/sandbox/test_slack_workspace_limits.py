"""What the sandbox's Slack refuses to draw, where, and in which words."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from freio.sandbox.slack.blocks import check_blocks
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.views import check_view
from tests.unit.sandbox.slack_world import FINOPS, actions, button, modal, section, slack_world, text_input


def words(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def options(count: int, text: str = "an hour") -> list[dict[str, Any]]:
    return [{"text": words(text), "value": str(number)} for number in range(count)]


CONFIRM = {"title": words("Sure?"), "text": words("Really?"), "confirm": words("Yes"), "deny": words("No")}
DRAWN = [
    section("x" * 3000, fields=[words("x" * 2000)] * 10),
    {"type": "header", "text": words("x" * 150)},
    {"type": "divider"},
    actions(*[button(f"b{n}", value="x" * 2000, style="danger", confirm=CONFIRM) for n in range(25)]),
    {
        "type": "context",
        "elements": [words("x")] * 9 + [{"type": "image", "image_url": "https://a/b", "alt_text": "a"}],
    },
    section(accessory={"type": "overflow", "action_id": "more", "options": options(5)}),
    section(accessory={"type": "static_select", "action_id": "s", "options": options(100)}),
    {"type": "image", "image_url": "https://a/b.png", "alt_text": "chart", "title": words("Spend")},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}]},
    text_input("amount", optional=True, hint=words("why")),
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    (section("x" * 3001), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    (section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ({"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
    (section(fields=[words("x")] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    (section(txet=1), "invalid additional property: txet [json-pointer:/blocks/0]"),
    (section(block_id="x" * 256), "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    (
        {"type": "header", "text": words("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "unsupported value: mrkdwn, must be one of plain_text [json-pointer:/blocks/0/text/type]",
    ),
    ({"type": "poll"}, "unsupported type: poll [json-pointer:/blocks/0/type]"),
    ({"type": ["poll"]}, "unsupported type:  [json-pointer:/blocks/0/type]"),
    (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        actions(*[button(f"b{n}") for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        actions(button(text=words("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        actions(button("x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (
        actions(button(style="loud")),
        "unsupported value: loud, must be one of danger, primary [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        actions(button(confirm=CONFIRM | {"deny": words("x" * 31)})),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    (
        actions({"type": "plain_text_input", "action_id": "a"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    (actions(button(), button()), "`action_id` throttle already exists [json-pointer:/blocks/0]"),
    (
        section(accessory={"type": "overflow", "action_id": "o", "options": options(6)}),
        "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
    (
        section(accessory={"type": "static_select", "action_id": "s", "options": options(1, "x" * 76)}),
        "must be less than 76 characters [json-pointer:/blocks/0/accessory/options/0/text/text]",
    ),
    (
        section(
            accessory={
                "type": "static_select",
                "action_id": "s",
                "options": options(1),
                "initial_option": options(2)[1],
            }
        ),
        "initial_option must exactly match one of the options [json-pointer:/blocks/0/accessory/initial_option]",
    ),
    ({"type": "image", "image_url": "https://a/b"}, "missing required field: alt_text [json-pointer:/blocks/0]"),
    ({"type": "image", "alt_text": "a"}, "needs either image_url or slack_file [json-pointer:/blocks/0]"),
    (
        {"type": "context", "elements": [words("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "user"}]}]},
        "missing required field: user_id [json-pointer:/blocks/0/elements/0/elements/0]",
    ),
    (
        text_input(element={"type": "number_input", "action_id": "n"}),
        "missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]",
    ),
    (
        text_input(element={"type": "datepicker", "action_id": "d", "initial_date": "23/11/2026"}),
        "must be in the format YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
    ),
]


def test_blocks_at_their_limits_are_drawn() -> None:
    """The largest that Slack takes is taken."""
    assert check_blocks(DRAWN) == []


@pytest.mark.parametrize(("block", "finding"), REFUSED, ids=[finding for _, finding in REFUSED])
def test_a_block_past_a_limit_is_refused_by_path_and_limit(block: dict[str, Any], finding: str) -> None:
    """The finding says what is wrong and where."""
    assert finding in check_blocks([block])


def test_block_ids_are_unique_in_a_message() -> None:
    """The second one is named."""
    found = check_blocks([section(block_id="a"), section(block_id="a")])
    assert found == ["`block_id` a already exists [json-pointer:/blocks/1/block_id]"]


def test_a_message_has_fifty_blocks_and_a_modal_a_hundred() -> None:
    """One more is refused."""
    assert check_blocks([section()] * 50) == []
    assert check_blocks([section()] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert check_view(modal(*[section()] * 100))
    with pytest.raises(SlackError, match="no more than 100 items"):
        check_view(modal(*[section()] * 101))


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"title": words("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
        ({"submit": words("x" * 25)}, "must be less than 25 characters [json-pointer:/view/submit/text]"),
        ({"close": words("x" * 25)}, "must be less than 25 characters [json-pointer:/view/close/text]"),
        ({"private_metadata": "x" * 3001}, "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        ({"type": "home"}, "unsupported value: home, must be one of modal [json-pointer:/view/type]"),
        ({"blocks": [section("")]}, "must be more than 0 characters [json-pointer:/view/blocks/0/text/text]"),
    ],
)
def test_a_modal_past_a_limit_is_refused(change: dict[str, Any], finding: str) -> None:
    """Titles and buttons are short, and private metadata is bounded."""
    with pytest.raises(SlackError) as refused:
        check_view(modal() | change)
    assert refused.value.code == "invalid_arguments"
    assert f"[ERROR] {finding}" in refused.value.messages


def test_a_form_without_a_submit_button_is_refused() -> None:
    """Input blocks need one."""
    view = modal()
    del view["submit"]
    with pytest.raises(SlackError, match="missing required field: submit"):
        check_view(view)


def test_the_client_learns_which_block_was_refused() -> None:
    """The reply carries every finding, and nothing is posted."""
    with slack_world() as world:
        with pytest.raises(SlackApiError) as refused:
            world.post(blocks=[section("x" * 3001), {"type": "divider", "x": 1}])
        reply = refused.value.response
        assert reply["error"] == "invalid_blocks"
        assert reply["errors"] == [
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
            "invalid additional property: x [json-pointer:/blocks/1]",
        ]
        assert reply["response_metadata"]["messages"] == [f"[ERROR] {finding}" for finding in reply["errors"]]
        assert world.workspace.messages(FINOPS.id) == []
