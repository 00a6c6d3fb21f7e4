"""Builds dist/<function>.zip: all that one function needs, and the same bytes on every machine.

A bundle holds the function's ``main.py``, its locked ``requirements.txt`` and ``freio/`` without ``sandbox/`` (the
stand-ins of the demo) and ``cli.py`` (the command line, which starts them).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"sandbox", "cli.py", "__pycache__"}
# The earliest instant that a zip archive can hold: a file's own would change the archive from clone to clone.
STAMP = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16


def contents(function: str, root: Path = ROOT) -> dict[str, Path]:
    """Return what one bundle holds: name in the archive → file, in the archive's order."""
    held = {
        "main.py": root / "functions" / function / "main.py",
        "requirements.txt": root / "requirements" / f"{function.replace('_', '-')}.txt",
    }
    library = root / "shared" / "freio"
    for path in library.rglob("*"):
        within = path.relative_to(library)
        if path.is_file() and not LEFT_OUT & set(within.parts):
            held[f"freio/{within.as_posix()}"] = path
    return dict(sorted(held.items()))


def build(function: str, destination: Path, root: Path = ROOT) -> None:
    """Write one archive; the same content gives the same bytes."""
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in contents(function, root).items():
            entry = zipfile.ZipInfo(name, date_time=STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = READABLE
            archive.writestr(entry, path.read_bytes())


def functions(root: Path = ROOT) -> list[str]:
    """Return every folder of functions/, in order."""
    return sorted(path.name for path in (root / "functions").iterdir() if path.is_dir() and path.name != "__pycache__")


def main() -> None:
    """Build all bundles, and print each one's size and SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="the folder to write to (dist)")
    folder: Path = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    names = functions()
    if not names:
        sys.exit("there is no folder under functions/ to bundle")
    for name in names:
        archive = folder / f"{name}.zip"
        build(name, archive)
        content = archive.read_bytes()
        print(f"{archive.name:<20} {len(content):>9,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
