"""Spend seen by the meter beside spend seen in the billing export: how late, and how much money later.

Held equal on both sides: the clients, the incidents, the detector, the money gate, the alert budget (each side's
threshold is set on the clean series of four fifths of the clients, and reported on the others, in turn), and 24 hours
of silence after an alert. A miss loses all of its money.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from bench.detection import PROTOCOL, check, usage_file
from bench.recorded import PER_HOUR, Client, Incident, clients, fold, incidents
from bench.result import Result, table, verdict
from bench.sides import GATE, MINUTES, ByExport, ByMeter, Side

SEEDS = tuple(range(1, 11))
CHOSEN_ON = tuple(range(21, 31))
BUDGET = 0.25  # alerts per series-week: what the demo's client allows
LATE = {"export, 6 h late": 6 * 60, "export, 1 day late": 24 * 60}  # minutes
METER = "meter"
WITH, WITHOUT, ANY = "tokens and requests", "tokens alone", "of any length"
LENGTHS = {"a quarter as long": 0.25, "as long": 1.0, "four times as long": 4.0}  # an incident's request, by the usual
FAST, TARGET, TIMES = ("spike", "retry_storm"), 25.0, 10.0
SILENCE = 24 * PER_HOUR

Make = Callable[[Client], Side]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of one incident on one side: minutes from its first extra dollar, and the share of money by then."""

    kind: str
    delay: float
    lost: float
    usd: float


Found = dict[str, list[Seen]]  # by side, in the order of the incidents


def run() -> Result:
    """About ten seconds."""
    check(PROTOCOL.read_bytes())
    protocol: Any = importlib.import_module("bench.incidents")
    usage = usage_file()
    _, spend = protocol.load(usage)
    steady = [int(row) for row in protocol.steady(spend)]
    everyone = clients(usage, protocol)
    chosen = [everyone[row] for row in steady]
    laid = list(incidents(protocol, spend[steady], SEEDS))
    makes: dict[str, Make] = {METER: ByMeter, "export": ByExport}
    found: Found = {}
    background: dict[str, float] = {}
    for name, make in makes.items():
        clean = _Clean(chosen, make, protocol.WARM)
        hits = [(incident, clean.hit(incident)) for incident in laid]
        background[name] = clean.background()
        lates = {METER: 0} if name == METER else LATE
        for side, late in lates.items():
            found[side] = [_seen(incident, at, late) for incident, at in hits]
    figures = {**_figures(found, background, len(chosen)), "lengths": _by_length(chosen, laid, protocol.WARM)}
    return Result(figures=figures, lines=_lines(figures))


def _by_length(chosen: Sequence[Client], laid: Sequence[Incident], warm: int) -> dict[str, Any]:
    """The fast kinds by how long their requests are, seen with requests beside tokens, and by tokens alone.

    Each way with a threshold of its own for the same budget. To tokens alone it is the same incident at every length.
    """
    fast = [incident for incident in laid if incident.kind in FAST]
    ways: dict[str, Make] = {WITH: ByMeter, WITHOUT: partial(ByMeter, requests=False)}
    found: dict[str, Any] = {}
    for way, make in ways.items():
        clean = _Clean(chosen, make, warm)
        for said, length in LENGTHS.items() if way == WITH else {ANY: 1.0}.items():
            seen = [_seen(incident, clean.hit(incident, length=length), 0) for incident in fast]
            found[f"{way}, {said}"] = {kind: _of({METER: seen}, METER, kind) for kind in FAST}
    return found


class _Clean:
    """One side's alerts on clean series: thresholds, and what is seen beside them."""

    def __init__(self, chosen: Sequence[Client], make: Make, warm: int) -> None:
        self._clients = chosen
        self._make = make
        self._sides = [make(client) for client in chosen]
        self._hours = range(warm, len(chosen[0].usd) // PER_HOUR)
        self._best = [[side.best(hour) for hour in self._hours] for side in self._sides]
        folds = [fold(client.name) for client in chosen]
        self._threshold = [
            self._for_budget([best for best, other in zip(self._best, folds, strict=True) if other != mine])
            for mine in folds
        ]
        self._quiet = [
            self._alerts(side, best, threshold, self._hours[0] * PER_HOUR, self._hours)
            for side, best, threshold in zip(self._sides, self._best, self._threshold, strict=True)
        ]

    def background(self) -> float:
        """Alerts per series-week on the clean series, at the thresholds of the others."""
        return float(np.mean([len(alerts) for alerts in self._quiet]))

    def hit(self, incident: Incident, *, length: float = 1.0) -> int | None:
        """The step after which it is seen; None: it is not, or by what would have been an alert without it.

        ``length``  of its requests, over that of the client's own.
        """
        client, threshold = self._clients[incident.client], self._threshold[incident.client]
        quiet = self._quiet[incident.client]
        side = self._make(client.with_extra(incident.added, length=length))
        first = incident.first * PER_HOUR
        begin = max([first, *(at + SILENCE for at in quiet if at <= first)])
        hours = range(incident.first, incident.last + 1)
        for at in self._alerts(side, None, threshold, begin, hours):
            if not any(abs(at - other) < SILENCE for other in quiet):
                return at
        return None

    def _alerts(
        self, side: Side, best: Sequence[float] | None, threshold: float, begin: int, hours: range
    ) -> list[int]:
        """Looks at which the side alerts, with the silence after each; only hours whose best would are looked into."""
        found: list[int] = []
        silent_until = begin
        for index, hour in enumerate(hours):
            if (hour + 1) * PER_HOUR <= silent_until:
                continue
            if (best[index] if best is not None else side.best(hour)) < threshold:
                continue
            for at, score in side.looks(hour):
                if at > silent_until and score >= threshold:
                    found.append(at)
                    silent_until = at + SILENCE
        return found

    @staticmethod
    def _for_budget(best: Sequence[Sequence[float]]) -> float:
        """The least threshold at which these series alert no more often than the budget; counted by hours."""
        values = sorted({score for series in best for score in series if score > 0})

        def count(threshold: float) -> float:
            alerts = 0
            for series in best:
                last = -24
                for hour, score in enumerate(series):
                    if score >= threshold and hour - last >= 24:
                        alerts, last = alerts + 1, hour
            return alerts / len(best)

        low, high = 0, len(values)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if count(values[middle]) <= BUDGET else (middle + 1, high)
        if low < len(values):
            return values[low]
        return math.nextafter(values[-1], math.inf) if values else 1.0


def _seen(incident: Incident, at: int | None, late: int) -> Seen:
    usd = float(incident.added.sum())
    if at is None:
        return Seen(kind=incident.kind, delay=math.inf, lost=1.0, usd=usd)
    delay = (at - incident.first * PER_HOUR) * MINUTES + late
    spent = np.concatenate(([0.0], np.cumsum(np.repeat(incident.added / PER_HOUR, PER_HOUR))))
    by_then = spent[min(len(spent) - 1, incident.first * PER_HOUR + delay // MINUTES)]
    return Seen(kind=incident.kind, delay=float(delay), lost=float(by_then) / usd, usd=usd)


def _of(found: Found, side: str, kind: str) -> dict[str, Any]:
    """``delay_all_min`` counts a miss as later than any alert; ``delay_both_min`` is of what all sides found."""
    rows = [row for row in zip(*found.values(), strict=True) if row[0].kind == kind]
    mine = [row[list(found).index(side)] for row in rows]
    both = [seen for seen, row in zip(mine, rows, strict=True) if all(one.delay < math.inf for one in row)]
    return {
        "incidents": len(mine),
        "recall": round(sum(seen.delay < math.inf for seen in mine) / len(mine), 3),
        "both": len(both),
        "delay_both_min": _middle(both),
        "delay_all_min": _middle(mine),
        "lost": round(float(np.mean([seen.lost for seen in mine])), 3),
        "lost_usd": round(sum(seen.lost * seen.usd for seen in mine), 2),
        "usd": round(sum(seen.usd for seen in mine), 2),
    }


def _middle(seen: Sequence[Seen]) -> float | None:
    """The median delay; None: it is that of a miss, or of nothing."""
    middle = median(one.delay for one in seen) if seen else math.inf
    return None if middle == math.inf else middle


def _figures(found: Found, background: Mapping[str, float], series: int) -> dict[str, Any]:
    kinds = list(dict.fromkeys(seen.kind for seen in found[METER]))
    return {
        "seeds": list(SEEDS),
        "budget": BUDGET,
        "series": series,
        "background": {name: round(rate, 3) for name, rate in background.items()},
        "kinds": {kind: {side: _of(found, side, kind) for side in found} for kind in kinds},
    }


def _lines(figures: Mapping[str, Any]) -> list[str]:
    kinds: Mapping[str, Mapping[str, Mapping[str, Any]]] = figures["kinds"]
    came = figures["background"]
    lines = [
        f"{figures['series']} steady clients of the recorded usage, in five-minute steps; incidents of",
        f"bench/incidents.py, seeds {SEEDS[0]} to {SEEDS[-1]}. On both sides the same gate of",
        f"{GATE:.0f} USD an hour above the usual, the same folds, the same budget of {BUDGET} alerts per series-week",
        f"(what came out: meter {came[METER]:.2f}, export {came['export']:.2f}). Constants were chosen on seeds",
        f"{CHOSEN_ON[0]} to {CHOSEN_ON[-1]}.",
        "Meter: a poll every five minutes, points three minutes late: the pace of tokens and of their requests, and",
        "each hour's money as it ends, under one budget. Export: whole hours of money, once their rows have come.",
        "Delay: median simulated minutes from the first extra dollar to the alert. Both: of the incidents that all",
        "sides find, and x how much sooner the meter does. All: a miss counts as later than any alert, and where most",
        "are missed, so is the median; the targets are held against these.",
        "Lost: mean share of an incident's money that is spent by the alert (1 for a miss), and all of it in USD.",
    ]
    header = ("incidents", "recall", "both", "delay both", "x", "delay all", "lost", "lost USD", "of USD")
    for title, these in (("fast kinds", FAST), ("slow kinds", [kind for kind in kinds if kind not in FAST])):
        lines += [
            "",
            *table((title, *header), [_row(kind, side, kinds[kind]) for kind in these for side in kinds[kind]]),
        ]
    lines += ["", "Requests of an incident that are shorter or longer than the client's own, at the same budget:"]
    ways = [
        (f"{kind}: {way}", f"{one[kind]['recall']:.2f}", _said(one[kind]["delay_all_min"]), f"{one[kind]['lost']:.3f}")
        for kind in FAST
        for way, one in figures["lengths"].items()
    ]
    lines += table(("fast kinds", "recall", "delay all", "lost"), ways)
    lines.append("")
    for kind in FAST:
        every = {side: one["delay_all_min"] for side, one in kinds[kind].items()}
        mine = every[METER]
        is_quick = mine is not None and mine <= TARGET
        lines.append(verdict(f"{kind}: {_said(mine)} minutes, target at most {TARGET:.0f}", met=is_quick))
        for side in LATE:
            theirs = every[side]
            is_sooner = mine is not None and (theirs is None or theirs >= TIMES * mine)
            said = f"{kind}: {_times(mine, theirs)} sooner than {side}, target {TIMES:.0f} x"
            lines.append(verdict(said, met=is_sooner))
    return lines


def _said(delay: float | None) -> str:
    return "missed" if delay is None else f"{delay:.0f}"


def _times(mine: float | None, theirs: float | None) -> str:
    return "-" if mine is None or theirs is None else f"{theirs / mine:.1f} x"


def _row(kind: str, side: str, sides: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    one = sides[side]
    delay = one["delay_both_min"]
    return (
        f"{kind}: {side}",
        str(one["incidents"]),
        f"{one['recall']:.2f}",
        str(one["both"]),
        _said(delay),
        "" if side == METER else _times(sides[METER]["delay_both_min"], delay),
        _said(one["delay_all_min"]),
        f"{one['lost']:.3f}",
        f"{one['lost_usd']:.0f}",
        f"{one['usd']:.0f}",
    )
