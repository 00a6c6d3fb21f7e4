"""The provider comes from HashiCorp's registry where that can be reached; else its schema stands in, loudly."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.terraform.check import ROOT, SCHEMA, Schema

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
PLATFORM = f"{platform.system().lower()}_{ARCHITECTURE}"
VERSION = "6.50.0"
AT = f"registry.terraform.io/hashicorp/google/{VERSION}/{PLATFORM}"
REACHED = f"""#!/bin/sh
mkdir -p .terraform/providers/{AT}
touch .terraform/providers/{AT}/terraform-provider-google_v{VERSION}_x5
"""
UNREACHED = """#!/bin/sh
echo 'Error: Failed to query available provider packages'
exit 1
"""
BUILDS = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
mkdir -p "$(dirname "$2")"
echo built >"$2"
chmod +x "$2"
"""


USUAL = [
    "bash",
    "cat",
    "chmod",
    "cp",
    "cut",
    "dirname",
    "env",
    "grep",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "sleep",
    "timeout",
    "touch",
    "tr",
    "uname",
]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    return Bring(tmp_path)


class Bring:
    """The script, with commands of its own on PATH and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.commands = folder / "bin"
        self.commands.mkdir()
        self.cache = folder / "cache"
        for name in USUAL:  # and no others: somebody's /usr/bin may hold a real go or terraform
            (self.commands / name).symlink_to(str(shutil.which(name)))

    def command(self, name: str, text: str) -> None:
        path = self.commands / name
        path.write_text(text)
        path.chmod(0o755)

    def __call__(self) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PATH": str(self.commands)}
        script = str(ROOT / "tools" / "terraform_provider.sh")
        return subprocess.run([script], capture_output=True, text=True, check=False, env=environment)

    def left(self) -> list[str]:
        return sorted(path.name for path in (self.cache / "freio" / "terraform").iterdir())


def test_the_real_one_is_taken_once(bring: Bring) -> None:
    bring.command("terraform", REACHED)
    first = bring()
    assert first.returncode == 0, first.stderr
    folder = Path(first.stdout.splitlines()[-1])
    assert [path.name for path in folder.iterdir()] == [f"terraform-provider-google_v{VERSION}_x5"]
    assert "WARNING" not in first.stderr
    bring.command("terraform", UNREACHED)
    again = bring()
    assert again.stdout.splitlines() == [f"The google provider {VERSION} is here already.", str(folder)]
    assert bring.left() == ["plugins"]


def test_where_the_registry_is_out_of_reach_its_schema_stands_in_loudly(bring: Bring, schema: Schema) -> None:
    bring.command("terraform", UNREACHED)
    bring.command("go", BUILDS)
    first = bring()
    assert first.returncode == 0, first.stderr
    folder = Path(first.stdout.splitlines()[-1])
    assert sorted(path.name for path in folder.iterdir()) == ["schema.json", "terraform-provider-google"]
    assert (folder / "schema.json").read_bytes() == SCHEMA.read_bytes()
    assert "Failed to query available provider packages" in first.stderr
    assert "validation functions do NOT run" in first.stderr
    bring.command("go", "#!/bin/sh\nexit 1\n")
    again = bring()
    assert again.stdout.splitlines()[-1] == str(folder)
    assert "Building" not in again.stdout
    assert bring.left() == ["schema-only"]


def test_a_build_that_fails_leaves_nothing(bring: Bring, schema: Schema) -> None:
    bring.command("terraform", UNREACHED)
    bring.command("go", "#!/bin/sh\necho 'missing go.sum entry' >&2\nexit 1\n")
    done = bring()
    assert done.returncode == 1
    assert "missing go.sum entry" in done.stderr
    assert bring.left() == []


def test_a_build_without_end_is_given_up(bring: Bring, schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREIO_TERRAFORM_PROVIDER_MINUTES", "0.005")
    bring.command("terraform", UNREACHED)
    bring.command("go", "#!/bin/sh\nexec sleep 30\n")
    done = bring()
    assert done.returncode != 0
    assert "was given up after 0.005 minutes" in done.stderr


@pytest.mark.parametrize(
    ("missing", "said"), [("terraform", "run `terraform` 1.11 or newer"), ("go", "install Go 1.26")]
)
def test_a_missing_command_is_named(bring: Bring, schema: Schema, missing: str, said: str) -> None:
    if missing == "go":
        bring.command("terraform", UNREACHED)
    done = bring()
    assert done.returncode == 1
    assert said in done.stderr
