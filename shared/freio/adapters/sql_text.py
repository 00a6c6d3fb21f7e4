"""The questions in `sql/`, each put together as one BigQuery statement."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from freio.errors import BadInput

_TABLE = re.compile(r"([A-Za-z][\w-]*\.)?([A-Za-z_]\w*\.)?[A-Za-z_]\w*")
_EXPORT = "`billing_export`"


@cache
def question(name: str, table: str) -> str:
    """The statement of `sql/<name>.sql`, which reads `line_items`, over the billing export in `table`.

    A table's name can be no query parameter, so it is checked and written in: the one thing that is not verbatim.
    """
    if not _TABLE.fullmatch(table):
        raise BadInput(f"table {table!r}: must be [[project.]dataset.]table, in letters, digits and underscores")
    line_items = _read("line_items")
    if line_items.count(_EXPORT) != 1:
        raise AssertionError(f"line_items.sql must read {_EXPORT} once")
    return f"WITH line_items AS (\n{line_items.replace(_EXPORT, f'`{table}`')})\n{_read(name)}"


def _read(name: str) -> str:
    return (files("freio") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
