"""The blocks that messages are made of, each cut to what Slack lets it hold.

The sizes are slack_sdk's own (its models refuse more); 50 blocks a message is Slack's documentation. ``TEXT`` is less
than a section may hold: a whole message of 13,000 characters was seen to be refused as ``msg_blocks_too_long``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from freio.adapters.slack.mrkdwn import clean, cut
from freio.domain.sentences import N_

AND_MORE = N_("and {count:number} more")

TEXT = 1500
FIELD = 200
HEADER = 150
LABEL = 75
SECTIONS = 6  # of one message
_MORE = 100  # characters that are kept free to say how many lines are left out


def mrkdwn(text: str, limit: int = TEXT) -> MarkdownTextObject:
    """Mark-up as we wrote it: `verbatim`, so that Slack makes no links and no mentions of what people named things."""
    return MarkdownTextObject(text=cut(text, limit), verbatim=True)


def plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=clean(text, limit), emoji=False)


def header(text: str, block_id: str) -> HeaderBlock:
    return HeaderBlock(text=plain(text, HEADER), block_id=block_id)


def section(lines: Iterable[str], block_id: str, limit: int = TEXT) -> list[SectionBlock]:
    """One section of these lines; none where there is nothing to say."""
    text = "\n".join(line for line in lines if line)
    return [SectionBlock(text=mrkdwn(text, limit), block_id=block_id)] if text else []


def sections(text: str, block_id: str, more: Callable[[int], str]) -> list[SectionBlock]:
    """A text of many lines in as few sections as hold it, broken between lines.

    What is beyond `SECTIONS` is left out, and `more` says in the last line how many lines those are.
    """
    texts: list[str] = []
    lines = text.split("\n")
    for shown, line in enumerate(lines):
        room = TEXT if len(texts) < SECTIONS else TEXT - _MORE
        if texts and len(texts[-1]) + len(line) < room:
            texts[-1] += f"\n{line}"
        elif len(texts) < SECTIONS:
            texts.append(line)
        else:
            texts[-1] = f"{cut(texts[-1], TEXT - _MORE)}\n{more(len(lines) - shown)}"
            break
    return [
        SectionBlock(text=mrkdwn(part), block_id=f"{block_id}-{number}" if number else block_id)
        for number, part in enumerate(texts)
        if part
    ]


def fields(texts: Sequence[str], block_id: str) -> SectionBlock:
    return SectionBlock(fields=[mrkdwn(text, FIELD) for text in texts], block_id=block_id)


def context(text: str, block_id: str, limit: int = TEXT) -> ContextBlock:
    return ContextBlock(elements=[mrkdwn(text, limit)], block_id=block_id)


def button(label: str, action_id: str, value: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(text=plain(label, LABEL), action_id=action_id, value=value, style=style)


def actions(buttons: Sequence[ButtonElement], block_id: str) -> list[ActionsBlock]:
    return [ActionsBlock(elements=list(buttons), block_id=block_id)] if buttons else []
