"""Keeps the catalogues at what the code says: ``python tools/i18n.py [--write]``.

Without ``--write`` it only tells what is out of date, and fails if anything is. With it, the template is written anew
and the catalogues take what is new, untranslated; nothing is guessed from similar sentences. The sandbox is a stand-in
for the world and has its own words.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

CODE = Path(__file__).parent.parent / "shared" / "freio"
LOCALES = CODE / "locales"
TEMPLATE = LOCALES / "freio.pot"
KEYWORDS = {"N_": None, "_": None}
HEADER = """\
# What Freio says. Written by tools/i18n.py.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: {language}\\n"

"""


def sources() -> Iterator[Path]:
    """Every module whose sentences people read."""
    sandbox = CODE / "sandbox"
    return (path for path in sorted(CODE.rglob("*.py")) if sandbox not in path.parents)


def extracted() -> Catalog:
    """Every marked sentence, with the module that says it; no line numbers, which every edit would change."""
    found = Catalog(charset="utf-8")
    for path in sources():
        for _, text, _, _ in extract_from_file("python", path, keywords=KEYWORDS):
            found.add(str(text), locations=[(path.relative_to(CODE.parent).as_posix(), 0)])
    return found


def catalogues() -> list[Path]:
    return sorted(LOCALES.glob("*/LC_MESSAGES/freio.po"))


def language_of(path: Path) -> str:
    return path.parent.parent.name


def template() -> bytes:
    return _written(extracted(), "")


def merged(path: Path) -> bytes:
    """A catalogue with what it has translated of what is said now."""
    known = read_po(path.read_bytes().splitlines(keepends=True), locale=language_of(path))
    said = extracted()
    for message in said:
        if message.id and (old := known.get(message.id)):
            message.string = old.string
    return _written(said, language_of(path))


def _written(catalogue: Catalog, language: str) -> bytes:
    body = BytesIO()
    write_po(body, catalogue, width=120, omit_header=True, sort_output=False, include_lineno=False)
    return HEADER.format(language=language).encode() + body.getvalue().lstrip()


def main(arguments: list[str]) -> int:
    wanted = {TEMPLATE: template(), **{path: merged(path) for path in catalogues()}}
    stale = [path for path, now in wanted.items() if not path.exists() or path.read_bytes() != now]
    for path in stale:
        if "--write" in arguments:
            path.write_bytes(wanted[path])
        print(f"{'written' if '--write' in arguments else 'out of date'}: {path}")
    return 0 if "--write" in arguments else len(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
