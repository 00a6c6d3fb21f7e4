"""Which key of an app spends at the gateway: its spend logs, one row for each request.

The proxy's own reports by key go by the day, and a runaway is asked about while it is an hour old. So rows are read: of
the newest hour and of the same hour of seven days before, or of a part of it where an hour has more than can be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from freio.adapters.litellm.callers import Member, members_of
from freio.adapters.litellm.client import COUNTED_TO, LiteLlmApi, Row
from freio.domain.app import App
from freio.domain.callers import NOBODY, Calls, Measure
from freio.domain.phrase import Phrase
from freio.domain.sentences import AT_GATEWAY_KEY

SPANS = tuple(timedelta(minutes=minutes) for minutes in (60, 15, 5))
DAYS = 7
SHORT = 12  # signs of a hash, where a key has no alias


class GatewayCalls:
    """Implements `CallLog` for apps whose teams and keys the file names.

    Measured in the proxy's own spend, where it knows prices; else in tokens.
    """

    def __init__(self, api: LiteLlmApi) -> None:
        self._api = api
        self._names: dict[str, str] = {}

    def calls(self, app: App, until: datetime) -> Calls | None:
        """None, too, where a name of the file is unknown to the gateway, or five minutes have too many requests."""
        if not app.callers:
            return None
        members, unknown = members_of(self._api, app)
        if unknown or not members:
            return None
        for member in members:
            self._note(member)
        ends = [until - back * timedelta(days=1) for back in range(DAYS + 1)]
        span = next((span for span in SPANS if self._fits(members, ends, span)), None)
        if span is None:
            return None
        spans = [list(self._rows(members, end - span, end)) for end in ends]
        of = Measure.SPEND if any(_spend(row) for rows in spans for row in rows) else Measure.TOKENS
        now, *before = (self._summed(rows, of) for rows in spans)
        return Calls(of=of, now=now, before=tuple(before))

    def named(self, app: App, caller: str) -> Phrase:
        del app
        return Phrase.of(AT_GATEWAY_KEY, key=self._names.get(caller) or caller[:SHORT])

    def _note(self, member: Member) -> None:
        rows = member.keys if member.caller.kind == "team" else {member.caller.id: member.row}
        self._names |= {hashed: str(row["key_alias"]) for hashed, row in rows.items() if row.get("key_alias")}

    def _fits(self, members: Sequence[Member], ends: Sequence[datetime], span: timedelta) -> bool:
        return all(
            self._api.count(end - span, end, status_filter="success", **_where(member)) < COUNTED_TO  # ten pages
            for end in ends
            for member in members
        )

    def _rows(self, members: Sequence[Member], since: datetime, until: datetime) -> Iterator[Row]:
        for member in members:
            for row in self._api.logs(since, until, status_filter="success", **_where(member)):
                if str(row.get("cache_hit")).casefold() != "true":  # it cost nothing
                    yield row

    def _summed(self, rows: Sequence[Row], of: Measure) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            hashed = str(row.get("api_key") or NOBODY)
            metadata = row.get("metadata")
            alias = metadata.get("user_api_key_alias") if isinstance(metadata, dict) else None
            if alias:
                self._names.setdefault(hashed, str(alias))  # of a key that was deleted since
            sums[hashed] += _spend(row) if of is Measure.SPEND else Decimal(int(row.get("total_tokens") or 0))
        return sums


def _where(member: Member) -> dict[str, str]:
    return {"team_id" if member.caller.kind == "team" else "api_key": member.caller.id}


def _spend(row: Row) -> Decimal:
    """In USD."""
    return Decimal(str(row.get("spend") or 0))
