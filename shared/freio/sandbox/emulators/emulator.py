"""One emulator as a process group: started on a free port, waited for, and ended with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

READY_WITHIN = 90.0  # seconds; a Java virtual machine on a busy machine
ENDS_WITHIN = 5.0


class EmulatorMissing(RuntimeError):
    """The emulator is not installed; the message names the command that brings it."""


class EmulatorFailed(RuntimeError):
    """An emulator is installed, and did not come up; the message holds the end of what it printed."""


@contextlib.contextmanager
def running(name: str, command: Callable[[str, Path], Sequence[str]]) -> Iterator[str]:
    """Runs an emulator; gives its address, ``127.0.0.1:<port>``.

    ``command`` is told the address and a folder for data, which is gone afterwards. gcloud starts Java as a
    grandchild, so the whole process group is ended.
    """
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="freio-emulator-", ignore_cleanup_errors=True) as folder:
        log = Path(folder, "emulator.log")
        data = Path(folder, "data")
        data.mkdir()
        # gcloud keeps its settings in a folder of its own, so that a run neither reads nor changes a person's.
        environment = {**os.environ, "CLOUDSDK_CONFIG": f"{folder}/config", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(address, data),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        try:
            _wait_until_ready(name, process, address, log)
            yield address
        finally:
            _end(process)


def free_port() -> int:
    """Ask the system for a port; an emulator takes a number, not a socket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(ENDS_WITHIN)


def _wait_until_ready(name: str, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmulatorFailed(f"{name} ended with {process.returncode}:\n{_end_of(log)}")
        if _answers(address):
            return
        time.sleep(0.1)
    raise EmulatorFailed(f"{name} was not ready on {address} after {READY_WITHIN:.0f} s:\n{_end_of(log)}")


def _answers(address: str) -> bool:
    """Whether an HTTP server is there; one that answers "not found" is."""
    try:
        with urllib.request.urlopen(f"http://{address}/", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
