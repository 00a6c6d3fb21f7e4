"""Google's own spend caps, as they were read: which service of which project Google pauses, and when.

A cap is a budget of one project, one service and the calendar month, counted in gross cost. Once it is used up, Google
blocks the service there until the month ends or a person lifts the cap. Freio reads caps and never writes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from freio.domain.money import Money

VERTEX_BILLED = "C7E2-9256-1C43"  # Agent Platform, formerly Vertex AI, in the Cloud Billing catalogue
SERVICES = {VERTEX_BILLED: "Vertex AI", "AEFD-7695-64FA": "Gemini API"}
"""What people call a service that caps may be set on. Cloud Run's id is in no document that we have: it is its id."""

BELIEVED = timedelta(hours=2)  # caps are read every hour, and every quarter of one while something is paused
_BILLED_APART = "claude"  # each Claude model is billed as a service of its own, which no cap of Vertex AI is about


class CapState(StrEnum):
    """Where a cap rests; the values are the Budget API's own."""

    CONFIGURED = "CONFIGURED"
    ENFORCED = "ENFORCED"  # used up: Google has paused the service
    AWAITING_NEXT_PERIOD = "AWAITING_NEXT_PERIOD"  # lifted by a person until the month ends
    UNKNOWN = "STATE_UNSPECIFIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendCap:
    """One cap.

    ``id``       the budget's resource name. ``service`` is the catalogue's id.
    ``moving``   Google is on the way from one state to another.
    ``since``    when it was first seen in this state (None: not compared with an earlier look yet).
    ``spent``    about what is spent on it, by Freio's own figures: all AI of the project's apps, net of credits,
                 where Google counts Vertex AI, gross. None: another service, or an app that spends elsewhere too.
    """

    id: str
    name: str
    project: str
    service: str
    limit: Money
    state: CapState
    moving: bool = False
    since: datetime | None = None
    spent: Money | None = None

    @property
    def pauses(self) -> bool:
        return self.state is CapState.ENFORCED

    @property
    def called(self) -> str:
        """The service as people know it."""
        return SERVICES.get(self.service, self.service)

    @property
    def full(self) -> Decimal | None:
        """How much of it is used up, as far as Freio knows; None: not known."""
        if self.spent is None or not self.limit.amount or self.spent.currency != self.limit.currency:
            return None
        return self.spent.amount / self.limit.amount

    def after(self, before: SpendCap | None, now: datetime) -> SpendCap:
        """With since when it is in its state, given the look before."""
        same = before is not None and before.state is self.state and before.since is not None
        return replace(self, since=before.since if before and same else now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapReport:
    """Every cap of the client's projects at the last look (`at`) that came through."""

    id: str = "spend-caps"
    at: datetime | None = None
    caps: tuple[SpendCap, ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def known(self, now: datetime) -> tuple[SpendCap, ...]:
        """What a brake may be withheld for; nothing, where nobody could look for a while: a cap may be lifted by now.

        >>> from datetime import UTC
        >>> CapReport().known(datetime(2026, 11, 1, tzinfo=UTC))
        ()
        """
        return self.caps if self.at is not None and now - self.at <= BELIEVED else ()


def pausing(caps: Iterable[SpendCap], project: str, model: str) -> SpendCap | None:
    """The cap by which Google has paused a model's traffic in a project; None: it is not paused.

    >>> cap = SpendCap(id="b", name="n", project="p", service=VERTEX_BILLED, limit=Money(Decimal(9), "USD"),
    ...                state=CapState.ENFORCED)
    >>> pausing([cap], "p", "gemini-2.5-pro") is cap, pausing([cap], "p", "claude-sonnet-4")
    (True, None)
    """
    if model.startswith(_BILLED_APART):
        return None
    return next((c for c in caps if c.pauses and c.project == project and c.service == VERTEX_BILLED), None)
