"""What the checks of infra/terraform stand on: `make terraform` brings it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.real import require_real
from tools.terraform.check import MODULE, ROOT, SCHEMA, Schema

BRING = "make terraform"


@pytest.fixture(scope="session")
def module() -> Path:
    """infra/terraform."""
    assert (MODULE / "versions.tf").is_file()
    return MODULE


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The google provider's schema; without it the test is skipped, or fails in CI."""
    require_real(SCHEMA.is_file(), "The google provider's schema", BRING)
    return Schema()


@pytest.fixture(scope="session")
def checkov() -> Path:
    """Checkov, in an environment of its own; without it the test is skipped, or fails in CI."""
    path = ROOT / ".tools" / "checkov" / "bin" / "checkov"
    require_real(path.is_file(), "checkov", BRING)
    return path


@pytest.fixture(scope="session")
def terraform() -> str:
    """The ``terraform`` on PATH; without it the test is skipped, or fails in CI."""
    path = shutil.which("terraform")
    require_real(path, "terraform", "https://developer.hashicorp.com/terraform/install")
    return str(path)


@pytest.fixture(scope="session")
def provider(terraform: str) -> Path:
    """The folder of the google provider.

    Skipped without it in CI too: .ci/run says loudly that it could not be brought.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "freio" / "terraform"
    binaries = [*cache.glob("google-*/terraform-provider-google")]
    if not binaries:
        pytest.skip(f"the google provider is not on this machine: `{BRING}` brings it")
    return binaries[0].parent
