"""How fast the detector is: a cold look, looks after it, the next day's, and how all grow; beside fits of PyOD's ECOD.

It is asked as the watch asks it: all series of a client at each look, 28 days of hours and those of the present day.
Between two looks it keeps what it knows of the past (`freio.adapters.detector.day`), and compares what it is shown with
that. The look *in the same hour* has another last value of each series, the look *an hour later* one hour more, each as
the watch shows them: with all the past anew. On the *next day* it judges all of the past again.

Processor time judges: it is what a busy machine distorts least. Series are handed over as ``array("d")``.

``python -m bench.detection_speed look N [DAYS]`` is one process with N series, ``loop`` the loop of fits.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from array import array
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.result import ROOT

ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
DAYS = 28  # as the watch has them (guard/meter.py), but where a calendar asks for 40
SIZES = (10_000, 30_000, 100_000)
LONG = (10_000, 60)  # series, and days of each
KIB = 75  # of memory that a series of 28 days takes, at most
HOUR_OF_DAY = 14  # of the first look
SEED = 20261123
NOW = datetime(2026, 11, 23, HOUR_OF_DAY, 59, tzinfo=UTC)


def measure() -> Mapping[str, Any]:
    """Each size in a process of its own, on one core; before and after them the loop that a team would write."""
    fit = [size for size in SIZES if size * KIB < _free_kib()]
    loops = [_process("loop")]
    looks = [_process("look", str(size)) for size in fit]
    loops.append(_process("loop"))
    long = _process("look", *map(str, LONG))
    loops.append(_process("loop"))
    return {
        "looks": looks,
        "long": long,
        "left_out": [size for size in SIZES if size not in fit],
        "loop": {"series_per_second": round(float(np.median([loop["series_per_second"] for loop in loops])))},
        "loops": loops,
    }


def _process(*arguments: str) -> Any:
    environment = {**os.environ, **ONE_CORE, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'shared'}"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.detection_speed", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        timeout=900,
    )
    return json.loads(done.stdout)


def _usage(series: int, hours: int) -> Any:
    """Bursts of gamma-distributed size around a daily rhythm (series, hours)."""
    rng = np.random.default_rng(SEED)
    rhythm = 1 + 0.8 * np.sin(np.arange(hours) * 2 * np.pi / 24, dtype=np.float32)
    out = rng.standard_gamma(2.0, (series, hours), dtype=np.float32)
    out *= rhythm
    return out


def _look(series: int, days: int) -> Mapping[str, Any]:
    """The first look of a process, imports and PyOD's first fit included, and those that follow it.

    In the hour after the first look one series of 33 runs away. There are three looks in the same hour, and three in
    the hours after it: their medians are given.
    """
    first, midnight = days * 24 + HOUR_OF_DAY + 1, (days + 1) * 24  # hours until the first look, and until the next day
    usage = _usage(series, midnight + 1)
    usage[::33, first] += 100  # fifty times the usual
    names = [f"app-{place:06}" for place in range(series)]
    before = _peak_mib()
    used = time.process_time()
    from freio.adapters.detector.adapter import Budget, PyodDetector  # noqa: PLC0415  # imports are measured

    detector = PyodDetector(Budget(alerts=0.25, gate=1.0))
    imports = time.process_time() - used
    alerts: list[int] = []

    def seconds(until: int, *, since: int = 0, last: float = 1.0) -> float:
        spend = usage[:, since:until].astype(float)
        spend[:, -1] *= last
        client = {name: array("d", row.tobytes()) for name, row in zip(names, spend, strict=True)}
        del spend
        gc.collect()
        now = NOW + timedelta(hours=until - first)
        used = time.process_time()
        found = detector.score(client, now)
        used = time.process_time() - used
        alerts.append(sum(one.value >= 1 for one in found.values()))
        return used

    cold = imports + seconds(first)
    same = statistics.median(seconds(first, last=part) for part in (0.8, 0.9, 1.0))
    later = statistics.median(seconds(first + hours) for hours in (1, 2, 3))
    next_day = seconds(midnight + 1, since=24)
    return {
        "series": series,
        "days": days,
        "cold_cpu_seconds": round(cold, 2),
        "same_hour_cpu_seconds": round(same, 3),
        "hour_later_cpu_seconds": round(later, 3),
        "next_day_cpu_seconds": round(next_day, 2),
        "series_per_second": round(series / later),
        "peak_mib": _peak_mib(),
        "of_which_made_up_mib": before,
        "alerts": alerts,
    }


def _peak_mib() -> int:
    """Of this process: what getrusage tells begins with the peak of the one that started it."""
    return _kib("/proc/self/status", "VmHWM") // 1024


def _free_kib() -> int:
    return _kib("/proc/meminfo", "MemAvailable")


def _kib(path: str, key: str) -> int:
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{key}:")).split()[1])


def _loop() -> Mapping[str, Any]:
    from pyod.models.ecod import ECOD  # noqa: PLC0415  # the peer's own import is not held against it

    spend = _usage(300, 60 * 24).astype(float)
    ECOD().fit(spend[0, :-1, None])
    start = time.process_time()
    for series in spend:
        model = ECOD()
        model.fit(series[:-1, None])
        model.decision_function(series[-1:, None])
    return {"series_per_second": round(len(spend) / (time.process_time() - start))}


if __name__ == "__main__":
    way, *many = sys.argv[1:]
    print(json.dumps(_loop() if way == "loop" else _look(int(many[0]), int(many[1]) if many[1:] else DAYS)))
