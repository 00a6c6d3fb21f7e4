"""How fast the detector is: one hourly step, a cold process, and how both grow; beside per-series fits of PyOD's ECOD.

Processor time judges: it is what a busy machine distorts least. The wall is shown beside it.

``python -m bench.detection_speed N`` is the cold process: it scores N series of 60 days, and prints its own seconds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.result import ROOT

HOURS = 60 * 24
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
SIZES = (10_000, 30_000, 100_000)
SEED = 20261123


def measure() -> Mapping[str, Any]:
    """Each size in a process of its own, on one core; then the loop that a team would write, in one as well."""
    return {"cold": [_process(str(size)) for size in SIZES], "loop": _process("loop")}


def _process(argument: str) -> Any:
    environment = {**os.environ, **ONE_CORE, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'shared'}"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.detection_speed", argument],
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
    from freio.adapters.detector.pool import ODD, Pool  # noqa: PLC0415  # imports are what is measured
    from freio.adapters.detector.state import State  # noqa: PLC0415

    state = State(spend[:, :-25])
    built = time.perf_counter()
    past = [state.step(spend[:, hour]) for hour in range(HOURS - 25, HOURS - 1)]
    some = slice(None, None, max(1, series // 1000))
    pool = Pool(
        np.concatenate([kinds[:, some].T for _, kinds in past]), np.concatenate([score[some] for score, _ in past])
    )
    fitted = time.perf_counter()
    step = time.process_time()
    score, kinds = state.step(spend[:, -1])
    moved = pool.moved(kinds.T, score)
    end, done = time.perf_counter(), time.process_time()
    return {
        "series": series,
        "cpu_seconds": round(done - used, 2),
        "seconds": round(end - start, 2),
        "of_which_state": round(built - start, 2),
        "of_which_24_hours_and_the_pool": round(fitted - built, 2),
        "step_ms": round((end - fitted) * 1000, 2),
        "step_cpu_ms": round((done - step) * 1000, 2),
        "series_per_second": round(series / (done - step)),
        "asked_of_pyod": int((score >= ODD).sum()),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "input_mib": spend.nbytes // 2**20,
        "highest": round(float(moved.max()), 2),
    }


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
    print(json.dumps(_loop() if sys.argv[1] == "loop" else _cold(int(sys.argv[1]))))
