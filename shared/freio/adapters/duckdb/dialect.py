"""BigQuery's SQL in DuckDB's dialect."""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp


@cache
def in_duckdb(sql: str) -> tuple[str, ...]:
    """The statements of a BigQuery script, for DuckDB; parameters keep their names.

    What DuckDB cannot say raises sqlglot's UnsupportedError: never a near miss. What only saves BigQuery work is left
    out: partitions and clusters, which a DuckDB file has not; the moment of ingestion, for which that of export stands.
    """
    return tuple(_said(tree) for tree in sqlglot.parse(sql, read="bigquery") if tree is not None)


def _said(tree: exp.Expr) -> str:
    changed = tree.transform(_in_one_file)
    assert changed is not None, "a statement is never left out as a whole"
    return changed.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)


def _in_one_file(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, exp.DataType) and node.this is exp.DataType.Type.DECIMAL and not node.expressions:
        # BigQuery's NUMERIC has nine decimals; DuckDB reads a bare DECIMAL as (18,3), which loses token prices.
        return exp.DataType.build("DECIMAL(38,9)", dialect="duckdb")
    if isinstance(node, exp.Column) and node.name == "_PARTITIONTIME":
        return exp.column("export_time", table="item")
    if isinstance(node, exp.Properties):
        return None
    return node
