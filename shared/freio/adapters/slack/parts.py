"""The blocks that messages are made of, each cut to what Slack lets it hold.

The sizes are slack_sdk's own (its models refuse more); 50 blocks a message is Slack's documentation. ``TEXT`` is less
than a section may hold: a whole message of 13,000 characters was seen to be refused as ``msg_blocks_too_long``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

TEXT = 1500
FIELD = 400
HEADER = 150
LABEL = 75
SECTIONS = 6  # of one message


def mrkdwn(text: str, limit: int = TEXT) -> MarkdownTextObject:
    """Mark-up as we wrote it: `verbatim`, so that Slack makes no links and no mentions of what people named things."""
    return MarkdownTextObject(text=cut(text, limit), verbatim=True)


def plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=clean(text, limit), emoji=False)


def header(text: str, block_id: str) -> HeaderBlock:
    return HeaderBlock(text=plain(text, HEADER), block_id=block_id)


def section(lines: Iterable[str], block_id: str) -> list[SectionBlock]:
    """One section of these lines; none where there is nothing to say."""
    text = "\n".join(line for line in lines if line)
    return [SectionBlock(text=mrkdwn(text), block_id=block_id)] if text else []


def sections(text: str, block_id: str) -> list[SectionBlock]:
    """A text of many lines in as few sections as hold it, broken between lines; what is beyond `SECTIONS` is cut."""
    texts: list[str] = []
    for line in text.split("\n"):
        if texts and (len(texts) == SECTIONS or len(texts[-1]) + len(line) < TEXT):
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return [
        SectionBlock(text=mrkdwn(part), block_id=f"{block_id}-{number}" if number else block_id)
        for number, part in enumerate(texts)
        if part
    ]


def fields(texts: Sequence[str], block_id: str) -> SectionBlock:
    return SectionBlock(fields=[mrkdwn(text, FIELD) for text in texts], block_id=block_id)


def context(text: str, block_id: str) -> ContextBlock:
    return ContextBlock(elements=[mrkdwn(text)], block_id=block_id)


def button(label: str, action_id: str, value: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(text=plain(label, LABEL), action_id=action_id, value=value, style=style)


def actions(buttons: Sequence[ButtonElement], block_id: str) -> list[ActionsBlock]:
    return [ActionsBlock(elements=list(buttons), block_id=block_id)] if buttons else []
