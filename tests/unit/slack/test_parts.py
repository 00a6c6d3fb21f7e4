"""A message of many lines is cut into blocks that Slack takes."""

from __future__ import annotations

from freio.adapters.slack.parts import SECTIONS, TEXT, sections


def test_many_lines_are_broken_between_lines() -> None:
    """None is lost, and no block holds more than it may."""
    lines = [f"{n}: {'x' * 200}" for n in range(20)]
    blocks = sections("\n".join(lines), "line")
    texts = [block.to_dict()["text"]["text"] for block in blocks]
    assert "\n".join(texts).split("\n") == lines
    assert max(map(len, texts)) <= TEXT
    assert len({block.block_id for block in blocks}) == len(blocks) > 1


def test_more_than_a_message_holds_is_cut() -> None:
    """Visibly."""
    blocks = sections("\n".join(["x" * 700] * 50), "line")
    assert len(blocks) == SECTIONS
    assert blocks[-1].to_dict()["text"]["text"].endswith("…")
