"""The real parts that tests and benchmarks meet: Chromium, and the emulators of Google's services.

With ``CI=true`` a missing part is a failure. On anybody's own machine it skips the test, and says which command
brings the part.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

BRING_CHROMIUM = "make browser"


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
