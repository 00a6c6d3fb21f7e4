"""The generated sections of both READMEs, each between ``<!-- name -->`` and ``<!-- /name -->``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools.terraform.check import MODULE, ROOT

README = MODULE / "README.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def bring(sections: dict[str, str], *, check: bool, command: str, into: Path = README) -> None:
    """Write sections into a README; with ``check`` only compare, and end with 1 where one is stale."""
    before = after = into.read_text(encoding="utf-8")
    shown = into.relative_to(ROOT) if into.is_relative_to(ROOT) else into
    for name, content in sections.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, begun, rest = after.partition(opening)
        _, ended, tail = rest.partition(closing)
        if not begun or not ended:
            sys.exit(f"{shown} has no section {opening.strip()} … {closing}")
        after = f"{head}{opening}\n{content}\n\n{closing}{tail}"
    if after == before:
        print(f"{shown}: {', '.join(sections)} say what is so.")
    elif check:
        sys.exit(f"{shown}: {', '.join(sections)}: not what is so any more; `{command}` writes them anew.")
    else:
        into.write_text(after, encoding="utf-8")
        print(f"{shown}: {', '.join(sections)} written.")
