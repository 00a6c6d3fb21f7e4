"""What every test may ask for: the real parts, started when they are first asked for, and ended with the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freio.sandbox.emulators import BIGQUERY, FIRESTORE, PUBSUB, Part
from tests import real
from tests.real import require_real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["require_real"]


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The real browser; without it the test is skipped, or fails in CI."""
    path = real.chromium_path()
    require_real(path, "Chromium", real.BRING_CHROMIUM)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def pubsub_address() -> Iterator[str]:
    """The address of Google's Pub/Sub emulator."""
    yield from _address(PUBSUB)


@pytest.fixture(scope="session")
def firestore_address() -> Iterator[str]:
    """The address of Google's Firestore emulator."""
    yield from _address(FIRESTORE)


@pytest.fixture(scope="module")
def bigquery_address() -> Iterator[str]:
    """The address of a BigQuery emulator: a new one for each module, since it grows, and is the slower for it."""
    yield from _address(BIGQUERY)


def _address(part: Part) -> Iterator[str]:
    """The emulator's, while tests use it; without one the test is skipped, or fails in CI."""
    require_real(part.is_here(), part.name, part.bring)
    with part.running() as address:
        yield address
