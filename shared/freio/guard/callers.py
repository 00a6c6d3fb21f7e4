"""Whose calls a runaway is: asked of what tells callers apart while an incident runs, and said once it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import App
from freio.domain.callers import CallerShare, driving
from freio.domain.explanation import Explanation
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.money import Money
from freio.errors import VendorError
from freio.guard.step import Step
from freio.guard.telemetry import floor_step
from freio.ports import CallLog

FILLING = timedelta(minutes=5)  # what is newer has not all been written
AGAIN = timedelta(hours=1)  # once somebody was named
UNTIL_NAMED = timedelta(minutes=15)


class CallerWatch:
    """Asks each log in order; the first that can name somebody is believed."""

    def __init__(self, logs: Sequence[CallLog]) -> None:
        self._logs = logs
        self._asked: dict[tuple[str, datetime], datetime] = {}

    def told(
        self, app: App, said: Explanation | None, before: Explanation | None, rate: Money
    ) -> tuple[Explanation | None, VendorError | None]:
        """The explanation with whose calls it is; what was known of the same trouble stays where nothing new is.

        ``rate``  what the hour that ends now costs. The error is of a log that could not be read: nobody is named by
        it, and the look goes on.
        """
        if said is None:
            return None, None
        known = before.caller if before is not None else None
        kept = replace(said, caller=known)
        trouble = (app.name, said.since)
        last = self._asked.get(trouble, known.at if known else None)
        if not self._logs or (last is not None and said.at - last < (AGAIN if known else UNTIL_NAMED)):
            return kept, None
        self._asked[trouble] = said.at
        unread: VendorError | None = None
        for log in self._logs:
            try:
                found = self._ask(log, app, said.at, _grown(said, rate))
            except VendorError as error:
                unread = unread or error
                continue
            if found is not None:
                return replace(said, caller=found), unread
        return kept, unread

    def _ask(self, log: CallLog, app: App, now: datetime, grown: Decimal | None) -> CallerShare | None:
        calls = log.calls(app, floor_step(now - FILLING))
        named = driving(calls, grown) if calls is not None else None
        if calls is None or named is None:
            return None
        caller, share = named
        return CallerShare(who=log.named(app, caller), share=share, of=calls.of, at=now)


def _grown(said: Explanation, rate: Money) -> Decimal | None:
    usual = said.usual.amount
    return max(Decimal(0), (rate.amount - usual) / usual) if usual > 0 else None


def tell(step: Step, incident: Incident, before: CallerShare | None) -> None:
    """In the thread and the journal, whenever it is somebody else than before."""
    caller = incident.explanation.caller if incident.explanation else None
    if caller is None or (before is not None and before.who == caller.who):
        return
    said = caller.said
    key = f"caller/{caller.at.isoformat()}"
    step.thread(incident, key, said.text, **dict(said.data))
    step.log(
        Kind.NOTICE,
        incident,
        "caller",
        key=f"{incident.id}/{key}",
        caller=str(caller.who),
        share=caller.share,
        of=caller.of,
    )
    step.draw(incident)
