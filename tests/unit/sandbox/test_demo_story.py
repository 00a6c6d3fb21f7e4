"""What the demo tells at its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from freio.domain.incident import Verdict
from freio.domain.journal import Entry, Kind
from freio.sandbox.demo.story import _proof

if TYPE_CHECKING:
    from freio.sandbox.demo.replay import Replay

BRAKED = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Runaway:
    """Spend at 60 an hour in the last ten minutes before the brake, at 6 from then on, and at nothing earlier."""

    def spent_at(self, at: datetime) -> Decimal:
        loud = max(timedelta(), min(at, BRAKED) - (BRAKED - timedelta(minutes=10)))
        return Decimal(loud / HOUR * 60) + Decimal(max(timedelta(), at - BRAKED) / HOUR * 6)

    def rate_at(self, app: str, at: datetime, window: timedelta = HOUR) -> Decimal:
        assert app == "chat"
        return (self.spent_at(at) - self.spent_at(at - window)) / Decimal(window / HOUR)


def test_before_and_after_the_brake_are_seen_through_windows_of_one_length() -> None:
    """An hour before it would hold fifty calm minutes, and the brake would seem to have saved less than it did."""
    data = {"limit": "10", "before": "100", "now": "10", "exceeded": "3"}
    at = BRAKED + timedelta(minutes=10)
    entry = Entry(id="p", at=at, kind=Kind.PROOF, what=Verdict.BINDS, app="chat", data=data)
    told = _proof(cast("Replay", Runaway()), [entry], {"braked": BRAKED})
    assert told is not None
    assert (told["spend_rate_before"], told["spend_rate_after"]) == ("60.00", "6.00")
    assert (_proof(cast("Replay", Runaway()), [entry], {"braked": None}) or {})["spend_rate_before"] is None
