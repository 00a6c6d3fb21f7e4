"""How fast the detector is: one hourly step, a cold process, and how both grow; beside per-series fits of PyOD's ECOD.

Two ways to the same scores. A *stream* (`bench.stream`) remembers what a series needs, and takes one hour more; it
shows what a step of these records costs. The *watch* keeps nothing but its pools between two looks, because bills
restate hours that are days old: it judges the four weeks that it is given anew, and what they come to sets its
threshold. So Freio runs.

Processor time judges: it is what a busy machine distorts least. The wall is shown beside it.

``python -m bench.detection_speed N`` is the cold process of a stream: it scores N series of 60 days, and prints its own
seconds; with ``look N``, the watch's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.result import ROOT

HOURS = 60 * 24
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
SIZES = (10_000, 30_000, 100_000)
LOOK_HOURS = 28 * 24  # as the watch has them (guard/meter.py), but where a calendar asks for more
LOOKS = (50, 1000, 10_000)
SEED = 20261123


def measure() -> Mapping[str, Any]:
    """Each size in a process of its own, on one core; then the loop that a team would write, in one as well."""
    return {
        "cold": [_process(str(size)) for size in SIZES],
        "looks": [_process("look", str(size)) for size in LOOKS],
        "loop": _process("loop"),
    }


def _process(*arguments: str) -> Any:
    environment = {**os.environ, **ONE_CORE, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'shared'}"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.detection_speed", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        timeout=600,
    )
    return json.loads(done.stdout)


def _usage(series: int) -> Any:
    """Bursts of gamma-distributed size around a daily rhythm; in the last hour one series of 33 runs away."""
    rng = np.random.default_rng(SEED)
    rhythm = 1 + 0.8 * np.sin(np.arange(HOURS) * 2 * np.pi / 24, dtype=np.float32)
    out = rng.standard_gamma(2.0, (series, HOURS), dtype=np.float32)
    out *= rhythm
    out[::33, -1] *= 20
    return out


def _cold(series: int) -> Mapping[str, Any]:
    spend = _usage(series)
    start, used = time.perf_counter(), time.process_time()
    from bench.stream import Stream  # noqa: PLC0415  # imports are what is measured
    from freio.adapters.detector.pool import ODD, Pool  # noqa: PLC0415  # imports are what is measured

    stream = Stream(spend[:, :-25])
    built = time.perf_counter()
    past = [stream.step(spend[:, hour]) for hour in range(HOURS - 25, HOURS - 1)]
    some = slice(None, None, max(1, series // 1000))
    pool = Pool(
        np.concatenate([kinds[:, some].T for _, kinds in past]), np.concatenate([score[some] for score, _ in past])
    )
    fitted = time.perf_counter()
    step = time.process_time()
    score, kinds = stream.step(spend[:, -1])
    moved = pool.moved(kinds.T, score)
    end, done = time.perf_counter(), time.process_time()
    return {
        "series": series,
        "cpu_seconds": round(done - used, 2),
        "seconds": round(end - start, 2),
        "of_which_the_past": round(built - start, 2),
        "of_which_24_hours_and_the_pool": round(fitted - built, 2),
        "step_ms": round((end - fitted) * 1000, 2),
        "step_cpu_ms": round((done - step) * 1000, 2),
        "series_per_second": round(series / (done - step)),
        "asked_of_pyod": int((score >= ODD).sum()),
        "peak_mib": _peak_mib(),
        "input_mib": spend.nbytes // 2**20,
        "highest": round(float(moved.max()), 2),
    }


def _look(series: int) -> Mapping[str, Any]:
    """The first look of a process, imports and PyOD's first fit included, and its next one.

    That is as at the ticks of the same day: the pools are known, unless a late row has changed what they learned from.
    """
    client = {f"app-{place:06}": hours.tolist() for place, hours in enumerate(_usage(series)[:, -LOOK_HOURS:])}
    used = time.process_time()
    from freio.adapters.detector.adapter import Budget, PyodDetector  # noqa: PLC0415  # imports are measured

    detector, now = PyodDetector(Budget(alerts=0.25, gate=1.0)), datetime(2026, 11, 23, 14, 59, tzinfo=UTC)
    first = detector.score(client, now)
    cold = time.process_time()
    detector.score(client, now)
    seconds = time.process_time() - cold
    return {
        "series": series,
        "cold_cpu_seconds": round(cold - used, 2),
        "cpu_seconds": round(seconds, 2),
        "series_per_second": round(series / seconds),
        "peak_mib": _peak_mib(),
        "alerts": sum(one.value >= 1 for one in first.values()),
    }


def _peak_mib() -> int:
    """Of this process: what getrusage tells begins with the peak of the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def _loop() -> Mapping[str, Any]:
    from pyod.models.ecod import ECOD  # noqa: PLC0415  # the peer's own import is not held against it

    spend = _usage(300).astype(float)
    ECOD().fit(spend[0, :-1, None])
    start = time.process_time()
    for series in spend:
        model = ECOD()
        model.fit(series[:-1, None])
        model.decision_function(series[-1:, None])
    return {"series_per_second": round(len(spend) / (time.process_time() - start))}


if __name__ == "__main__":
    way, *many = sys.argv[1:]
    print(json.dumps(_loop() if way == "loop" else _look(int(many[0])) if way == "look" else _cold(int(way))))
