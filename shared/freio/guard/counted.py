"""An app's tokens by the hour, as a backtest finds them in bills: how fast they came, and what they cost.

Telemetry shows the busiest quarter of each hour; a bill shows hours. So a pace is that of a whole hour here, and a jump
is over the highest of the three hours before: a burst of minutes is not seen, and a runaway only when its hour ends.
Where a file's rows are finer, `freio.guard.within` has the paces, and what tokens cost is from here all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from freio.guard.paces import BEFORE, KEPT
from freio.guard.tariff import Uses
from freio.guard.telemetry import HOUR, floor_day
from freio.guard.token_rate import TokenRate

HOURS_BEFORE = BEFORE // HOUR
NOTHING_BILLED = datetime(1971, 1, 1, tzinfo=UTC)  # what tokens cost is told by the hours themselves
_OLD = timedelta(days=9)  # of what prices are held against
_ZERO = Decimal(0)


@dataclass(slots=True)
class Counted:
    """Takes in hour after hour of one app."""

    paces: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    uses: Uses = field(default_factory=lambda: Uses(NOTHING_BILLED))
    kept: int = 0  # hours up to the last one: as `freio.guard.paces` has them, from the beginning of a UTC day

    def add(self, start: datetime, tokens: Mapping[str, Decimal], costs: Mapping[str, Decimal]) -> None:
        """One hour, by model.

        An hour of which as many tokens were taken back as were used, or more (a correction is a row of the hour that it
        corrects), was no pace, and says nothing of a price: its cost over a negative number would be none. Telemetry,
        which production goes by, counts calls and takes none back.
        """
        self.kept = (start - floor_day(start - KEPT)) // HOUR + 1
        for model in {*self.paces, *tokens}:
            paces = self.paces[model]
            paces.append(max(0, round(tokens.get(model, _ZERO))))
            del paces[: -self.kept - HOURS_BEFORE]
        for model, count in tokens.items():
            hours = self.uses.estimated[model]
            if count > 0:
                hours[start] = (count, max(_ZERO, costs.get(model, _ZERO)))
            hours.pop(start - _OLD, None)

    def rates(self, costs: Mapping[str, Decimal]) -> tuple[TokenRate, ...]:
        """Of the models that ran in the last hour, dearest first; ``costs`` are that hour's.

        By hand: 10, 30, 20, 90 tokens an hour jump by 60 in the last one, over the highest of the three before it.
        """
        found = [
            TokenRate(
                project="",
                model=model,
                hours=tuple(paces[-self.kept :]),
                jumps=tuple(_jump(paces, at) for at in range(max(0, len(paces) - self.kept), len(paces))),
                cost=costs.get(model, _ZERO),
            )
            for model, paces in self.paces.items()
            if paces and paces[-1] > 0 and costs.get(model, _ZERO) > 0
        ]
        return tuple(sorted(found, key=lambda rate: -rate.cost))


def _jump(paces: list[int], at: int) -> int:
    return max(0, paces[at] - max(paces[max(0, at - HOURS_BEFORE) : at], default=paces[at]))
