"""``python -m bench [NAME …] [--out FILE]``: every benchmark, or those named; one run, one machine, one file."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from bench.machine import machine
from bench.result import ROOT, NotMeasuredError, Result

NAMES = ("imports", "acknowledge", "detection", "orders", "calibration", "young", "forecast", "meter")


def main() -> int:
    """Print each benchmark's figures and write them all; 1 where one could not be measured.

    A target that is missed is said and changes no status: timing on somebody's machine is a figure, not a test.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "bench.json", help="the figures, as JSON")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.names) - set(NAMES)):
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}")

    here = machine()
    for key, value in here.items():
        print(f"{key:<10} {value}")
    written: dict[str, object] = {"machine": dict(here)}
    missing = 0
    for name in chosen.names or NAMES:
        print(f"\n== {name}", flush=True)
        began = time.perf_counter()
        try:
            result: Result = importlib.import_module(f"bench.{name}").run()
        except NotMeasuredError as why:
            missing += 1
            print(f"*** NOT MEASURED ***: {why}")
            written[name] = {"not_measured": str(why)}
            continue
        print("\n".join(result.lines))
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)
        written[name] = dict(result.figures)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten to {chosen.out}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
