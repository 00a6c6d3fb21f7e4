"""The whole demo behind one page: four functions, the stand-ins, and a real browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from freio.sandbox.spend.incidents import Kind
from tests.browser.world import PATIENCE, World, opened

THROTTLED, KEPT = "support-chat", "marketing-copy"


@pytest.fixture(scope="module")
def world(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two apps have run away, and both wait for a decision."""
    expect.set_options(timeout=PATIENCE)
    runaways: dict[str, Kind] = {THROTTLED: "stuck_loop", KEPT: "spike"}
    with opened(chromium, tmp_path_factory.mktemp("stage"), runaways, "pt-BR") as world:
        yield world
