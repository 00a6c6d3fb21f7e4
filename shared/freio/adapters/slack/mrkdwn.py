"""Slack's mark-up: mentions and dates as tokens, and text from outside that can be neither.

Slack gives a meaning to three signs (& < >), to four that format (* _ ~ and the backtick), and to a name between
colons, which is an emoji. The three are escaped as Slack documents it. The others have no escape: each is replaced by a
sign that looks like it and means nothing, except an underscore between letters or digits, which formats nothing and
stands in many project names, and the colons of a time of day (both stay fit to copy).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from freio.i18n.catalogue import Language

LONGEST_VALUE = 500  # characters of one piece of text from outside: an error can be a page long
_LOOKALIKES = {"*": "\u2217", "~": "\u223c", "`": "\u02cb"}
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI_COLON = re.compile(r":(?=[^\s:]*[^\s:\d][^\s:]*:)|(?<!\d):(?=\d+:)")
_TOKEN = re.compile(r"<[^>]*>|&(?:amp|lt|gt);|.", re.DOTALL)
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_SPACING = {"Cc", "Zl", "Zp"}
_UNSEEN = {"Cf", "Cs"}  # among them the signs that turn the direction of writing


def clean(text: str, longest: int = LONGEST_VALUE) -> str:
    """On one line, without signs that cannot be seen, and no longer than `longest` characters."""
    seen = "".join(
        " " if unicodedata.category(sign) in _SPACING else sign
        for sign in text
        if unicodedata.category(sign) not in _UNSEEN
    )
    line = " ".join(seen.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def escape(text: str) -> str:
    r"""Text from outside, shown as it is and doing nothing.

    >>> escape("<!channel> & acme_chat_prod")
    '&lt;!channel&gt; &amp; acme_chat_prod'
    >>> escape("*now* _x_ :ok:") == "\u2217now\u2217 \uff3fx\uff3f \u2236ok:"
    True
    """
    line = clean(text)
    if line.startswith(">"):  # at the start of a line even the escaped sign quotes
        line = f"\u203a{line[1:]}"
    for sign, lookalike in _LOOKALIKES.items():
        line = line.replace(sign, lookalike)
    line = _LOOSE_UNDERSCORE.sub("\uff3f", line)
    line = _EMOJI_COLON.sub("\u2236", line)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(mrkdwn: str, limit: int) -> str:
    """At most `limit` characters, never through the middle of a mention, a date or an escaped sign.

    >>> cut("ask <@U0123ABCD> now", 12)
    'ask …'
    """
    if len(mrkdwn) <= limit:
        return mrkdwn
    kept, length = [], 0
    for token in _TOKEN.findall(mrkdwn):
        length += len(token)
        if length >= limit:
            break
        kept.append(token)
    return "".join(kept) + "…"


class Mrkdwn:
    """The style of a Slack message (`freio.i18n.style.Style`)."""

    def person(self, who: str) -> str:
        """A mention for the id of a person or of a group; an address that nobody has is only text."""
        if _USER.fullmatch(who):
            return f"<@{who}>"
        return f"<!subteam^{who}>" if _GROUP.fullmatch(who) else escape(who)

    def time(self, at: datetime, plainly: str) -> str:
        """On each reader's own clock; `plainly` is for clients that cannot show it."""
        return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{escape(plainly).replace('|', ' ')}>"

    def text(self, text: str) -> str:
        return escape(text)


MRKDWN = Mrkdwn()


def say(language: Language, text: str, /, **data: str) -> str:
    """A sentence of the catalogue in a reader's language, as mrkdwn."""
    return language.say(text, data, MRKDWN)
