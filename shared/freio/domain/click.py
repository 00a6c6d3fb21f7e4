"""What a person did in the chat, in our words: the message that `slack_inbox` enqueues and `enforcer` takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Verb(StrEnum):
    """What was clicked, submitted or typed."""

    THROTTLE = "throttle"
    KEEP = "keep"
    EXPECTED = "expected"
    SNOOZE = "snooze"
    RAISE = "raise"
    RELEASE = "release"
    APPROVE = "approve"
    DENY = "deny"
    STATUS = "status"
    BUDGET = "budget"
    PLAN = "plan"
    PLANS = "plans"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One act of one person.

    ``id``        the same act, delivered twice, has the same id: it counts once.
    ``incident``  and ``revision``: the question that the button was drawn for. A slash command names the ``app``
                  instead, and answers whatever question is open.
    ``ask``       the request that is approved or denied.
    ``amount``    in the client's currency; ``until`` and ``why`` as typed into the form.
    ``since``     and ``factor``: from when on, and how many times the usual, somebody expects (PLAN); ``number``: what
                  of all that was said of the app is withdrawn (WITHDRAW).
    """

    id: str
    person: str
    verb: Verb
    at: datetime
    channel: str
    incident: str = ""
    revision: int = 0
    app: str = ""
    ask: str = ""
    amount: Decimal | None = None
    until: datetime | None = None
    why: str = ""
    since: datetime | None = None
    factor: Decimal | None = None
    number: int = 0
