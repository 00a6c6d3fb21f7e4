"""BigQuery's SQL in DuckDB's dialect."""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp

from freio.adapters.sql_text import question


@cache
def in_duckdb(name: str, table: str) -> str:
    """`sql/<name>.sql` over `table`, for DuckDB; parameters keep their names.

    What DuckDB cannot say raises sqlglot's UnsupportedError: never a near miss.
    """
    tree = sqlglot.parse_one(question(name, table), read="bigquery").transform(_exact)
    return tree.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)


def _exact(node: exp.Expr) -> exp.Expr:
    """BigQuery's NUMERIC has nine decimals; DuckDB reads a bare DECIMAL as (18,3), which loses token prices."""
    if isinstance(node, exp.DataType) and node.this is exp.DataType.Type.DECIMAL and not node.expressions:
        return exp.DataType.build("DECIMAL(38,9)", dialect="duckdb")
    return node
