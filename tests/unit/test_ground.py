"""The ground that everything else stands on: pins, bundles, set-up, and which module may import which."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import real
from tools import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
LIBRARY = ROOT / "shared" / "freio"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PIN = re.compile(r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    """Every (library, version) of one requirements file; a library may have one version for each Python."""
    return set(PIN.findall((REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")))


def declared(extra: str) -> Iterator[Requirement]:
    """What an extra asks for, with the extras of our own that it names spelt out."""
    for line in EXTRAS[extra]:
        requirement = Requirement(line)
        if requirement.name == "freio":
            for inner in requirement.extras:
                yield from declared(inner)
        else:
            yield requirement


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; say the whole name"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_every_declared_library_is_pinned_at_a_version_that_fits(extra: str) -> None:
    """A requirements file that is older than pyproject.toml is told apart: `make pins` writes it anew."""
    base = [Requirement(line) for line in PROJECT["dependencies"]]
    for requirement in [*base, *declared(extra)]:
        versions = [version for name, version in pins(extra) if canonicalize_name(requirement.name) == name]
        assert versions, f"{requirement.name} is not in requirements/{extra}.txt: run `make pins`"
        assert all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_a_function_runs_on_the_versions_that_were_tested(extra: str) -> None:
    """Each file is a part of dev.txt, to the last version."""
    assert pins(extra) <= pins("dev")


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.txt")), ids=lambda path: path.name)
def test_a_requirements_file_pins_hashes_and_names_no_host_and_no_folder(path: Path) -> None:
    """It installs the same files from whatever index its reader uses."""
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--index|--find-links|--extra-index|(^|\s)/\w|file:|\.\./", text)


def test_only_spend_watch_installs_pyod() -> None:
    """The inbox that answers within three seconds carries no numerical library."""
    heavy = {"pyod", "numba", "scikit-learn", "numpy", "pandas", "scipy", "matplotlib"}
    assert "pyod" in {name for name, _ in pins("spend-watch")}
    for light in ("slack-inbox", "budget-alert"):
        assert not heavy & {name for name, _ in pins(light)}
    assert "pyod" not in {name for name, _ in pins("enforcer")}


def test_every_function_has_its_own_extra_and_its_own_lock() -> None:
    """A folder under functions/ without them could not be bundled."""
    names = [function.replace("_", "-") for function in bundle.functions()]
    assert names
    assert set(names) <= set(EXTRAS)
    assert all((REQUIREMENTS / f"{name}.txt").is_file() for name in names)


@pytest.mark.parametrize("function", bundle.functions())
def test_a_bundle_holds_the_function_its_lock_and_the_library_without_the_sandbox(
    function: str, tmp_path: Path
) -> None:
    """What is deployed is what was tested, less what only the demo needs."""
    bundle.build(function, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = archive.namelist()
        assert archive.read("main.py") == (ROOT / "functions" / function / "main.py").read_bytes()
        assert archive.read("requirements.txt") == (REQUIREMENTS / f"{function.replace('_', '-')}.txt").read_bytes()
    assert {"freio/__init__.py", "freio/errors.py", "freio/py.typed"} <= set(names)
    assert not [name for name in names if "sandbox" in name or "__pycache__" in name or name.endswith("cli.py")]
    assert {f"freio/sql/{path.name}" for path in (LIBRARY / "sql").glob("*.sql")} <= set(names)


@pytest.mark.parametrize("function", bundle.functions())
def test_a_bundle_is_the_same_bytes_in_another_clone(function: str, tmp_path: Path) -> None:
    """Neither a file's date nor its mode nor the order of a folder reaches the archive."""
    for name, origin in bundle.contents(function).items():
        folder = "shared" if name.startswith("freio/") else ""
        within = Path(folder, name) if folder else origin.relative_to(ROOT)
        copy = tmp_path / "clone" / within
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(origin.read_bytes())
        copy.chmod(0o600)
    bundle.build(function, tmp_path / "here.zip")
    bundle.build(function, tmp_path / "there.zip", root=tmp_path / "clone")
    assert (tmp_path / "here.zip").read_bytes() == (tmp_path / "there.zip").read_bytes()


@pytest.mark.parametrize("function", bundle.functions())
def test_what_a_bundle_imports_of_freio_is_in_the_bundle(function: str) -> None:
    """Nothing that is deployed needs the sandbox or the command line, not even in a late import."""
    held = bundle.contents(function)
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in held}
    for name, path in held.items():
        if path.suffix == ".py":
            for target in imported(path):
                if target.split(".")[0] == "freio":
                    # `from freio.errors import Refused` names a module and what stands in it.
                    assert {target, target.rpartition(".")[0]} & (modules - {"freio"}), f"{name} imports {target}"


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/main.py")), ids=lambda path: path.parent.name)
def test_a_function_goes_through_the_bootstrap(path: Path) -> None:
    """An entry point names no adapter and no vendor but the framework that calls it."""
    allowed = sys.stdlib_module_names | {"freio", "functions_framework", "cloudevents", "flask", "werkzeug"}
    for target in imported(path):
        assert target.split(".")[0] in allowed, target
        assert not target.startswith(("freio.adapters", "freio.sandbox")), target


@pytest.mark.parametrize(
    "path", sorted((LIBRARY / "domain").rglob("*.py")), ids=lambda path: str(path.relative_to(LIBRARY))
)
def test_the_domain_stands_on_the_standard_library(path: Path) -> None:
    """Pure rules need nothing but themselves and the exceptions they raise."""
    for target in imported(path):
        assert target.split(".")[0] in sys.stdlib_module_names or target.startswith(("freio.domain", "freio.errors"))


def test_importing_a_file_of_the_library_imports_no_vendor() -> None:
    """Importing does nothing: a cold start pays for what it uses, when it uses it."""
    code = (
        "import sys, pkgutil, importlib, freio\n"
        "skip = ('freio.adapters', 'freio.sandbox', 'freio.cli', 'freio.charts')\n"
        "for m in pkgutil.walk_packages(freio.__path__, 'freio.'):\n"
        "    m.name.startswith(skip) or importlib.import_module(m.name)\n"
        "print(*sorted({'pyod', 'numba', 'duckdb', 'matplotlib', 'grpc', 'slack_sdk'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_bare_make_prints_every_target_with_one_line() -> None:
    """Whoever types `make` learns what there is, and nothing is started."""
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"^  make {target} +\S", done.stdout, re.MULTILINE), target


@pytest.mark.parametrize(("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)])
def test_a_python_that_does_not_fit_is_told_so_in_one_sentence(version: tuple[int, int], *, fits: bool) -> None:
    """No traceback, no half-made environment: what is needed, and what is here."""
    code = (
        "import sys, runpy, importlib.util\n"
        f"sys.version_info = ({version[0]}, {version[1]}, 0, 'final', 0)\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'ensurepip' else found(name, *more)\n"
        "runpy.run_path('tools/setup.py', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert (f"apt install python{version[0]}.{version[1]}-venv" in done.stderr) is fits
    assert ("Freio needs Python 3.11 to 3.14" in done.stderr) is not fits


def test_set_up_reads_on_old_pythons() -> None:
    """Its syntax is that of Python 3.6, whose users deserve the sentence too."""
    ast.parse((ROOT / "tools" / "setup.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_real_part_fails_in_ci_and_skips_elsewhere(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's machine is asked for a browser, and no merge goes by without one."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="Chromium is not on this machine: `make browser` brings it"):
        real.require_real(None, "Chromium", "make browser")


@pytest.mark.real
def test_the_pubsub_emulator_answers(pubsub_address: str) -> None:
    """The real emulator takes a topic, so that what relies on it may."""
    request = urllib.request.Request(f"http://{pubsub_address}/v1/projects/freio-test/topics/ground", method="PUT")
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert reply.status == 200
