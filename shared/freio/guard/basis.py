"""What an estimate stands on, said to whoever reads it: a share of something, and how bills compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.attribution import Traits, sharing
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    ESTIMATE_DEDICATED,
    ESTIMATE_ODD,
    ESTIMATE_RECONCILED,
    ESTIMATE_SHARED,
    ESTIMATE_UNBILLED,
    ESTIMATE_UNDIVIDED,
    ESTIMATE_UNRECONCILED,
)
from freio.guard.estimate import Shares, Traffic
from freio.guard.reconcile import Ratio
from freio.guard.sums import Sums

SHOWN = 3  # shares of one app: the message says what is dearest, and is no report


def share_of(
    client: Client, known: Shares, traffic: Traffic, *, owners: Mapping[str, Decimal], app: str, until: datetime
) -> Phrase | None:
    """That this app's part of a traffic is a share, and how it is known; None: it is all its own.

    No log of requests is asked: Vertex AI's has neither labels nor callers (see the facts on its table), so it could
    tell apps apart no better than the bill can.
    """
    project, model = traffic
    if traffic in known:
        share = owners[app]
        if share == 1:
            return None
        said = f"{share:.4f}"
        return Phrase.of(ESTIMATE_SHARED, share=said, model=model, project=project, until=until.isoformat())
    others = [one.name for one in sharing(client.apps, Traits(project=project, model=model)) if one.name != app]
    if not others:
        return None
    return Phrase.of(ESTIMATE_UNDIVIDED, model=model, project=project, apps=", ".join(others))


def odd_bill(traffic: Traffic, ratio: Ratio | None) -> Phrase | None:
    """That an estimate does not go by the bills there are, and why; None where it does, or there are none yet."""
    if ratio is None or ratio.is_believed:
        return None
    project, model = traffic
    if not ratio.billed:
        return Phrase.of(ESTIMATE_UNBILLED, model=model, project=project, days=ratio.days)
    return Phrase.of(ESTIMATE_ODD, model=model, project=project, share=f"{ratio.mid:.2f}", days=ratio.days)


def basis(mine: Sums) -> tuple[Phrase, ...]:
    """What one app's estimate stands on; nothing where nothing is estimated now."""
    said = list(mine.shared)[:SHOWN]
    if mine.pace.listed > 0:
        if mine.days:
            low, high = (f"{part / mine.pace.listed:.2f}" for part in (mine.pace.low, mine.pace.high))
            said.append(Phrase.of(ESTIMATE_RECONCILED, low=low, high=high, days=mine.days))
        elif not mine.odd:
            said.append(Phrase(ESTIMATE_UNRECONCILED))
    said += list(mine.odd)[:SHOWN]
    said += [
        Phrase.of(ESTIMATE_DEDICATED, tokens=tokens, model=model) for model, tokens in sorted(mine.dedicated.items())
    ][:SHOWN]
    return tuple(said)
