"""What a benchmark gives back: figures for the file, lines for the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class NotMeasuredError(Exception):
    """A benchmark could not run: what is missing, and what brings it."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """``figures`` is JSON; ``lines`` say the same to a reader, the protocol first and the targets last."""

    figures: Mapping[str, Any]
    lines: Sequence[str]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; the first flush left, the others flush right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    return [
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in [header, *rows])
    ]


def verdict(what: str, *, met: bool) -> str:
    """One line about one target; a miss cannot be overlooked."""
    return f"{'met' if met else '*** NOT MET ***'}: {what}"
