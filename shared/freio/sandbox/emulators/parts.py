"""Which emulators there are, where each is found on this machine, and which command brings it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from freio.sandbox.emulators.emulator import EmulatorMissing, free_port, running

PROJECT = "freio-test"
BIGQUERY_BINARY = Path(__file__).parents[4] / ".tools" / "bigquery-emulator"  # where `make emulators` puts it


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An emulator. ``bring`` is the command that installs it; ``variable`` moves Google's client libraries to it."""

    name: str
    bring: str
    variable: str
    is_here: Callable[[], bool]
    command: Callable[[str, Path, str], Sequence[str]]

    def running(self, project: str = PROJECT) -> AbstractContextManager[str]:
        """Run it for a while; gives its address, ``127.0.0.1:<port>``. BigQuery's knows no project but this one."""
        if not self.is_here():
            raise EmulatorMissing(f"{self.name} is not on this machine: `{self.bring}` brings it")
        return running(self.name, lambda address, folder: self.command(address, folder, project))


def _has_gcloud(component: str) -> bool:
    """Whether gcloud, one of its emulators and the Java that this runs on are there."""
    gcloud = shutil.which("gcloud")
    if gcloud is None or shutil.which("java") is None:
        return False
    return (Path(gcloud).resolve().parent.parent / "platform" / component).is_dir()


def _pubsub(address: str, folder: Path, project: str) -> Sequence[str]:
    start = ["gcloud", "beta", "emulators", "pubsub", "start", "--quiet"]
    return [*start, f"--project={project}", f"--host-port={address}", f"--data-dir={folder}"]


def _firestore(address: str, _folder: Path, project: str) -> Sequence[str]:
    return ["gcloud", "emulators", "firestore", "start", "--quiet", f"--project={project}", f"--host-port={address}"]


def _bigquery_binary() -> str | None:
    if BIGQUERY_BINARY.is_file() and os.access(BIGQUERY_BINARY, os.X_OK):
        return str(BIGQUERY_BINARY)
    return shutil.which("bigquery-emulator")


def _bigquery(address: str, _folder: Path, project: str) -> Sequence[str]:
    host, _, port = address.partition(":")
    # Its own default ports are fixed, so that two runs at once would meet: the storage API gets a free one too.
    listens = [f"--host={host}", f"--port={port}", f"--grpc-port={free_port()}"]
    return [_bigquery_binary() or "bigquery-emulator", f"--project={project}", *listens, "--log-level=error"]


PUBSUB = Part(
    name="The Pub/Sub emulator",
    bring="apt-get install google-cloud-cli-pubsub-emulator (or: gcloud components install beta pubsub-emulator)",
    variable="PUBSUB_EMULATOR_HOST",
    is_here=lambda: _has_gcloud("pubsub-emulator"),
    command=_pubsub,
)
FIRESTORE = Part(
    name="The Firestore emulator",
    bring="apt-get install google-cloud-cli-firestore-emulator"
    " (or: gcloud components install cloud-firestore-emulator)",
    variable="FIRESTORE_EMULATOR_HOST",
    is_here=lambda: _has_gcloud("cloud-firestore-emulator"),
    command=_firestore,
)
BIGQUERY = Part(
    name="The BigQuery emulator",
    bring="make emulators",
    variable="BIGQUERY_EMULATOR_HOST",
    is_here=lambda: _bigquery_binary() is not None,
    command=_bigquery,
)
PARTS = (PUBSUB, FIRESTORE, BIGQUERY)
