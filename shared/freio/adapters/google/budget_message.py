"""A Cloud Billing budget notification, as Pub/Sub delivers it -> `BudgetMessage`.

Format: attributes ``billingAccountId``, ``budgetId``, ``schemaVersion``; data is JSON. ``alertThresholdExceeded`` and
``forecastThresholdExceeded`` are absent until crossed. Source: Cloud Billing's documentation of programmatic
notifications, schema version 1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from freio.domain.budget import BudgetMessage
from freio.domain.money import Money
from freio.errors import BadMessage
from freio.events import Message

SCHEMA_VERSIONS = {"1.0"}
DIGITS = 18  # before the point: no money has more, and no sum is thrown out of its precision


def parse(message: Message) -> BudgetMessage:
    """The message in our words. `BadMessage` names the key, what stands there and what may, and is about the budget."""
    try:
        return _parsed(message)
    except BadMessage as fault:
        fault.about = message.attributes.get("budgetId", "")
        raise


def _parsed(message: Message) -> BudgetMessage:
    version = message.attributes.get("schemaVersion")
    if version not in SCHEMA_VERSIONS:
        raise BadMessage("schema_version", f"schemaVersion: {version!r}; may be {', '.join(sorted(SCHEMA_VERSIONS))}")
    data = _json(message.data)
    currency = _text(data, "currencyCode")
    return BudgetMessage(
        account=_text(message.attributes, "billingAccountId"),
        budget_id=_text(message.attributes, "budgetId"),
        name=_name(data),
        interval_start=_instant(data, "costIntervalStart"),
        cost=Money(_amount(data, "costAmount"), currency),
        budget=Money(_amount(data, "budgetAmount"), currency),
        amount_type=_text(data, "budgetAmountType"),
        actual=_ratio(data, "alertThresholdExceeded"),
        forecast=_ratio(data, "forecastThresholdExceeded"),
        published=message.published,
    )


def _json(raw: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(raw, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as exc:
        raise BadMessage("json", f"the data is not JSON: {raw[:80]!r} ({exc})") from exc
    if not isinstance(data, dict):
        raise BadMessage("json", f"the data is {type(data).__name__}; must be an object: {raw[:80]!r}")
    return data


def _name(data: Mapping[str, Any]) -> str:
    """A budget needs no display name; one without is no app's, and its messages are another's affair."""
    return _text(data, "budgetDisplayName") if data.get("budgetDisplayName") else ""


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise BadMessage("missing", f"{key}: {value!r}; must be a text")
    return value


def _amount(data: Mapping[str, Any], key: str) -> Decimal:
    value = _number(data, key)
    if value is None:
        raise BadMessage("missing", f"{key}: missing; must be a number, zero or more")
    if value < 0:
        raise BadMessage("negative", f"{key}: {value}; must be zero or more")
    return value


def _ratio(data: Mapping[str, Any], key: str) -> Decimal | None:
    value = _number(data, key)
    if value is not None and value <= 0:
        raise BadMessage("negative", f"{key}: {value}; must be a ratio above zero, such as 0.9")
    return value


def _number(data: Mapping[str, Any], key: str) -> Decimal | None:
    value = data.get(key)
    if value is None:
        return None
    try:
        number = Decimal(str(value)) if isinstance(value, Decimal | float | str) else Decimal("NaN")
    except InvalidOperation as exc:
        raise BadMessage("number", f"{key}: {value!r}; must be a number") from exc
    if not number.is_finite() or number.adjusted() > DIGITS:
        raise BadMessage("number", f"{key}: {str(value)[:80]!r}; must be a number of at most {DIGITS} digits")
    return number


def _instant(data: Mapping[str, Any], key: str) -> datetime:
    text = _text(data, key)
    try:
        at = datetime.fromisoformat(text)
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise BadMessage("time", f"{key}: {text!r}; must be a time such as 2026-11-01T07:00:00Z") from exc
    if at.tzinfo is None:
        raise BadMessage("time", f"{key}: {text!r}; must name its zone, as in 2026-11-01T07:00:00Z")
    return utc
