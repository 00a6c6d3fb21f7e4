"""infra/terraform is formatted, holds to the provider's schema, and checkov's exceptions are reasoned in line."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from tools.terraform import docs, hcl, readme
from tools.terraform.check import ROOT, Schema, check, folders

TERRAFORMS_OWN = {"count", "for_each", "depends_on", "provider", "iterator"}
OPEN_BUCKET = """
resource "google_storage_bucket" "open" {
  name     = "open"
  location = "EU"
}

resource "google_storage_bucket_iam_member" "anybody" {
  bucket = google_storage_bucket.open.name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}
"""


def test_terraform_fmt_would_change_nothing(terraform: str, module: Path) -> None:
    command = [terraform, "fmt", "-check", "-diff", "-recursive", "-no-color", str(module)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("folder", folders(), ids=lambda path: path.name)
def test_the_module_and_its_examples_hold_to_the_schema(folder: Path, schema: Schema) -> None:
    assert [str(fault) for fault in check(folder, schema)] == []


@pytest.mark.parametrize("folder", folders(), ids=lambda path: path.name)
def test_the_provider_that_this_is_checked_with_is_one_that_it_takes(folder: Path, module: Path) -> None:
    """A development override is taken whatever version is asked for."""
    pinned = re.search(r'^google *= *"(.+)"$', (ROOT / "tools/terraform/provider.pin").read_text(), re.MULTILINE)
    taken = [
        re.search(r'version *= *"(.+)"', one.text)
        for block in hcl.folder(folder)
        for inner in block.blocks
        if inner.type == "required_providers"
        for one in inner.attributes
        if one.name == "google"
    ]
    assert pinned
    assert [one and SpecifierSet(one[1]).contains(pinned[1]) for one in taken] == [True]


def test_every_argument_of_the_module_is_looked_at(tmp_path: Path, module: Path, schema: Schema) -> None:
    """All arguments of google resources are misspelt, and each is found at its line."""
    wrong: set[tuple[str, int, str]] = set()
    for file in sorted(module.glob("*.tf")):
        lines = file.read_text().splitlines(keepends=True)
        for line, name in _arguments(hcl.parse("".join(lines), file)):
            lines[line - 1] = lines[line - 1].replace(name, f"{name}_wrong", 1)
            wrong.add((file.name, line, f"no argument '{name}_wrong'"))
        (tmp_path / file.name).write_text("".join(lines))
    found = {(fault.file.name, fault.line, fault.what.partition(";")[0]) for fault in check(tmp_path, schema)}
    assert len(wrong) > 100
    assert wrong - found == set()


def _arguments(blocks: list[hcl.Block]) -> list[tuple[int, str]]:
    """The arguments of google's resources: (line, name)."""
    found: list[tuple[int, str]] = []

    def within(block: hcl.Block) -> None:
        found.extend((one.line, one.name) for one in block.attributes if one.name not in TERRAFORMS_OWN)
        for inner in block.blocks:
            if inner.type not in {"lifecycle", "provisioner", "connection"}:
                within(inner)

    for block in blocks:
        if block.type in {"resource", "data"} and block.labels[0].startswith("google_"):
            within(block)
    return found


@pytest.fixture(scope="module")
def report(checkov: Path, module: Path) -> dict[str, Any]:
    """What checkov says of the module and its examples."""
    return _checkov(checkov, module)


def test_checkov_has_nothing_to_say(report: dict[str, Any]) -> None:
    said = [f"{one['check_id']} {one['resource']}: {one['check_name']}" for one in report["results"]["failed_checks"]]
    assert said == []
    assert report["summary"]["passed"] > 50


def test_checkov_could_read_every_file(report: dict[str, Any]) -> None:
    """What it cannot parse it passes over, silently."""
    assert report["results"]["parsing_errors"] == []


def test_each_exception_from_checkov_has_its_reason(report: dict[str, Any]) -> None:
    bare = [
        f"{one['check_id']} {one['resource']}"
        for one in report["results"]["skipped_checks"]
        if one["check_result"]["suppress_comment"] in {"", "No comment provided"}
    ]
    assert bare == []


def test_checkov_does_find_what_is_wrong(checkov: Path, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(OPEN_BUCKET)
    found = {one["check_id"] for one in _checkov(checkov, tmp_path)["results"]["failed_checks"]}
    assert {"CKV_GCP_28", "CKV_GCP_29"} <= found  # open to everybody; rights object by object


def _checkov(checkov: Path, folder: Path) -> dict[str, Any]:
    """Run it without the network: no rules, modules or guides are fetched, and nothing is reported anywhere."""
    command = [str(checkov), "--directory", str(folder), "--framework", "terraform", "--output", "json", "--soft-fail"]
    command += ["--skip-download", "--download-external-modules", "false", "--skip-results-upload"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment(), timeout=300)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _environment() -> dict[str, str]:
    """This process's, less what would turn on a service or read somebody's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "CKV_", "TF_", "PRISMA_"))}
    return {**kept, "CHECKPOINT_DISABLE": "1", "LOG_LEVEL": "ERROR"}


def test_the_readme_tells_the_variables_and_outputs_there_are(module: Path) -> None:
    readme.bring(docs.sections(hcl.folder(module)), check=True, command="make terraform-readme")
