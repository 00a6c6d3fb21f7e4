"""Text from outside does nothing in Slack, and what is cut is cut between tokens."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.adapters.slack.mrkdwn import MRKDWN, cut, escape
from tests.unit.slack.examples import ENGLISH, PORTUGUESE

TOKENS = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|[^<>&]")


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U0123ABCD> & co", "&lt;@U0123ABCD&gt; &amp; co"),
        ("*loud* ~gone~ `code`", "\u2217loud\u2217 \u223cgone\u223c \u02cbcode\u02cb"),
        ("_slanted_", "\uff3fslanted\uff3f"),
        ("acme_chat_prod", "acme_chat_prod"),
        ("one\n> two\ttabs", "one &gt; two tabs"),
        ("> quoted", "\u203a quoted"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("&amp;", "&amp;amp;"),
        (":white_check_mark: approved", "\u2236white_check_mark: approved"),
        ("a:100: :+1::tada:", "a\u2236100: \u2236+1:\u2236tada:"),
        ("at 12:30:45, inc:7", "at 12:30:45, inc:7"),
    ],
)
def test_text_from_outside_is_shown_and_does_nothing(outside: str, shown: str) -> None:
    """No mention, no link, no formatting, no second line, no turned direction."""
    assert escape(outside) == shown


@given(st.text())
def test_no_text_from_outside_leaves_a_sign_that_slack_reads(outside: str) -> None:
    """Whatever it is, nothing of it is mark-up."""
    shown = escape(outside)
    assert not re.search(r"[<>*~`\n\r]", shown)
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)


@given(st.text(alphabet="ab <>&*_|^!@#"), st.integers(min_value=1, max_value=60))
def test_a_cut_leaves_whole_tokens(outside: str, limit: int) -> None:
    """An escaped sign or a mention is there or not there, never half."""
    mrkdwn = f"<@U0123ABCD> {escape(outside)} <!date^1^{{time}}|x>"
    short = cut(mrkdwn, limit)
    assert len(short) <= limit
    assert "".join(TOKENS.findall(short)) == short


def test_people_groups_and_addresses() -> None:
    """An id is a mention; an address, or what only looks like an id, is text."""
    assert MRKDWN.person("U0123ABCD") == "<@U0123ABCD>"
    assert MRKDWN.person("S01OPS0000") == "<!subteam^S01OPS0000>"
    assert MRKDWN.person("ana@acme.example") == "ana@acme.example"
    assert MRKDWN.person("U1> <!channel") == "U1&gt; &lt;!channel"


def test_a_moment_is_on_each_readers_own_clock() -> None:
    """A date token, with the client's clock for those who cannot show it."""
    at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    said = PORTUGUESE.say("{at:time}", {"at": at.isoformat()}, MRKDWN)
    token = "<!date^1795507200^{date_short_pretty} {time}|24 de nov. de 2026 05:00 (GMT-03:00)>"
    assert said == token


def test_a_word_or_a_policy_is_said_in_the_readers_language() -> None:
    """The policy is nobody to mention."""
    assert ENGLISH.say("{by:person}", {"by": "policy"}, MRKDWN) == "the policy"
    assert PORTUGUESE.say("{by:person}", {"by": "policy"}, MRKDWN) == "a política"
