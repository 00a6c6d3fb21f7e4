"""A function on the real functions-framework server, in a process of its own, with the framework's own defaults."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.result import ROOT

STARTS_WITHIN = 60.0


class ServerFailedError(RuntimeError):
    """A function's server ended, or never listened; the message holds the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """``port`` accepts connections; ``started`` is when its process was, by `time.perf_counter`."""

    port: int
    started: float


@contextlib.contextmanager
def serving(source: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Serve the function in `source`, named as its file or, for a ``main.py``, its folder, until the block ends."""
    target = source.parent.name if source.name == "main.py" else source.stem
    port = _free_port()
    command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", target]
    options = ["--signature-type", "http", "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.NamedTemporaryFile(prefix=f"{target}-", suffix=".log") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, *options],
            env={**os.environ, "PYTHONPATH": str(ROOT / "shared"), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_it_accepts(process, port, target, Path(log.name))
            yield Server(port=port, started=started)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the worker is a grandchild
            process.wait()


def _wait_until_it_accepts(process: subprocess.Popen[bytes], port: int, target: str, log: Path) -> None:
    """Until the port accepts, as Cloud Run's default startup probe has it."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.002)
    end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ServerFailedError(f"{target} did not listen (status {process.poll()}):\n{end}")


def _free_port() -> int:
    """The server takes a number, not a socket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
