"""How fast each app goes through tokens, model by model: what shows a runaway first.

Money of the last hour takes most of an hour to show that something began; tokens of the last quarter show it in
fifteen minutes. They are held against the same traffic's own paces, as money is against its own hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from freio.domain.money import Money
from freio.domain.spend import Tokens
from freio.guard.estimate import Traffic
from freio.guard.paces import AN_HOUR, Highest, Paces, or_none, unheard, window


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRate:
    """One app's tokens of one model in one project.

    ``hours``  the highest pace of each hour that was, oldest first, in tokens an hour, and the present `pace` last.
    ``jumps``  the same of how far a pace was over the highest of the three hours before it, and the present one last.
    ``so_far``  the highest pace and jump of the present hour up to now, ``requests_so_far`` those of requests (None:
               bills say nothing within an hour).
    ``pace``   at which the last `WINDOW` ran that has wholly been reported.
    ``cost``   what an hour at that pace costs, in the client's currency.
    ``requests``  as `hours`, but the requests that they came with, and ``request_jumps`` as `jumps`: known where the
               pace costs more than the money gate.
    ``unheard``  hours of which nobody knows anything, by how long before the present one; they stand as zero.
    """

    project: str
    model: str
    hours: tuple[int, ...]
    jumps: tuple[int, ...]
    cost: Decimal
    requests: tuple[int, ...] = ()
    request_jumps: tuple[int, ...] = ()
    so_far: tuple[int, int] | None = None
    requests_so_far: tuple[int, int] | None = None
    unheard: frozenset[int] = frozenset()

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
            self.recent[key] += tokens.total * share
            self.cost[key] += cost * share
            self.share[key] = share

    def dear(self, gate: Money) -> set[str]:
        """The projects in which some app's model costs more than the gate at its present pace: requests matter there.

        Of the others nothing is told (`freio.guard.detect_tokens.matters`), so their requests need not be known.
        """
        return {project for (_, (project, _)), cost in self.cost.items() if cost * AN_HOUR > gate.amount}

    def rates(self, paces: Paces, requests: Paces) -> dict[str, list[TokenRate]]:
        """Each app's rates, dearest first; of what runs now alone: what has stopped is no runaway.

        An app's part of what was is the part that it has now, and of requests that of tokens: telemetry never told
        whose they were.
        """
        found: dict[str, list[TokenRate]] = defaultdict(list)
        for key, tokens in self.recent.items():
            app, traffic = key
            share = self.share[key]
            past = paces.of(*traffic, self.now)
            hours, jumps = _shared(paces, past, traffic, share, self.now)
            asked = requests.of(*traffic, self.now)
            request_hours, request_jumps = _shared(requests, asked, traffic, share, self.now)
            rate = TokenRate(
                project=traffic[0],
                model=traffic[1],
                hours=(*hours[:-1], round(tokens * AN_HOUR)),
                jumps=jumps,
                cost=self.cost[key] * AN_HOUR,
                requests=request_hours,
                request_jumps=request_jumps,
                so_far=_part(paces.so_far(*traffic, self.now), share),
                requests_so_far=_part(requests.so_far(*traffic, self.now), share),
                unheard=unheard(past),
            )
            found[app].append(rate)
        return {app: sorted(rates, key=lambda rate: -rate.cost) for app, rates in found.items()}


def _part(highest: Highest, share: Decimal) -> tuple[int, int]:
    return round(highest.pace * share), round(highest.jump * share)


def _shared(
    paces: Paces, past: Sequence[Highest | None], traffic: Traffic, share: Decimal, now: datetime
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """An app's part of the paces and jumps of every hour that was, and of the present ones."""
    known = or_none(past)
    hours = (*(highest.pace for highest in known), paces.pace(*traffic, now))
    jumps = (*(highest.jump for highest in known), paces.jump(*traffic, now))
    return tuple(round(pace * share) for pace in hours), tuple(round(jump * share) for jump in jumps)
