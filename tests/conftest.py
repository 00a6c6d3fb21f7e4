"""What every test may ask for: the real parts, started once for a run and ended with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
    """The address of a real Pub/Sub emulator; without one the test is skipped, or fails in CI."""
    require_real(real.pubsub_emulator_present(), "The Pub/Sub emulator", real.BRING_PUBSUB)
    with real.pubsub_emulator() as address:
        yield address
