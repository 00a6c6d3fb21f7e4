"""What a docstring shows is what happens."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import freio

SHARED = Path(freio.__file__).parents[1]
WITH_EXAMPLES = sorted(path for path in SHARED.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_worked_examples_hold(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(SHARED).with_suffix("").parts))
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
