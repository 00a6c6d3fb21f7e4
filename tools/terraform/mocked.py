"""What a folder of infra/terraform makes, without a cloud: an apply by `terraform test` with a mocked provider.

Conditions, loops and the client's file are all evaluated; what Google would decide (ids, numbers) is made up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools import bundle
from tools.terraform.check import ROOT

NUMBER = "112233445566"  # of every project: nobody's
LOCATION = "EU"  # of the billing export
TEST = f"""
mock_provider "google" {{
  mock_data "google_project" {{
    defaults = {{ number = "{NUMBER}" }}
  }}
  mock_data "google_bigquery_dataset" {{
    defaults = {{ location = "{LOCATION}" }}
  }}
  %(more)s
}}

run "state" {{
}}
"""


def state(example: Path) -> list[dict[str, Any]]:
    """Return every resource that a folder under infra/ makes, as Terraform's state has it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        return applied(copy / example.relative_to(ROOT), configured(copy))


def copied(folder: Path, infra: Path = ROOT / "infra") -> Path:
    """Lay out the repository anew with a copy of infra/, so that a test's files are not written into the real one.

    With bundles of its own: nobody need have built them before.
    """
    for entry in ROOT.iterdir():
        if entry.name not in {"infra", "dist"}:
            (folder / entry.name).symlink_to(entry)
    subprocess.run(["cp", "-R", str(infra), str(folder / "infra")], check=True)
    (folder / "dist").mkdir()
    for name in bundle.functions():
        bundle.build(name, folder / "dist" / f"{name}.zip")
    return folder


def configured(folder: Path) -> dict[str, str]:
    """Return an environment for Terraform: the provider that tools/terraform_provider.sh brings, and no network."""
    brought = subprocess.run(
        [str(ROOT / "tools" / "terraform_provider.sh")], check=True, capture_output=True, text=True
    )
    provider = brought.stdout.splitlines()[-1]
    path = folder / "terraformrc"
    overrides = f'dev_overrides {{\n    "hashicorp/google" = "{provider}"\n  }}'
    text = f"disable_checkpoint = true\nprovider_installation {{\n  {overrides}\n  direct {{}}\n}}\n"
    path.write_text(text, encoding="utf-8")
    # What is made up here and taken away again holds no brake (infra/terraform/release.tf).
    return {**os.environ, "TF_CLI_CONFIG_FILE": str(path), "FREIO_RELEASE_CHECK": "true"}


def applied(root: Path, environment: Mapping[str, str], more: str = "") -> list[dict[str, Any]]:
    """Apply a root module of a copy, and return its resources; ``more`` is what else the mock says."""
    (root / "mocked").mkdir()
    (root / "mocked" / "state.tftest.hcl").write_text(TEST % {"more": more}, encoding="utf-8")
    terraform(root, environment, "get", "-no-color", "-test-directory=mocked")
    said = terraform(root, environment, "test", "-test-directory=mocked", "-json", "-verbose")
    events = [json.loads(line) for line in said.splitlines()]
    (found,) = [event["test_state"] for event in events if event["type"] == "test_state"]
    return list(_resources(found["root_module"]))


def terraform(root: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Run it; where it fails, end with its own words."""
    command = ["terraform", f"-chdir={root}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every resource of a module and its children."""
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)
