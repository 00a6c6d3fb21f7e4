"""A message of Google's own cost-anomaly detection -> `AnomalyMessage`, whatever its shape. Nothing in here raises.

The Pub/Sub format is documented nowhere that we know. What is documented is the resource `Anomaly` of Cloud Billing
v1beta (`name` projects/…/anomalies/…, `deviation` with `actualSpend` and `expectedSpend`, `rootCauses`, `severity`,
`detectionTime`; googleapis/google-api-python-client, docs/dyn/cloudbilling_v1beta.projects.anomalies.html), so that is
understood whole. In any other shape the parts are looked for by what keys and texts are called, the shallowest first.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from freio.domain.anomaly import AnomalyMessage
from freio.domain.money import Money
from freio.domain.spend_cap import SERVICES
from freio.events import Message

KEPT = 20_000  # characters of a message that the journal keeps
NODES = 5_000  # values of a message that are looked at
FEW = 5
SHORT = 80
_BUDGET_KEYS = frozenset({"budgetDisplayName", "budgetAmount", "costIntervalStart", "budgetAmountType"})

_NO_LETTERS = re.compile(r"[^a-z]")
_PROJECT = re.compile(r"(?:^|/)projects/([a-z0-9][a-z0-9:.-]{3,62})(?:/|$)")
_PROJECT_LINK = re.compile(r"[?&]project=([a-z0-9][a-z0-9:.-]{3,62})")
_PROJECT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]|\d{6,15}")
_ACCOUNT = re.compile(r"(?<![0-9A-F])[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}(?![0-9A-F])")
_ANOMALY = re.compile(r"(?:^|/)anomalies/[^/]+$")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EXPECTED = re.compile(r"expected|usual|baseline|forecast|predict|typical|historical|average")
_ACTUAL = re.compile(r"actual|observed|current|cost|spend|amount|total")
_NO_AMOUNT = re.compile(r"percent|ratio|threshold|change|score|count|rank|currency|id$")
_EXCESS = re.compile(r"deviation|difference|delta|impact|excess|increase")

Found = tuple[tuple[str, ...], Any]


def is_budget(message: Message) -> bool:
    """Whether a message of the billing topic is a budget's: it says so in its attributes, or by its keys."""
    if "budgetId" in message.attributes:
        return True
    data = _loaded(message.data)
    return isinstance(data, Mapping) and bool(_BUDGET_KEYS & data.keys())


def read(message: Message) -> list[AnomalyMessage]:
    """Every anomaly in a message: one, as a rule; what cannot be read is one of an unknown shape."""
    data = _loaded(message.data)
    if isinstance(data, Mapping) and isinstance(data.get("anomalies"), list):
        data = data["anomalies"]
    several = data if isinstance(data, list) and data and all(isinstance(one, Mapping) for one in data) else [data]
    return [_read(one, message) for one in several[:100]]


def _loaded(raw: bytes) -> Any:
    """The data as JSON; as text, where it is none."""
    try:
        return json.loads(raw, parse_float=Decimal, parse_int=Decimal, parse_constant=str)
    except (ValueError, RecursionError, InvalidOperation):
        return raw.decode("utf-8", "replace")


def _read(data: Any, message: Message) -> AnomalyMessage:
    text = _clean(data if isinstance(data, str) else _dumped(data))
    found = list(_walked({"": data, **message.attributes}))
    digest = sha256(text.encode()).hexdigest()[:32]
    amounts = _amounts(found)
    return AnomalyMessage(
        key=_key(found) or digest,
        digest=digest,
        projects=_projects(found),
        account=next(iter(_matches(found, _ACCOUNT)), ""),
        actual=amounts.get("actual"),
        expected=amounts.get("expected"),
        excess=amounts.get("excess"),
        services=_services(found),
        severity=_first_text(found, "severity")[:SHORT],
        detected=_detected(found),
        links=tuple(dict.fromkeys(text for _, text in _texts(found) if text.startswith("https://")))[:FEW],
        text=text[:KEPT],
        published=message.published,
    )


def _dumped(data: Any) -> str:
    try:
        return json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
    except (ValueError, RecursionError):
        return repr(data)[:KEPT]


# ---- what stands where


def _walked(data: Any) -> Iterator[Found]:
    """Every value with the keys above it (letters alone, lower case), the shallowest first, no more than `NODES`."""
    waiting: deque[Found] = deque([((), data)])
    for _ in range(NODES):
        if not waiting:
            return
        path, value = waiting.popleft()
        yield path, _clean(value) if isinstance(value, str) else value
        if isinstance(value, Mapping):
            waiting.extend(((*path, _plain(key)), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend((path, inner) for inner in value)


def _clean(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can hold and no store can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _plain(key: object) -> str:
    return _NO_LETTERS.sub("", str(key).lower())


def _texts(found: Sequence[Found]) -> Iterator[tuple[str, str]]:
    """Texts with the key that they stand under."""
    for path, value in found:
        if isinstance(value, str):
            yield (path[-1] if path else ""), value


def _first_text(found: Sequence[Found], *keys: str) -> str:
    return next((text for key, text in _texts(found) if key in keys and text), "")


def _matches(found: Sequence[Found], pattern: re.Pattern[str]) -> list[str]:
    return [match.group(0) for _, text in _texts(found) if (match := pattern.search(text[:KEPT]))]


def _key(found: Sequence[Found]) -> str:
    """What the anomaly is called: its resource name, or an id of its own."""
    for key, text in _texts(found):
        if _ANOMALY.search(text) or (key in {"anomalyid", "anomalyname"} and text):
            return text[:200]
    return ""


def _projects(found: Sequence[Found]) -> tuple[str, ...]:
    """From resource names first, then from what stands under a key that says project, then from display names."""
    names = [match.group(1) for _, text in _texts(found) for match in _PROJECT.finditer(text[:KEPT])]
    names += [match.group(1) for _, text in _texts(found) for match in _PROJECT_LINK.finditer(text[:KEPT])]
    keyed = [text for key, text in _texts(found) if "project" in key and _PROJECT_ID.fullmatch(text)]
    numbered = [str(value) for path, value in found if path and "project" in path[-1] and _is_number(value)]
    shown = [text for key, text in _texts(found) if "displayname" in key and _PROJECT_ID.fullmatch(text)]
    every = dict.fromkeys((*names, *keyed, *numbered))
    return tuple(dict.fromkeys((*every, *shown)))[: 4 * FEW] if every else ()


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal) and value == value.to_integral_value() and 6 <= value.adjusted() + 1 <= 15


def _services(found: Sequence[Found]) -> tuple[str, ...]:
    named = [text for key, text in _texts(found) if key in {"service", "servicename", "servicedisplayname"}]
    caused = [
        str(value["displayName"])
        for _, value in found
        if isinstance(value, Mapping)
        and str(value.get("causeType", "")).upper() == "SERVICE"
        and "displayName" in value
    ]
    ids = [text for _, text in _texts(found) if text.startswith("services/")]
    called = [SERVICES.get(part, part) for part in (text.removeprefix("services/").split("/")[0] for text in ids)]
    plain = [SERVICES.get(text.removeprefix("services/"), text.removeprefix("services/")) for text in named]
    return tuple(dict.fromkeys(one[:SHORT] for one in (*caused, *plain, *([] if caused or plain else called))))[:FEW]


def _detected(found: Sequence[Found]) -> datetime | None:
    """When it was detected or, where that is not said, the first time that is."""
    times = [
        (0 if "detect" in key else 1, at)
        for key, text in _texts(found)
        if ("time" in key or "date" in key or "detected" in key) and (at := _instant(text)) is not None
    ]
    return min(times, key=lambda one: one[0])[1] if times else None


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


# ---- amounts


def _amounts(found: Sequence[Found]) -> dict[str, Money]:
    """Actual, expected, and the excess of the one over the other; of the first two, one is worked out where need be."""
    currency = next((text for key, text in _texts(found) if "currency" in key and _CURRENCY.fullmatch(text)), "")
    amounts: dict[str, Money] = {}
    for path, value in found:
        role = _role(path)
        if role and role not in amounts and (money := _money(value, currency)) is not None:
            amounts[role] = money
    excess = amounts.get("excess")
    if excess and "actual" not in amounts and _alike(amounts.get("expected"), excess):
        amounts["actual"] = amounts["expected"] + excess
    elif excess and "expected" not in amounts and _alike(amounts.get("actual"), excess):
        amounts["expected"] = amounts["actual"] - excess
    return amounts


def _alike(one: Money | None, other: Money) -> bool:
    return one is not None and one.currency == other.currency


def _role(path: Sequence[str]) -> str:
    """What an amount under this key is; empty where it is none."""
    key = path[-1] if path else ""
    if not key or _NO_AMOUNT.search(key):
        return ""
    if _EXCESS.search(key):
        return "excess"
    if _EXPECTED.search(key):
        return "expected"
    return "actual" if _ACTUAL.search(key) else ""


def _money(value: Any, currency: str) -> Money | None:
    """google.type.Money, an object with an amount and a currency, or a number beside a currency; None: no amount."""
    if isinstance(value, Mapping):
        own = next((v for k, v in value.items() if "currency" in _plain(k) and isinstance(v, str)), currency)
        if {"units", "nanos"} & value.keys():
            units, nanos = _number(value.get("units", 0)), _number(value.get("nanos", 0))
            return None if units is None or nanos is None else _of(units + nanos.scaleb(-9), own)
        amount = next((v for k, v in value.items() if _plain(k) in {"amount", "value"}), None)
        return _of(_number(amount), own)
    return _of(_number(value), currency)


def _of(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None or not _CURRENCY.fullmatch(currency) else Money(amount, currency)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and -12 <= number.adjusted() <= 15 else None
