"""A message of many lines is cut into blocks that Slack takes."""

from __future__ import annotations

from freio.adapters.slack.parts import SECTIONS, TEXT, sections


def test_many_lines_are_broken_between_lines() -> None:
    """None is lost, and no block holds more than it may."""
    lines = [f"{n}: {'x' * 200}" for n in range(20)]
    blocks = sections("\n".join(lines), "line", more)
    texts = [block.to_dict()["text"]["text"] for block in blocks]
    assert "\n".join(texts).split("\n") == lines
    assert max(map(len, texts)) <= TEXT
    assert len({block.block_id for block in blocks}) == len(blocks) > 1


def test_more_than_a_message_holds_is_cut() -> None:
    """The last line says how many lines are not there."""
    blocks = sections("\n".join(f"{n} {'x' * 700}" for n in range(50)), "line", more)
    *shown, last = "\n".join(block.to_dict()["text"]["text"] for block in blocks).split("\n")
    assert len(blocks) == SECTIONS
    assert last == f"{50 - len(shown)} more"
    assert [line.partition(" ")[0] for line in shown] == [str(n) for n in range(len(shown))]
    assert max(len(block.to_dict()["text"]["text"]) for block in blocks) <= TEXT


def test_lines_that_are_too_long_by_themselves_are_counted_too() -> None:
    """The count is never cut away."""
    blocks = sections("\n".join(["x" * 2000] * 8), "line", more)
    assert blocks[-1].to_dict()["text"]["text"].endswith("…\n2 more")


def more(count: int) -> str:
    return f"{count} more"
