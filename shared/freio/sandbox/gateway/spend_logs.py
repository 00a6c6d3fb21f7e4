"""The spend logs: one row for each request, let through or refused, as `/spend/logs/v2` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from freio.sandbox.gateway.errors import ProxyError

WRITTEN_AFTER = timedelta(seconds=15)  # rows are written in batches
COUNTED_TO = 10_000
_EQUAL = {"team_id": "team_id", "api_key": "api_key", "model_group": "model_group", "model": "model"}
_KNOWN = frozenset(
    {"start_date", "end_date", "page", "page_size", "sort_by", "sort_order", "status_filter", "error_code"}
    | {"error_message", *_EQUAL}
)


@dataclass
class SpendLogs:
    """In the order of their requests. `keeps_errors` and `keeps_any` are the client's settings."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    keeps_errors: bool = True
    keeps_any: bool = True

    def add(self, began: datetime, **columns: Any) -> None:
        failed = columns["status"] == "failure"
        if not self.keeps_any or (failed and not self.keeps_errors):
            return
        tokens = columns.pop("input_tokens", 0), columns.pop("output_tokens", 0)
        self.rows.append(
            {
                "request_id": f"request-{len(self.rows)}",
                "call_type": "acompletion",
                "spend": 0.0,
                "prompt_tokens": 0 if failed else tokens[0],
                "completion_tokens": 0 if failed else tokens[1],
                "total_tokens": 0 if failed else sum(tokens),
                "startTime": began.astimezone(UTC).isoformat(),
                "endTime": (began + timedelta(seconds=1)).astimezone(UTC).isoformat(),
                "cache_hit": "False",
                "user": "",
                **columns,
            }
        )

    def page(self, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """The reply to `/spend/logs/v2`."""
        if unknown := query.keys() - _KNOWN:
            raise ProxyError(501, "not_simulated", f"THE SANDBOX DOES NOT SIMULATE the filters {sorted(unknown)}")
        start, end = _moment(query, "start_date"), _moment(query, "end_date")
        found = [row for row in self.rows if _shown(row, start, end, now) and _fits(row, query)]
        if query.get("sort_order", "desc") == "desc":
            found.reverse()
        page, size = int(query.get("page", 1)), int(query.get("page_size", 50))
        if page < 1 or not 1 <= size <= 1_000:
            raise ProxyError(422, "bad_request", f"page {page} of {size}: a page has 1 to 1000 rows")
        total = min(len(found), COUNTED_TO)
        return {
            "data": found[(page - 1) * size : page * size],
            "total": total,
            "page": page,
            "page_size": size,
            "total_pages": -(-total // size),
            "total_is_capped": len(found) > COUNTED_TO,
        }


def _moment(query: Mapping[str, str], name: str) -> datetime:
    try:
        return datetime.strptime(query[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except (KeyError, ValueError) as exc:
        raise ProxyError(400, "bad_request", f"{name}: {query.get(name)!r}; YYYY-MM-DD HH:MM:SS expected") from exc


def _shown(row: Mapping[str, Any], start: datetime, end: datetime, now: datetime) -> bool:
    began, ended = datetime.fromisoformat(row["startTime"]), datetime.fromisoformat(row["endTime"])
    return start <= began <= end and ended + WRITTEN_AFTER <= now


def _fits(row: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    error = row["metadata"].get("error_information") or {}
    return all(
        (
            all(row[column] == query[name] for name, column in _EQUAL.items() if name in query),
            "status_filter" not in query or row["status"] == query["status_filter"],
            "error_code" not in query or error.get("error_code") == query["error_code"],
            "error_message" not in query or query["error_message"] in str(error.get("error_message", "")),
        )
    )
