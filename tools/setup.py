"""Brings .venv to what requirements/dev.txt and pyproject.toml say; does nothing where it already is.

``python3 tools/setup.py`` needs nothing but the standard library, and keeps to words that Python 3.6 can read, so
that an old interpreter is told what is wrong in one sentence instead of a traceback.

A stamp, written last, says what the environment was made from. A set-up that was interrupted left no stamp and is
done again from nothing; a second one that runs at the same time waits for the first.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST = (3, 11)
TOO_NEW = (3, 15)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "freio-stamp.json"
PYTHON = VENV / "bin" / "python"
LOCKED = ROOT / "requirements" / "dev.txt"
HERE = f"{Path(sys.executable).name} here is {platform.python_version()}"


def main() -> None:
    """Check the interpreter, then make the environment if it is not there yet."""
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        goal = os.environ.get("MAKECMDGOALS") or "setup"
        stop(f"Freio needs Python 3.11 to 3.14; {HERE}: name another one, as in `make PYTHON=python3.13 {goal}`.")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            package = "python{}.{}-venv".format(*sys.version_info)
            stop(f"Freio needs Python's {module} module, missing here: on Debian or Ubuntu, `apt install {package}`.")
    try:
        with alone():
            bring_up_to_date()
    except KeyboardInterrupt:
        stop("Set-up was interrupted; it starts again the next time.")
    except PermissionError as error:
        stop(f"Freio's set-up writes into its own folder only, and may not write {error.filename}.")


@contextlib.contextmanager
def alone() -> "Iterator[None]":
    """One set-up at a time: make may run two targets at once, and a test may run while a person starts the demo."""
    lock = ROOT / "build" / "setup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def bring_up_to_date() -> None:
    """Do only what differs from the stamp: the libraries, or merely Freio's own metadata and commands."""
    libraries = {
        "interpreter": [platform.python_version(), sys.implementation.name, platform.machine(), sys.base_prefix],
        "folder": str(ROOT),  # the commands in .venv/bin name it: a folder that moved is set up again
        "locked": digest(LOCKED),
    }
    wanted = {"libraries": libraries, "package": digest(ROOT / "pyproject.toml")}
    found = read_stamp()
    if found == wanted and PYTHON.exists():
        return
    if STAMP.exists():
        STAMP.unlink()
    if found.get("libraries") != libraries or not PYTHON.exists():
        install_libraries()
    # hatchling came with the libraries, pinned, so nothing is fetched to build Freio itself.
    pip("Freio itself", "--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    unfinished.replace(STAMP)


def install_libraries() -> None:
    """Make the environment anew. Wheels only: nothing that was downloaded runs while it is installed."""
    pinned = sum("==" in line for line in LOCKED.read_text(encoding="utf-8").splitlines())
    say(f"Setting up .venv: {pinned} pinned libraries for Python {platform.python_version()}, a minute or two.")
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(str(VENV))
    run("make .venv", sys.executable, "-I", "-m", "venv", str(VENV))
    pip("the libraries", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(LOCKED))


def pip(what: str, *arguments: str) -> None:
    """Install with pip, because it alone reads every index, proxy and certificate that the user has configured."""
    quietly = ("install", "--quiet", "--disable-pip-version-check")
    run(f"install {what}", str(PYTHON), "-I", "-m", "pip", *quietly, *arguments)


def run(what: str, *command: str) -> None:
    """Run a step; where it fails, its own words stand above one sentence of ours."""
    # A pip.conf may say `user` or `require-hashes` for everything, which an environment and our own folder refuse.
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_HASHES": "0"}
    if subprocess.run(command, cwd=str(ROOT), env=environment, check=False).returncode:
        stop(f"Set-up stopped: it could not {what} (why stands above); `make setup` starts again.")


def digest(path: Path) -> str:
    """Name a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp() -> "dict[str, object]":
    """Return what .venv was made from; nothing where it is absent or half made."""
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def say(sentence: str) -> None:
    """Print at once, before what a child prints."""
    print(sentence, flush=True)


def stop(sentence: str) -> None:
    """End with one sentence on standard error."""
    sys.exit(sentence)


if __name__ == "__main__":
    main()
