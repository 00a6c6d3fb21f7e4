"""The generated sections of infra/terraform/README.md, each between ``<!-- name -->`` and ``<!-- /name -->``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.terraform.check import MODULE

README = MODULE / "README.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def bring(sections: dict[str, str], *, check: bool, command: str) -> None:
    """Write sections into the README; with ``check`` only compare, and end with 1 where one is stale."""
    before = after = README.read_text(encoding="utf-8")
    for name, content in sections.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, begun, rest = after.partition(opening)
        _, ended, tail = rest.partition(closing)
        if not begun or not ended:
            sys.exit(f"{README} has no section {opening.strip()} … {closing}")
        after = f"{head}{opening}\n{content}\n\n{closing}{tail}"
    if after == before:
        print(f"{README.name}: {', '.join(sections)} say what is so.")
    elif check:
        sys.exit(f"{README}: {', '.join(sections)}: not what is so any more; `{command}` writes them anew.")
    else:
        README.write_text(after, encoding="utf-8")
        print(f"{README.name}: {', '.join(sections)} written.")
