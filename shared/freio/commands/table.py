"""Text in columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """Rows below their header, two spaces apart; the columns of `numbers` stand to the right.

    >>> print(aligned(["what", "net"], [["a", "1.50"], ["bcdef", "12.00"]], numbers={1}))
    what     net
    -----  -----
    a       1.50
    bcdef  12.00
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(
            text.rjust(width) if at in numbers else text.ljust(width)
            for at, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
