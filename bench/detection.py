"""Freio's detector beside three that a team would try first: real usage, injected incidents, one alert budget for all.

The protocol is that of `bench/incidents.py`, which is used as it is: its hash is checked first. Thresholds come from
other clients' rows than those reported. Two constants of Freio's detector were chosen on the clients of two of the
protocol's five folds, so every panel is shown a second time without them: *untouched*.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.detector import score
from bench.result import ROOT, NotMeasuredError, Result, table

PROTOCOL = ROOT / "bench" / "incidents.py"
PROTOCOL_SHA256 = "ace758d555323e38757e7a0f96653cf4a088049f3711b82d0a4865d1aca54177"
OURS = "Freio"
CHOSEN_ON = (0, 1)  # folds; freio/adapters/pyod_detector.py says for which constants
BUDGETS = ("budget 0.10", "budget 0.25", "budget 0.50")  # alerts per series-week
BRING_USAGE = (
    "FREIO_USAGE=FILE names 14 days of recorded usage, in the columns that shared/freio/sandbox/spend/usage_file.py "
    "describes; the figures published for Freio are on ServeGen (https://github.com/alibaba/ServeGen, Apache-2.0)"
)

Figures = Mapping[str, Mapping[str, Mapping[str, Any]]]  # detector, panel, what `incidents.evaluate` returns


def run() -> Result:
    """About two minutes."""
    check(PROTOCOL.read_bytes())
    usage = usage_file()
    incidents: Any = importlib.import_module("bench.incidents")  # without types, and not ours to give it some
    names, spend = incidents.load(usage)
    regular = [int(row) for row in incidents.steady(spend)]
    untouched = {name for name in names if fold(name) not in CHOSEN_ON}
    panels = {"steady": regular, "all": list(range(len(names)))}
    panels |= {
        f"{panel}, untouched": [row for row in rows if names[row] in untouched] for panel, rows in panels.items()
    }
    detectors = {**incidents.REFERENCES, OURS: score}
    found: dict[str, dict[str, Any]] = {name: {} for name in detectors}
    for panel, rows in panels.items():
        for name, detector in detectors.items():
            found[name][panel] = incidents.evaluate(detector, [names[row] for row in rows], spend[rows])
            # Ours remembers series that it has scored; its seconds would compare to nothing.
            del found[name][panel]["seconds_per_1000_series"]
    digest = hashlib.sha256(usage.read_bytes()).hexdigest()
    return Result(figures={"usage_sha256": digest, "detectors": found}, lines=_lines(found, usage.name, digest))


def fold(name: str) -> int:
    """The protocol's fold of a client, 0 to 4."""
    return int(hashlib.sha256(f"fold:{name}".encode()).hexdigest(), 16) % 5


def check(protocol: bytes) -> None:
    """NotMeasuredError where these are not the bytes of the protocol: figures by another one compare to nothing."""
    found = hashlib.sha256(protocol).hexdigest()
    if found != PROTOCOL_SHA256:
        raise NotMeasuredError(f"bench/incidents.py was changed: SHA-256 {found}, the protocol has {PROTOCOL_SHA256}")


def usage_file() -> Path:
    """The file that FREIO_USAGE names, or the one beside the checkout."""
    path = Path(os.environ.get("FREIO_USAGE") or ROOT.parent / "shared" / "data" / "llm_usage_10min.csv.gz")
    if not path.is_file():
        raise NotMeasuredError(f"there is no {path}; {BRING_USAGE}")
    return path.resolve()


def _lines(found: Figures, name: str, digest: str) -> Sequence[str]:
    lines = [
        f"Usage: {name}, SHA-256 {digest[:12]}…; incidents by bench/incidents.py, unchanged, seeds 1 to 10, 5 folds.",
        "Recall: share of incidents alerted while they last (90 % interval); lost: share of their money spent before;",
        "background: alerts per series-week on clean spend; x: ratio to the best reference in this run.",
        "Untouched: without the two fifths of the clients on which two of Freio's constants were chosen.",
    ]
    for panel in found[OURS]:
        series = found[OURS][panel]["series"]
        for budget in BUDGETS:
            header = (f"{panel} ({series}), {budget}", "recall", "90 %", "x", "lost", "background")
            lines += ["", *table(header, [_row(detector, found, panel, budget) for detector in found])]
    return lines


def _row(detector: str, found: Figures, panel: str, budget: str) -> Sequence[str]:
    mine = found[detector][panel][budget]
    best = max(panels[panel][budget]["recall"] for name, panels in found.items() if name != OURS)
    low, high = mine["recall_90"]
    return (
        detector,
        f"{mine['recall']:.3f}",
        f"{low:.2f} to {high:.2f}",
        f"{mine['recall'] / best:.2f}",
        f"{mine['lost']:.3f}",
        f"{mine['background']:.3f}",
    )
