"""A destroy that is refused has taken nothing: what asks whether a brake is held goes before everything else."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tools.terraform import hcl, mocked
from tools.terraform.check import MODULE

# They ask, and go first; or they say only how the file was read.
ASK = {"terraform_data.nothing_is_held", "terraform_data.unprotected"}
EXAMPLE = MODULE / "examples" / "organisation"


@pytest.fixture(scope="module")
def stands(provider: Path) -> dict[str, set[str]]:
    """By resource: all that it stands on, as Terraform's state has it."""
    assert provider.is_dir()
    found: dict[str, set[str]] = {}
    for one in mocked.state(EXAMPLE):
        if one["mode"] == "managed" and one["address"].startswith("module.freio."):
            on = {address.removeprefix("module.freio.") for address in one.get("depends_on", ())}
            found.setdefault(f"{one['type']}.{one['name']}", set()).update(on)
    return found


def test_nothing_goes_before_it_is_asked_whether_a_brake_is_held(stands: dict[str, set[str]]) -> None:
    """Rights, calls, alerts, and who may let go by hand: all of it is destroyed after the question, or not at all."""
    asked = stands["terraform_data.nothing_is_held"] | _listed("nothing_is_held")
    declared = {".".join(block.labels) for block in hcl.folder(MODULE) if block.type == "resource"}
    assert len(declared) > 60
    assert {one for one in declared - asked - ASK if one not in _under(stands, asked)} == set()


def test_that_the_state_is_protected_is_said_before_anything_is_asked(stands: dict[str, set[str]]) -> None:
    assert "terraform_data.nothing_is_held" in stands["terraform_data.unprotected"]


def _listed(name: str) -> set[str]:
    """The `depends_on` of a terraform_data, as it is written."""
    text = (MODULE / "release.tf").read_text(encoding="utf-8")
    body = text.partition(f'resource "terraform_data" "{name}" {{')[2].partition("\n}\n")[0]
    return set(re.findall(r"[\w]+\.[\w]+", body.partition("depends_on = [")[2]))


def _under(stands: dict[str, set[str]], asked: set[str]) -> set[str]:
    """What the listed ones stand on; those that the example does not make are in no state."""
    return {on for one in asked for on in stands.get(one, ())}


@pytest.mark.parametrize(
    ("protect", "check", "code"), [("true", None, 1), ("false", None, 0), ("true", "true", 0), ("true", "false", 1)]
)
def test_a_destroy_of_what_is_protected_is_refused_at_once(protect: str, check: str | None, code: int) -> None:
    """As the shell runs it: `protect`, as the last apply left it, and FREIO_RELEASE_CHECK."""
    text = (MODULE / "release.tf").read_text(encoding="utf-8")
    body = text.partition('resource "terraform_data" "unprotected" {')[2]
    command = body.partition("<<-EOT\n")[2].partition("    EOT")[0]
    command = command.replace("$${", "${").replace("${self.output.protect}", protect)
    environment = {name: value for name, value in os.environ.items() if name != "FREIO_RELEASE_CHECK"}
    told = environment | ({"FREIO_RELEASE_CHECK": check} if check else {})
    done = subprocess.run(["/bin/sh", "-c", command], env=told, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert ("protect = false" in done.stderr) == bool(code)
