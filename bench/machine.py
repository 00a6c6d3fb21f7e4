"""Names the machine that the figures belong to."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("functions-framework", "gunicorn", "google-cloud-pubsub", "grpcio", "slack-sdk", "numpy", "pyod")


def machine() -> Mapping[str, str]:
    """Processor, cores, memory, system, Python and the libraries that are measured."""
    return {
        "processor": _of_file("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5, 15 min, before the run)",
    }


def _of_file(path: str, key: str) -> str:
    """The first value of a key in a file of ``key : value`` lines; empty where there is no such file or key."""
    if not Path(path).exists():
        return ""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
