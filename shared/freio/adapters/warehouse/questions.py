"""The questions in `sql/`, each put together as one BigQuery statement or script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from freio.errors import BadInput

_TABLE = re.compile(r"([A-Za-z][\w-]*\.)?(\w+\.)?\w+")
_PARAMETER = re.compile(r"@([a-z_]+)")
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)
_READS = re.compile(r"\bFROM (?:attributed|export)\b")
_SELECT = re.compile(r"^SELECT\b", re.MULTILINE)


class Schema(StrEnum):
    """Which of Google's exports a table is. Standard and detailed share all columns that are read."""

    DETAILED = "detailed"
    FOCUS = "focus"

    @classmethod
    def of(cls, table: str) -> Schema:
        """By the name that Google gives the table.

        >>> Schema.of("acme.billing.gcp_billing_export_focus_01D4EE_079462_DFD6EC")
        <Schema.FOCUS: 'focus'>
        """
        return cls.FOCUS if "focus" in table.rpartition(".")[2].lower() else cls.DETAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Where the statements read and write.

    ``export`` is the client's billing export, ``[[project.]dataset.]table``. ``rollup``, where there is one, is Freio's
    own hourly rollup; beside it stand ``<rollup>_runs`` and ``<rollup>_lock``. ``file`` is the path that the export was
    read from, where it was: who gave it knows no table.
    """

    export: str
    rollup: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        for table in (self.export, *filter(None, [self.rollup])):
            if not _TABLE.fullmatch(table):
                raise BadInput(
                    f"table {table!r}: must be [[project.]dataset.]table, in letters, digits and underscores"
                )


@cache
def question(name: str, tables: Tables, *, rolled: bool = False) -> str:
    """The text of `sql/<name>.sql`, with what it reads put before it: the export's rows, or the rollup's.

    A table's name can be no query parameter, so it is checked and written in: the one thing that is not verbatim.
    """
    script = _COMMENT.sub("", _read(name))
    statements = [
        _SELECT.sub(lambda found: f"{_sources(tables, rolled=rolled)}{found[0]}", statement, count=1)
        if _READS.search(statement)
        else statement
        for statement in script.split(";")
    ]
    return _named(";".join(statements), tables)


def parameters(text: str) -> frozenset[str]:
    """The names of the parameters that a statement asks for."""
    return frozenset(_PARAMETER.findall(text))


def _sources(tables: Tables, *, rolled: bool) -> str:
    if rolled:
        return f"WITH attributed AS (\n{_COMMENT.sub('', _read('rolled'))})\n"
    parts = {
        "export": _read(f"export_{Schema.of(tables.export)}"),
        "hours": _read("hours"),
        "attributed": _read("attributed"),
    }
    return "WITH " + ",\n".join(f"{name} AS (\n{text})" for name, text in parts.items()) + "\n"


def _named(text: str, tables: Tables) -> str:
    for placeholder, table in (
        ("`billing_export`", tables.export),
        ("`rollup`", tables.rollup),
        ("`rollup_runs`", f"{tables.rollup}_runs"),
        ("`rollup_lock`", f"{tables.rollup}_lock"),
    ):
        text = text.replace(placeholder, f"`{table}`")
    return text


def _read(name: str) -> str:
    return (files("freio") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
