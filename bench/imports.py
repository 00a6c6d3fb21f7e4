"""What importing ``slack_inbox`` costs, beside importing the libraries that it cannot do without.

Each import runs in a fresh process, in turn with the others; the clocks stand around the import alone, so that the
interpreter's own start flatters nobody. Processor time judges: it is what a busy machine distorts least.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.acknowledge import ENVIRONMENT
from bench.arithmetic import ratio_interval
from bench.result import ROOT, Result, table, verdict

TARGET = 1.15
REPETITIONS = 20
SEED = 20261123
LIBRARIES, LEANEST, OURS = "the three libraries", "with a leaner Pub/Sub", "slack_inbox"
STATEMENTS = {
    LIBRARIES: "import functions_framework, slack_sdk, google.cloud.pubsub_v1",
    # The client that Freio takes comes without the batching one: what is over this row is Freio's own.
    LEANEST: "import functions_framework, slack_sdk, google.pubsub_v1",
    OURS: "import main",
}
TIMED = """
import json, sys, time
wall, cpu = time.perf_counter(), time.process_time()
exec(sys.argv[1])
print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall, len(sys.modules)]))
"""


def run() -> Result:
    """About a minute and a half. The first process of each is not counted: it writes the bytecode."""
    times: dict[str, list[tuple[float, float, int]]] = {name: [] for name in STATEMENTS}
    names = list(STATEMENTS)
    for name in names:
        _timed(STATEMENTS[name])
    for turn in range(REPETITIONS):
        for place in range(len(names)):  # nobody always comes first
            name = names[(turn + place) % len(names)]
            times[name].append(_timed(STATEMENTS[name]))
    figures = {name: _figures(taken) for name, taken in times.items()}
    ratios = {}
    for name in names:
        ours, theirs = ([cpu for cpu, _, _ in times[one]] for one in (name, LIBRARIES))
        ratios[name] = [round(part, 3) for part in ratio_interval(ours, theirs, SEED)]
    return Result(figures={"seed": SEED, "imports": figures, "cpu_ratio_95": ratios}, lines=_lines(figures, ratios))


def _timed(statement: str) -> tuple[float, float, int]:
    """User and system seconds, seconds by the wall, and modules loaded at the end."""
    path = os.pathsep.join(str(ROOT / part) for part in ("shared", "functions/slack_inbox"))
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": path}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", TIMED, statement], env=environment, stdout=subprocess.PIPE, check=True, timeout=120
    )
    cpu, wall, modules = json.loads(done.stdout)
    return float(cpu), float(wall), int(modules)


def _figures(taken: Sequence[tuple[float, float, int]]) -> Mapping[str, Any]:
    cpu, wall = ([one[column] for one in taken] for column in (0, 1))
    return {
        "runs": len(taken),
        "cpu_s": [round(value, 3) for value in (min(cpu), median(cpu), max(cpu))],
        "wall_s": [round(value, 3) for value in (min(wall), median(wall), max(wall))],
        "modules": taken[0][2],
    }


def _lines(figures: Mapping[str, Mapping[str, Any]], ratios: Mapping[str, Sequence[float]]) -> Sequence[str]:
    rows = [
        (
            name,
            *(" / ".join(f"{value:.3f}" for value in shown[clock]) for clock in ("cpu_s", "wall_s")),
            str(shown["modules"]),
            "{:.3f} ({:.3f} to {:.3f})".format(*ratios[name]),
        )
        for name, shown in figures.items()
    ]
    ratio, low, high = ratios[OURS]
    return [
        f"{REPETITIONS} fresh processes each, in turn, bytecode cached; seconds around the import alone.",
        f"Libraries: `{STATEMENTS[LIBRARIES]}`; leaner: `{STATEMENTS[LEANEST]}`. Interval: bootstrap, seed {SEED}.",
        "slack_inbox makes its door at import, so that all a click needs is counted here and none at the first click.",
        "",
        *table(
            ("import", "user + sys: least / median / most", "wall", "modules", "ratio of medians (95 %)"),
            rows,
        ),
        "",
        verdict(f"import ratio {ratio:.3f} ({low:.3f} to {high:.3f}), target at most {TARGET}", met=ratio <= TARGET),
    ]
