"""Rows of Google's billing exports, each with only what a test says about it, and the tables they are written to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.adapters.warehouse.questions import Schema
from freio.adapters.warehouse.schemas import READ, Column

VERTEX = ("C7E2-9256-1C43", "Gemini Enterprise Agent Platform")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_DUCKDB = {"STRING": "VARCHAR", "TIMESTAMP": "TIMESTAMPTZ", "FLOAT64": "DOUBLE", "NUMERIC": "DECIMAL(38,9)"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as Google writes it, of Gemini 2.5 Flash unless it says otherwise."""

    cost: float | None
    at: datetime = NOON
    exported: datetime | None = None
    credits: Sequence[float] | None = ()
    labels: Mapping[str, str | None] | None = field(default_factory=dict)
    project: str | None = "acme-chat"
    service: tuple[str | None, str | None] = VERTEX
    sku: str | None = "Gemini 2.5 Flash Global Text Input - Predictions"
    endpoint: str | None = "global"
    currency: str = "BRL"
    rate: float | None = 5.25

    @property
    def exported_at(self) -> datetime:
        return self.exported or self.at + timedelta(hours=6)

    @property
    def net(self) -> Decimal:
        taken_off = sum((_numeric(one) for one in self.credits or ()), Decimal(0))
        return _numeric(self.cost or 0) + taken_off

    def detailed(self) -> dict[str, Any]:
        """In the columns of the standard and the detailed export."""
        taken_off = None if self.credits is None else [{"amount": one} for one in self.credits]
        labels = None if self.labels is None else [{"key": k, "value": v} for k, v in self.labels.items()]
        return {
            "service": {"id": self.service[0], "description": self.service[1]},
            "sku": {"id": "B35A-60C0-A6D0", "description": self.sku},
            "usage_start_time": self.at.isoformat(),
            "project": {"id": self.project},
            "labels": labels,
            "location": {"location": self.endpoint},
            "export_time": self.exported_at.isoformat(),
            "cost": self.cost,
            "currency": self.currency,
            "currency_conversion_rate": self.rate,
            "credits": taken_off,
        }

    def focus(self) -> dict[str, Any]:
        """In the columns of the FOCUS export, where a cost is net already."""
        labels = None if self.labels is None else [{"Key": k, "Value": v} for k, v in self.labels.items()]
        return {
            "BilledCost": str(self.net),
            "BillingCurrency": self.currency,
            "ChargeDescription": self.sku,
            "ChargePeriodStart": self.at.isoformat(),
            "RegionId": self.endpoint,
            "ServiceName": self.service[1],
            "SkuId": "B35A-60C0-A6D0",
            "SubAccountId": self.project,
            "x_CurrencyConversionRate": self.rate,
            "x_ExportTime": self.exported_at.isoformat(),
            "x_Labels": labels,
            "x_Location": self.endpoint,
            "x_Project": {"Id": self.project},
            "x_ServiceId": self.service[0],
        }

    def of(self, schema: Schema) -> dict[str, Any]:
        return self.focus() if schema is Schema.FOCUS else self.detailed()


def _numeric(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("1e-9"))


def lines(rows: Sequence[Row], schema: Schema) -> str:
    """As lines of JSON."""
    return "\n".join(json.dumps(row.of(schema)) for row in rows)


def duckdb_types(schema: Schema) -> dict[str, str]:
    """The columns' types in DuckDB."""
    return {name: _duckdb_type(column) for name, column in READ[schema].items()}


def _duckdb_type(column: Column) -> str:
    if column.kind != "RECORD":
        return _DUCKDB[column.kind]
    inner = ", ".join(f'"{name}" {_DUCKDB[kind]}' for name, kind in column.fields.items())
    return f"STRUCT({inner}){'[]' if column.repeated else ''}"


def bigquery_schema(schema: Schema) -> list[dict[str, Any]]:
    """The columns as BigQuery's JSON schema writes them."""
    return [
        {
            "name": name,
            "type": column.kind,
            "mode": "REPEATED" if column.repeated else "NULLABLE",
            "fields": [{"name": part, "type": kind, "mode": "NULLABLE"} for part, kind in column.fields.items()],
        }
        for name, column in READ[schema].items()
    ]
