"""How fast each app goes through tokens, model by model: what shows a runaway first.

Money of the last hour takes most of an hour to show that something began; tokens of the last quarter show it in
fifteen minutes. They are held against the same traffic's own paces, as money is against its own hours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from freio.domain.spend import Tokens
from freio.guard.estimate import Traffic
from freio.guard.paces import AN_HOUR, Paces, window


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRate:
    """One app's tokens of one model in one project.

    ``hours``  the highest pace of each hour that was, oldest first, in tokens an hour, and the present `pace` last.
    ``jumps``  the same of how far a pace was over the highest of the three hours before it, and the present one last.
    ``pace``   at which the last `WINDOW` ran that has wholly been reported.
    ``cost``   what an hour at that pace costs, in the client's currency.
    """

    project: str
    model: str
    hours: tuple[int, ...]
    jumps: tuple[int, ...]
    cost: Decimal

    @property
    def pace(self) -> int:
        return self.hours[-1]


@dataclass(slots=True)
class TokenSums:
    """Adds up the tokens of the window, with what they cost, by app and traffic."""

    now: datetime
    recent: dict[tuple[str, Traffic], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    cost: dict[tuple[str, Traffic], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    share: dict[tuple[str, Traffic], Decimal] = field(default_factory=dict)

    def step(self, app: str, tokens: Tokens, share: Decimal, cost: Decimal) -> None:
        """Five minutes, with what they cost; those outside the window do not count."""
        since, until = window(self.now)
        if since <= tokens.start < until and not tokens.is_dedicated:
            key = (app, (tokens.project, tokens.model))
            self.recent[key] += sum(tokens.counts.values()) * share
            self.cost[key] += cost * share
            self.share[key] = share

    def rates(self, paces: Paces) -> dict[str, list[TokenRate]]:
        """Each app's rates, dearest first; of what runs now alone: what has stopped is no runaway.

        An app's part of what was is the part that it has now: telemetry never told whose it was.
        """
        found: dict[str, list[TokenRate]] = defaultdict(list)
        for key, tokens in self.recent.items():
            app, (project, model) = key
            share, past = self.share[key], paces.of(project, model, self.now)
            jumps = [*(highest.jump for highest in past), paces.jump(project, model, self.now)]
            rate = TokenRate(
                project=project,
                model=model,
                hours=(*(round(highest.pace * share) for highest in past), round(tokens * AN_HOUR)),
                jumps=tuple(round(jump * share) for jump in jumps),
                cost=self.cost[key] * AN_HOUR,
            )
            found[app].append(rate)
        return {app: sorted(rates, key=lambda rate: -rate.cost) for app, rates in found.items()}
