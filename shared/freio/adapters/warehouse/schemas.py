"""The columns of Google's exports that the questions read, in BigQuery's types.

Source: the tables that Google describes for the standard, detailed and FOCUS exports; a table has many more columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from freio.adapters.warehouse.questions import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``kind`` is STRING, TIMESTAMP, FLOAT64 or NUMERIC; a record has `fields` instead, by name, each a kind.

    ``required``: Google writes it in every row, and a row without it would be in no sum.
    """

    kind: str = "RECORD"
    repeated: bool = False
    required: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


def _record(*names: str) -> Column:
    return Column(fields=dict.fromkeys(names, "STRING"))


_STRING = Column(kind="STRING")
_CURRENCY = Column(kind="STRING", required=True)
_TIMESTAMP = Column(kind="TIMESTAMP", required=True)
_FLOAT = Column(kind="FLOAT64")

READ: Mapping[Schema, Mapping[str, Column]] = {
    Schema.DETAILED: {
        "service": _record("id", "description"),
        "sku": _record("id", "description"),
        "usage_start_time": _TIMESTAMP,
        "project": _record("id"),
        "labels": Column(repeated=True, fields={"key": "STRING", "value": "STRING"}),
        "location": _record("location"),
        "export_time": _TIMESTAMP,
        "cost": _FLOAT,
        "currency": _CURRENCY,
        "currency_conversion_rate": _FLOAT,
        "credits": Column(repeated=True, fields={"amount": "FLOAT64"}),
    },
    Schema.FOCUS: {
        "BilledCost": Column(kind="NUMERIC"),
        "BillingCurrency": _CURRENCY,
        "ChargeDescription": _STRING,
        "ChargePeriodStart": _TIMESTAMP,
        "RegionId": _STRING,
        "ServiceName": _STRING,
        "SkuId": _STRING,
        "SubAccountId": _STRING,
        "x_CurrencyConversionRate": _FLOAT,
        "x_ExportTime": _TIMESTAMP,
        "x_Labels": Column(repeated=True, fields={"Key": "STRING", "Value": "STRING"}),
        "x_Location": _STRING,
        "x_Project": _record("Id"),
        "x_ServiceId": _STRING,
    },
}
KNOWN_BY: Mapping[str, Schema] = {"usage_start_time": Schema.DETAILED, "ChargePeriodStart": Schema.FOCUS}
"""A column that only one of the schemas has."""
TIMES: Mapping[Schema, tuple[str, str]] = {
    Schema.DETAILED: ("usage_start_time", "export_time"),
    Schema.FOCUS: ("ChargePeriodStart", "x_ExportTime"),
}
"""When it was used, and when the row was written."""
USAGE: Mapping[Schema, Mapping[str, Column]] = {
    Schema.DETAILED: {"usage": Column(fields={"amount": "FLOAT64", "unit": "STRING"})},
    Schema.FOCUS: {"ConsumedQuantity": Column(kind="NUMERIC"), "ConsumedUnit": _STRING},
}
"""How much of it was used: read from a file that has it, to watch tokens again."""
ENDS: Mapping[Schema, str] = {Schema.DETAILED: "usage_end_time", Schema.FOCUS: "ChargePeriodEnd"}
"""When a row's usage ended: read from a file that has it, to see whether its rows are finer than an hour."""
