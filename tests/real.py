"""The real parts that tests and benchmarks meet: Chromium, and Google's Pub/Sub emulator.

With ``CI=true`` a missing part is a failure. On anybody's own machine it skips the test, and says which command
brings the part.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BRING_CHROMIUM = "make browser"
BRING_PUBSUB = "apt-get install google-cloud-cli-pubsub-emulator (or: gcloud components install beta pubsub-emulator)"
READY_WITHIN = 60.0  # seconds; a Java virtual machine on a busy machine


class EmulatorFailed(RuntimeError):
    """An emulator is installed, and did not come up; the message holds the end of what it printed."""


def require_real(condition: object, what: str, command: str) -> None:
    """Go on if the real part is there; else skip, or fail where ``CI=true``.

    ``require_real(chromium_path(), "Chromium", "make browser")``
    """
    if condition:
        return
    sentence = f"{what} is not on this machine: `{command}` brings it"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def chromium_path() -> Path | None:
    """Return the Chromium on PATH, if there is one."""
    found = shutil.which("chromium")
    return Path(found) if found else None


def pubsub_emulator_present() -> bool:
    """Say whether gcloud, its Pub/Sub emulator and the Java that it runs on are there."""
    gcloud = shutil.which("gcloud")
    if gcloud is None or shutil.which("java") is None:
        return False
    return (Path(gcloud).resolve().parent.parent / "platform" / "pubsub-emulator").is_dir()


@contextlib.contextmanager
def pubsub_emulator(project: str = "freio-test") -> Iterator[str]:
    """Run Google's Pub/Sub emulator for a while; gives ``127.0.0.1:<port>``, for ``PUBSUB_EMULATOR_HOST``.

    Nothing of it is left behind: gcloud starts Java as a grandchild, so the whole process group is ended.
    """
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryDirectory(prefix="pubsub-") as folder:
        data = Path(folder, "data")
        data.mkdir()
        log = Path(folder, "emulator.log")
        # gcloud keeps its settings in a folder of its own, so that a test neither reads nor changes a person's.
        environment = {**os.environ, "CLOUDSDK_CONFIG": f"{folder}/config", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
        command = ["gcloud", "beta", "emulators", "pubsub", "start", "--quiet"]
        options = [f"--project={project}", f"--host-port={address}", f"--data-dir={data}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, address, log)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmulatorFailed(f"the Pub/Sub emulator ended with {process.returncode}:\n{_end_of(log)}")
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"http://{address}", timeout=1),
        ):
            return
        time.sleep(0.1)
    raise EmulatorFailed(f"the Pub/Sub emulator was not ready on {address} after {READY_WITHIN:.0f} s:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _free_port() -> int:
    """Ask the system for a port; the emulator takes a number, not a socket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
