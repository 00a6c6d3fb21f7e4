"""The google provider is built once, from what the pin holds the hash of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.terraform.check import ROOT

PIN = dict(re.findall(r'^(\w+) *= *"(.+)"$', (ROOT / "tools/terraform/provider.pin").read_text(), re.MULTILINE))
GO = """#!/bin/sh
case $1 in
mod) echo '{{ "Sum": "{sum}" }}' ;;
install) echo "$@" >"$GOBIN/terraform-provider-google"; chmod +x "$GOBIN/terraform-provider-google" ;;
esac
"""
USUAL = ["bash", "chmod", "dirname", "env", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "sleep", "timeout"]


class Bring:
    """The script, with commands of its own on PATH and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.commands = folder / "bin"
        self.commands.mkdir()
        self.cache = folder / "cache"
        for name in USUAL:  # and no others: somebody's /usr/bin may hold a real go
            (self.commands / name).symlink_to(str(shutil.which(name)))

    def go(self, text: str) -> None:
        path = self.commands / "go"
        path.write_text(text)
        path.chmod(0o755)

    def __call__(self) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PATH": str(self.commands)}
        script = str(ROOT / "tools" / "terraform_provider.sh")
        return subprocess.run([script], capture_output=True, text=True, check=False, env=environment)

    def left(self) -> list[str]:
        return sorted(path.name for path in (self.cache / "freio" / "terraform").iterdir())


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    return Bring(tmp_path)


def test_it_is_built_once_at_the_pinned_commit(bring: Bring) -> None:
    bring.go(GO.format(sum=PIN["sum"]))
    first = bring()
    assert first.returncode == 0, first.stderr
    folder = Path(first.stdout.splitlines()[-1])
    assert (folder / "terraform-provider-google").read_text().split()[-1] == f"{PIN['module']}@{PIN['version']}"
    bring.go("#!/bin/sh\nexit 1\n")
    again = bring()
    assert again.stdout.splitlines() == [f"The google provider ({PIN['version']}) is here already.", str(folder)]
    assert bring.left() == [folder.name]


def test_another_module_than_the_pinned_one_is_not_built(bring: Bring) -> None:
    bring.go(GO.format(sum="h1:another"))
    done = bring()
    assert done.returncode == 1
    assert "is not what tools/terraform/provider.pin holds the hash of" in done.stderr
    assert bring.left() == []


def test_a_build_that_fails_leaves_nothing(bring: Bring) -> None:
    bring.go(GO.format(sum=PIN["sum"]).replace("install)", "install) echo 'no such package' >&2; exit 1;"))
    done = bring()
    assert done.returncode == 1
    assert "no such package" in done.stderr
    assert bring.left() == []


def test_a_build_without_end_is_given_up(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREIO_TERRAFORM_PROVIDER_MINUTES", "0.005")
    bring.go(GO.format(sum=PIN["sum"]).replace("install)", "install) exec sleep 30;"))
    done = bring()
    assert done.returncode != 0
    assert "was given up after 0.005 minutes" in done.stderr
    assert bring.left() == []


def test_without_go_it_is_named(bring: Bring) -> None:
    done = bring()
    assert done.returncode == 1
    assert "install Go 1.26" in done.stderr
