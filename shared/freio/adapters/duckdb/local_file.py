"""An export in a file of one's own: Parquet, CSV or JSON lines, of any of Google's schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from freio.adapters.duckdb.engine import DuckDbSession, prepared
from freio.adapters.duckdb.errors import translated
from freio.adapters.duckdb.file_columns import Found, as_read, refuse_impossible
from freio.adapters.warehouse.questions import Schema, Tables
from freio.adapters.warehouse.schemas import ENDS, KNOWN_BY, READ, TIMES, USAGE, Column
from freio.errors import BadInput

# Folders named `cost=5` are no columns. What a file's first rows do not show is not guessed from them: a CSV's quotes
# (labels may come late, and are quoted), and JSON's columns (BigQuery writes no key for what is NULL).
_CSV = """hive_partitioning = false, quote = '"', escape = '"'"""
_JSON = "hive_partitioning = false, maximum_depth = 1, sample_size = -1"
READERS = {
    ".parquet": "read_parquet($file, hive_partitioning = false)",
    ".csv": f"read_csv($file, all_varchar = true, header = true, {_CSV})",
    ".json": f"read_json($file, format = 'auto', {_JSON})",
    ".jsonl": f"read_json($file, format = 'newline_delimited', {_JSON})",
    ".ndjson": f"read_json($file, format = 'newline_delimited', {_JSON})",
}

# Tokens are counted, and their SKU says what they were: the unit is `count` in Google's rows. What else is counted (a
# request of grounding, an image) is no token, and storage and provisioned throughput are paid by their time.
_ARE_TOKENS = (
    r"lower({unit}) IN ('count', 'token', 'tokens')"
    r" AND regexp_matches({sku}, '(?i)\b(input|output|thinking|tokens?|cach\w+)\b')"
    r" AND NOT regexp_matches({sku}, '(?i)\b(storage|requests?|grounding|provisioned|images?|seconds?|characters?)\b')"
)
_IN_DETAILED = _ARE_TOKENS.format(unit="usage.unit", sku="sku.description")
_IN_FOCUS = _ARE_TOKENS.format(unit="ConsumedUnit", sku="ChargeDescription")
_TOKENS = {  # no credit is given in tokens
    Schema.DETAILED: f"CASE WHEN {_IN_DETAILED} THEN usage.amount ELSE 0 END AS cost,"
    " list_filter(credits, lambda x: FALSE) AS credits",
    Schema.FOCUS: f"CASE WHEN {_IN_FOCUS} THEN ConsumedQuantity ELSE 0 END AS BilledCost",
}
_STARTS = {Schema.DETAILED: ("usage_start_time", "cost"), Schema.FOCUS: ("ChargePeriodStart", "BilledCost")}
_HOUR = 3600
_STEPS = (300, 600, 900, 1200, 1800)  # seconds, in each of which telemetry has whole steps and an hour has so many


class LocalFile:
    """An `Engine` over the file at `path`, which is read once, into memory; any of them may be packed with gzip.

    ``tables.export`` names it. BadInput where it cannot be read as an export: what it holds, and what it may hold.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._schema = Schema.DETAILED
        self._has_tokens = False
        self._steps = 0

    @property
    def tables(self) -> Tables:
        self._opened()
        return Tables(export=self._table, file=str(self._path))

    @property
    def tokens(self) -> Tables | None:
        """The same rows with the tokens that were used in the place of what they cost; None: the file does not say."""
        self._opened()
        return Tables(export=f"tokens_{self._schema}", file=str(self._path)) if self._has_tokens else None

    @property
    def steps(self) -> Sequence[Tables]:
        """The same of each part of an hour, in their order, where rows are finer than hours; else none."""
        self._opened()
        return [Tables(export=f"tokens_{self._schema}_{step}") for step in range(self._steps)]

    @property
    def _table(self) -> str:
        return f"billing_export_{self._schema}"

    def mark(self, table: str) -> str:
        """A file is read once."""
        del table
        return ""

    @contextmanager
    def session(self) -> Iterator[DuckDbSession]:
        with translated(f"the billing export in {self._path}"):
            yield prepared(self._opened(), f"the billing export in {self._path}")

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            with translated(f"the billing export in {self._path}"):
                try:
                    self._connection = self._read()
                except duckdb.InvalidInputException as exc:
                    # DuckDB's first line says where and what; then it speaks of its own options.
                    why = str(exc).removeprefix("Invalid Input Error: ").partition("\n")[0]
                    raise BadInput(f"{self._path}: cannot be read: {why}") from exc
        return self._connection

    def _read(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:")
        prepared(connection, str(self._path))
        reader = self._reader()
        values: dict[str, Any] = {"file": _literally(self._path)}
        held = _columns(connection.execute(f"DESCRIBE SELECT * FROM {reader}", values))  # noqa: S608  one of READERS
        self._schema = self._schema_of(held)
        texts = {name: kind for name, kind in _wanted(self._schema).items() if name in held}
        if reader.startswith("read_json"):
            # As in CSV, each value is read as text, and turned into its type by us, who can say which one is wrong.
            reader, values["texts"] = reader.replace("$file,", "$file, columns = $texts,"), texts
        names = ", ".join(f'"{name}"' for name in texts)
        # Only what is read: an export has far more columns than that, and all of them would stand in memory.
        connection.execute(f"CREATE TEMP TABLE given AS SELECT {names} FROM {reader}", values)  # noqa: S608  names of READ, one of READERS
        held |= _columns(connection.execute("DESCRIBE given"))
        found = Found(path=self._path, connection=connection, held=held)
        selected = ", ".join(
            f'{as_read(found, name, column)} AS "{name}"' for name, column in READ[self._schema].items()
        )
        refuse_impossible(found, *TIMES[self._schema])
        connection.execute(f"CREATE TABLE billing_export_{self._schema} AS SELECT {selected} FROM given")  # noqa: S608  names of READ
        self._has_tokens = self._count_tokens(found, selected)
        connection.execute("DROP TABLE given")
        return connection

    def _count_tokens(self, found: Found, selected: str) -> bool:
        usage = USAGE[self._schema]
        if not all(
            name in found.held or (column.fields and all(f"{name}.{part}" in found.held for part in column.fields))
            for name, column in usage.items()
        ):
            return False
        used = ", ".join(f'{as_read(found, name, column)} AS "{name}"' for name, column in usage.items())
        names = ", ".join(f'"{name}"' for name in usage)
        found.connection.execute(
            f"CREATE TABLE tokens_{self._schema} AS SELECT * EXCLUDE ({names}) REPLACE ({_TOKENS[self._schema]})"  # noqa: S608  names of READ and USAGE
            f" FROM (SELECT {selected}, {used}, {self._ends(found)} AS freio_ends FROM given)"
        )
        self._steps = self._in_steps(found.connection)
        return True

    def _ends(self, found: Found) -> str:
        """When a row's usage ended; what cannot be read is not known: most files are read without it."""
        name = ENDS[self._schema]
        given = f"NULLIF(CAST(\"{name}\" AS VARCHAR), '')" if name in found.held else "NULL"
        return f"TRY_CAST({given} AS TIMESTAMPTZ)"

    def _in_steps(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Shows the tokens of each part of the hour, and says how many parts: the most that no row reaches out of.

        0: a row covers an hour, or is not known to end. Which part of the hour its tokens came in, nobody knows.
        """
        start, count = _STARTS[self._schema]
        for step in _STEPS:
            first, last = (
                f"CAST(floor(({moment}) / {step}) AS BIGINT)"
                for moment in (f"epoch({start})", "epoch(freio_ends) - 1e-3")
            )
            within, many = connection.execute(
                f"SELECT bool_and(COALESCE(freio_ends > {start} AND {first} = {last}, FALSE)), count(*)"  # noqa: S608  names of READ
                f" FROM tokens_{self._schema} WHERE {count} > 0"
            ).fetchall()[0]
            if not many or not within:
                continue
            parts = _HOUR // step
            for part in range(parts):
                connection.execute(
                    f"CREATE VIEW tokens_{self._schema}_{part} AS SELECT * FROM tokens_{self._schema}"  # noqa: S608  names of READ
                    f" WHERE {first} % {parts} = {part}"
                )
            return parts
        return 0

    def _reader(self) -> str:
        if not self._path.is_file():
            raise BadInput(f"{self._path}: there is no such file")
        if not self._path.stat().st_size:
            raise BadInput(f"{self._path}: is empty; a billing export has a header or rows")
        kinds = [suffix.lower() for suffix in self._path.suffixes if suffix.lower() != ".gz"]
        if not kinds or kinds[-1] not in READERS:
            raise BadInput(f"{self._path}: a billing export is read from {', '.join(READERS)} (or one of them in .gz)")
        return READERS[kinds[-1]]

    def _schema_of(self, held: dict[str, str]) -> Schema:
        known = [schema for name, schema in KNOWN_BY.items() if name in held]
        if len(known) != 1:
            raise BadInput(
                f"{self._path}: holds the columns {', '.join(held) or 'of nothing'}; a standard or detailed export has"
                " `usage_start_time`, a FOCUS export `ChargePeriodStart`"
            )
        return known[0]


def _literally(path: Path) -> str:
    """The path as DuckDB's readers take it, who else read `[`, `*` and `?` as patterns: of other files.

    >>> _literally(Path("export[1].csv"))
    'export[[]1].csv'
    """
    return "".join(f"[{sign}]" if sign in "[*?" else sign for sign in str(path))


def _columns(described: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """DuckDB's type of each column of a `DESCRIBE`."""
    return {name: kind for name, kind, *_ in described.fetchall()}


def _wanted(schema: Schema) -> Mapping[str, str]:
    """The columns that are read, as such and spread over dotted names, each with the text that a JSON value is."""
    columns = {**READ[schema], **USAGE[schema], ENDS[schema]: Column(kind="TIMESTAMP")}
    whole = {name: "VARCHAR" if column.kind != "RECORD" else "JSON" for name, column in columns.items()}
    spread = {f"{name}.{part}": "VARCHAR" for name, column in columns.items() for part in column.fields}
    return whole | spread
