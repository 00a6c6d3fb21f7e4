"""The columns of Google's detailed ("resource") billing export, described once: DDL and reader come from here.

Names, types and nesting as in Google's published schema of ``gcp_billing_export_resource_v1_<account>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["STRING", "TIMESTAMP", "FLOAT", "NUMERIC", "BOOLEAN", "RECORD"]

# BigQuery's TIMESTAMP is an instant, so it is DuckDB's TIMESTAMPTZ; a bare NUMERIC would lose token prices.
_DUCKDB: Mapping[Kind, str] = MappingProxyType(
    {
        "STRING": "VARCHAR",
        "TIMESTAMP": "TIMESTAMPTZ",
        "FLOAT": "DOUBLE",
        "NUMERIC": "DECIMAL(38,9)",
        "BOOLEAN": "BOOLEAN",
    }
)


@dataclass(frozen=True)
class Column:
    """One column or field; `repeated` makes it a list; a RECORD has `fields`."""

    name: str
    kind: Kind = "STRING"
    repeated: bool = False
    fields: tuple[Column, ...] = ()

    def duckdb_type(self) -> str:
        """Its type in DuckDB.

        >>> Column("tags", "RECORD", True, (Column("key"), Column("inherited", "BOOLEAN"))).duckdb_type()
        'STRUCT("key" VARCHAR, "inherited" BOOLEAN)[]'
        """
        if self.kind == "RECORD":
            inner = "STRUCT(" + ", ".join(f'"{field.name}" {field.duckdb_type()}' for field in self.fields) + ")"
        else:
            inner = _DUCKDB[self.kind]
        return inner + ("[]" if self.repeated else "")

    def in_bigquery(self) -> dict[str, object]:
        """The field as BigQuery's JSON schema writes it."""
        field: dict[str, object] = {
            "name": self.name,
            "type": self.kind,
            "mode": "REPEATED" if self.repeated else "NULLABLE",
        }
        return {**field, "fields": [each.in_bigquery() for each in self.fields]} if self.fields else field


def _strings(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _floats(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "FLOAT") for name in names)


def _numerics(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "NUMERIC") for name in names)


def _record(name: str, *fields: Column) -> Column:
    return Column(name, "RECORD", fields=fields)


def _records(name: str, *fields: Column) -> Column:
    return Column(name, "RECORD", repeated=True, fields=fields)


_PAIR = _strings("key", "value")

COLUMNS: tuple[Column, ...] = (
    Column("billing_account_id"),
    _record("service", *_strings("id", "description")),
    _record("sku", *_strings("id", "description")),
    Column("usage_start_time", "TIMESTAMP"),
    Column("usage_end_time", "TIMESTAMP"),
    _record(
        "project",
        *_strings("id", "number", "name"),
        _records("labels", *_PAIR),
        Column("ancestry_numbers"),
        _records("ancestors", *_strings("resource_name", "display_name")),
    ),
    _records("labels", *_PAIR),
    _records("system_labels", *_PAIR),
    _record("location", *_strings("location", "country", "region", "zone")),
    _record("resource", *_strings("name", "global_name")),
    _records("tags", *_PAIR, Column("inherited", "BOOLEAN"), Column("namespace")),
    _record(
        "price",
        *_numerics("effective_price", "tier_start_amount"),
        Column("unit"),
        *_numerics("pricing_unit_quantity", "list_price", "effective_price_default", "list_price_consumption_model"),
    ),
    Column("transaction_type"),
    Column("seller_name"),
    Column("export_time", "TIMESTAMP"),
    Column("cost", "FLOAT"),
    Column("currency"),
    Column("currency_conversion_rate", "FLOAT"),
    _record(
        "usage",
        Column("amount", "FLOAT"),
        Column("unit"),
        Column("amount_in_pricing_units", "FLOAT"),
        Column("pricing_unit"),
    ),
    _records("credits", Column("name"), Column("amount", "FLOAT"), *_strings("full_name", "id", "type")),
    _record("invoice", *_strings("month", "publisher_type")),
    Column("cost_type"),
    _record("adjustment_info", *_strings("id", "description", "mode", "type")),
    _record("subscription", Column("instance_id")),
    *_floats("cost_at_list", "cost_at_effective_price_default", "cost_at_list_consumption_model"),
    _record("consumption_model", *_strings("id", "description")),
)
