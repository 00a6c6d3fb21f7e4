"""A real usage file, read and checked: 14 days of requests of many clients, in ten-minute steps.

Columns (CSV, or CSV in gzip when the name ends in ``.gz``), one row per client and step with requests:

    tier                        small, mid or large: the size of the model
    client                      any name; tier and client together name a series
    t_seconds                   start of the step: a multiple of 600 from 0 up to 1 209 000
    requests                    whole number ≥ 1; steps with none are left out
    input_tokens_per_request    mean, a number ≥ 0, or empty where it was not published
    output_tokens_per_request   likewise

An empty mean is taken as the median of the client's own published ones; where the client has none, as the median
of its tier.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TextIO, cast, get_args

import numpy as np

from freio.errors import BadInput
from freio.sandbox.spend.profile import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from freio.sandbox.spend.fitting import Floats

DAYS = 14
STEP_SECONDS = 600
STEPS = DAYS * 86_400 // STEP_SECONDS
COLUMNS = ("tier", "client", "t_seconds", "requests", "input_tokens_per_request", "output_tokens_per_request")

_INTEGER_MARKS = frozenset("0123456789")


class UsageFileError(BadInput):
    """A usage file cannot be used: names the file, the line, the column, what stands there and what may."""


@dataclass(frozen=True, kw_only=True)
class ClientUsage:
    """One client: requests in each of the 2016 ten-minute steps, and mean tokens per request there (never NaN)."""

    tier: Tier
    client: str
    requests: Floats
    input_tokens: Floats
    output_tokens: Floats

    @property
    def active(self) -> float:
        """The share of steps with requests."""
        return float((self.requests > 0).mean())


def read_usage(path: Path) -> list[ClientUsage]:
    """Every client of the file, in the order of tier and name.

    Raises UsageFileError at the first row that is wrong, and where a tier has no token counts at all.
    """
    series: dict[tuple[Tier, str], Floats] = {}
    try:
        with _opened(path) as lines:
            for row in _Rows(path, lines):
                usage = series.setdefault(row.key, np.full((3, STEPS), np.nan))
                if not math.isnan(usage[0, row.step]):
                    row.refuse("t_seconds", f"a step that {row.key[1]!r} of tier {row.key[0]} does not have yet")
                usage[:, row.step] = row.values
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as exc:
        raise UsageFileError(f"{path}: cannot be read as {'gzip' if path.suffix == '.gz' else 'CSV'}: {exc}") from exc
    if not series:
        raise UsageFileError(f"{path}, line 2: the file has no rows; at least one client's usage must stand there")
    tiers = {tier: _tier_medians(path, tier, series) for tier in sorted({tier for tier, _ in series})}
    return [_filled(tier, client, usage, tiers[tier]) for (tier, client), usage in sorted(series.items())]


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8", newline=""))
    return path.open(encoding="utf-8", newline="")


@dataclass(frozen=True)
class _Row:
    path: Path
    line: int
    cells: dict[str, str]

    def refuse(self, column: str, may: str) -> NoReturn:
        raise UsageFileError(
            f"{self.path}, line {self.line}, column {column}: {self.cells[column]!r} stands there; must be {may}"
        )

    @property
    def key(self) -> tuple[Tier, str]:
        if self.cells["tier"] not in get_args(Tier):
            self.refuse("tier", f"one of {', '.join(get_args(Tier))}")
        if not self.cells["client"]:
            self.refuse("client", "a name")
        return cast("Tier", self.cells["tier"]), self.cells["client"]

    @property
    def step(self) -> int:
        last = (STEPS - 1) * STEP_SECONDS
        seconds = self._whole("t_seconds")
        if seconds % STEP_SECONDS or seconds > last:
            self.refuse("t_seconds", f"a multiple of {STEP_SECONDS} from 0 to {last}")
        return seconds // STEP_SECONDS

    @property
    def values(self) -> tuple[float, float, float]:
        requests = self._whole("requests")
        if requests < 1:
            self.refuse("requests", "a whole number of at least 1 (a step without requests is left out)")
        return float(requests), self._mean("input_tokens_per_request"), self._mean("output_tokens_per_request")

    def _whole(self, column: str) -> int:
        text = self.cells[column]
        if not 1 <= len(text) <= 15 or not _INTEGER_MARKS.issuperset(text):
            self.refuse(column, "a whole number of at most 15 digits")
        return int(text)

    def _mean(self, column: str) -> float:
        text = self.cells[column]
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.inf
        if not 0 <= value < math.inf:
            self.refuse(column, "a number of at least 0, or empty")
        return value


class _Rows:
    """The rows under a checked header."""

    def __init__(self, path: Path, lines: TextIO) -> None:
        self._path = path
        self._reader = csv.reader(lines)

    def __iter__(self) -> Iterator[_Row]:
        header = next(self._reader, [])
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise UsageFileError(
                f"{self._path}, line 1, column {missing[0]}: missing; {header} stands there; "
                f"must be a header with {', '.join(COLUMNS)}"
            )
        for cells in self._reader:
            line = self._reader.line_num
            if len(cells) != len(header):
                raise UsageFileError(
                    f"{self._path}, line {line}: {len(cells)} columns stand there; must be {len(header)}"
                )
            yield _Row(self._path, line, dict(zip(header, cells, strict=True)))


def _tier_medians(path: Path, tier: Tier, series: dict[tuple[Tier, str], Floats]) -> tuple[float, float]:
    """Median over the tier's rows of mean input and output tokens, for clients that published none."""
    rows = np.concatenate([usage[1:] for (other, _), usage in series.items() if other == tier], axis=1)
    for column, values in zip(COLUMNS[4:], rows, strict=True):
        if np.isnan(values).all():
            raise UsageFileError(
                f"{path}, column {column}: empty in every row of tier {tier}; at least one mean must stand there"
            )
    return float(np.nanmedian(rows[0])), float(np.nanmedian(rows[1]))


def _filled(tier: Tier, client: str, usage: Floats, medians: tuple[float, float]) -> ClientUsage:
    means = []
    for values, fallback in zip(usage[1:], medians, strict=True):
        own = fallback if np.isnan(values).all() else float(np.nanmedian(values))
        means.append(np.where(np.isnan(values), own, values))
    requests = np.nan_to_num(usage[0])
    return ClientUsage(tier=tier, client=client, requests=requests, input_tokens=means[0], output_tokens=means[1])
