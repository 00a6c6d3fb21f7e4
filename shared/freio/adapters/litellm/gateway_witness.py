"""What a gateway itself reports of a target: its spend logs, one row for each request (`/spend/logs/v2`).

It is the proxy's one report that is finer than a day: `/global/activity`, `/team/daily/activity` and their like group
by day, and the counters of `/metrics` are no series (somebody has to scrape them) and an extra to be configured.
https://docs.litellm.ai/docs/proxy/ui_logs

What is lost where the client has switched logs off (``general_settings``): with ``disable_error_logs`` refusals are
not seen, and only usage that is pinned at the limit proves a brake; with ``disable_spend_logs`` nothing is seen, and
the proof stays open. Proxies of before 2026 refuse in other words ("Crossed TPM / RPM"), which are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from freio.adapters.litellm.callers import Member
from freio.adapters.litellm.client import COUNTED_TO, LiteLlmApi, Row
from freio.adapters.litellm.standing import MODEL, Caller
from freio.domain.gateway import Counts, Gateway
from freio.domain.proof import Window
from freio.domain.target import Target

LAG = timedelta(minutes=2)  # rows are written every 10 to 15 s (`PROXY_BATCH_WRITE_AT`), after their request has ended
_SAID = {"tpm": "tokens", "rpm": "requests"}
_COLUMN = {Counts.TOTAL: "total_tokens", Counts.INPUT: "prompt_tokens", Counts.OUTPUT: "completion_tokens"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Team:
    """The keys of a team, by hash: those that its limit of a model holds, and those ``apart`` with one of their own."""

    held: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


class GatewayWitness:
    """Reads the windows of a gateway's targets."""

    def __init__(self, api: LiteLlmApi, gateway: Gateway, *, now: Callable[[], datetime], lag: timedelta = LAG) -> None:
        self._api = api
        self._gateway = gateway
        self._now = now
        self._lag = lag

    def windows(
        self,
        target: Target,
        since: datetime,
        until: datetime,
        minutes: int,
        *,
        takes: tuple[str, ...] = (),  # noqa: ARG002  # a limit takes nothing away
    ) -> list[Window]:
        """Usage a minute in what the gateway counts, and requests that it refused for this limit, in whole windows.

        Windows begin at whole seconds, as the proxy is asked; those of the last two minutes are left out. Of a team
        only those keys are counted that its limit holds: one with a limit of its own for the model goes by that.
        """
        width, first = timedelta(minutes=minutes), since.astimezone(UTC).replace(microsecond=0)
        whole = (min(until, self._now() - self._lag) - first) // width
        if whole < 1:
            return []
        team = self._team(target)
        return [
            Window(
                start=start,
                usage=round(self._used(target, start, start + width, team.apart) / minutes),
                exceeded=self._refused(target, start, width, team),
            )
            for start in (first + at * width for at in range(whole))
        ]

    def _team(self, target: Target) -> _Team:
        """Nobody, where the target is no limit of a model of a team."""
        caller, model = Caller.of(target), target.dimension(MODEL)
        if caller.kind != "team" or model is None:
            return _Team()
        rows = self._api.keys(team_id=caller.id)
        keys = [Member(caller=Caller("key", str(row.get("token"))), row=row) for row in rows]
        apart = frozenset(key.caller.id for key in keys if key.own(target.metric, model) is not None)
        return _Team(apart=apart, held=frozenset(key.caller.id for key in keys) - apart)

    def _used(self, target: Target, since: datetime, until: datetime, apart: frozenset[str]) -> int:
        """What was let through in one window: rows come by the request, and half an hour of a runaway is too many.

        Both ends of a question are included, so the last is cut off.
        """
        used = 0
        for row in self._api.logs(since, until, status_filter="success", **_where(target)):
            began = _moment(row.get("startTime"))
            if began is None or not since <= began < until or str(row.get("cache_hit")).casefold() == "true":
                continue
            if row.get("api_key") in apart:
                continue
            used += 1 if target.metric == "rpm" else counted(row, self._gateway.counts)
        return used

    def _refused(self, target: Target, start: datetime, width: timedelta, team: _Team) -> int:
        """Requests that this limit refused: a 429 of the provider's, or of another limit, says something else.

        A key's own limit refuses in the words that a team's limit has for its keys, so that its refusals are taken off.
        """
        where = {name: value for name, value in _where(target).items() if name != "model_group"}

        def count(**key: str) -> int:
            return self._api.count(
                start,
                start + width - timedelta(seconds=1),
                status_filter="failure",
                error_code="429",
                error_message=refusal(target),
                **where,
                **key,
            )

        total = count()
        if not total or not team.apart:
            return total
        if total < COUNTED_TO:
            return max(0, total - sum(count(api_key=hashed) for hashed in sorted(team.apart)))
        return sum(count(api_key=hashed) for hashed in sorted(team.held))


def refusal(target: Target) -> str:
    """Part of what the proxy says when it refuses for this limit, as it stands in the log's ``error_message``.

    A team's limit of a model is counted for each of its keys as well, and refuses in either name.

    >>> refusal(Caller("key", "0a1b").target("llm.acme.example", "tpm", "chat"))
    'Rate limit exceeded for model_per_key: 0a1b:chat. Limit type: tokens'
    >>> refusal(Caller("team", "t-1").target("llm.acme.example", "tpm", "chat"))
    ':chat. Limit type: tokens'
    """
    caller, model = Caller.of(target), target.dimension(MODEL)
    end = f". Limit type: {_SAID[target.metric]}"
    if model is None:
        return f"Rate limit exceeded for {'api_key' if caller.kind == 'key' else 'team'}: {caller.id}{end}"
    if caller.kind == "team":
        return f":{model}{end}"
    return f"Rate limit exceeded for model_per_key: {caller.id}:{model}{end}"


def counted(row: Row, counts: Counts) -> int:
    """The tokens of a request as the limiter counts them: cached input is left out, where input counts at all.

    >>> usage = {"prompt_tokens_details": {"cached_tokens": 40}}
    >>> row = {"total_tokens": 130, "completion_tokens": 30, "metadata": {"usage_object": usage}}
    >>> counted(row, Counts.TOTAL), counted(row, Counts.OUTPUT)
    (90, 30)
    """
    tokens = int(row.get(_COLUMN[counts]) or 0)
    return tokens if counts is Counts.OUTPUT else max(0, tokens - _cached(row.get("metadata")))


def _cached(metadata: object) -> int:
    if not isinstance(metadata, dict):
        return 0
    for name in ("usage_object", "additional_usage_values"):
        details = _mapping(_mapping(metadata.get(name)).get("prompt_tokens_details"))
        if isinstance(cached := details.get("cached_tokens"), int):
            return cached
    return 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _where(target: Target) -> dict[str, str]:
    caller, model = Caller.of(target), target.dimension(MODEL)
    return {
        "team_id" if caller.kind == "team" else "api_key": caller.id,
        **({} if model is None else {"model_group": model}),
    }


def _moment(text: object) -> datetime | None:
    """The proxy's times are UTC, with or without saying so."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
