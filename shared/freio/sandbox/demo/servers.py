"""The four functions, each a functions-framework server in a process of its own, as in production."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import freio
from freio.errors import FreioError

FUNCTIONS = {"budget_alert": "cloudevent", "spend_watch": "cloudevent", "enforcer": "cloudevent", "slack_inbox": "http"}
STARTS_WITHIN = 60.0


class FunctionDied(FreioError):
    """A function's server ended, or did not answer; the message holds the end of its log."""


def folder_of_functions() -> Path:
    """``functions/`` stands beside ``shared/`` in the repository: the demo runs from a checkout."""
    folder = Path(freio.__file__).resolve().parents[2] / "functions"
    if not folder.is_dir():
        raise FunctionDied(f"the demo runs from a checkout of the repository: there is no {folder}")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FunctionServer:
    """One function, served."""

    def __init__(self, name: str, environment: Mapping[str, str], logs: Path) -> None:
        self.name = name
        self.port = free_port()
        self._log = logs / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "functions_framework",
                    "--source",
                    str(folder_of_functions() / name / "main.py"),
                    "--target",
                    name,
                    "--signature-type",
                    FUNCTIONS[name],
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self.port),
                ],
                env={**os.environ, **environment, "THREADS": "8"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Until the port answers HTTP, whatever the status."""
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise FunctionDied(f"{self.name} ended at its start:\n{self.tail()}")
            try:
                with urllib.request.urlopen(self.url, timeout=2):  # noqa: S310  # our own server on 127.0.0.1
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise FunctionDied(f"{self.name} did not answer within {STARTS_WITHIN:.0f} s:\n{self.tail()}")

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """End the server and its workers: they are a process group of their own."""
        for ask in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, ask)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
                if ask is signal.SIGTERM:
                    continue  # workers that outlived their parent get the second signal
        self._process.wait(timeout=5)
