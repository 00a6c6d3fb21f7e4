"""How bad an alert is: by what it is expected to cost until someone acts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from freio.domain.app import Level, Policy
from freio.domain.money import Money

BITES_AFTER = timedelta(minutes=10)  # to decide, set, take effect: on top of the grace
CRITICAL_GATES = 2  # money gates: an expected loss of more is critical
_HOUR = 3600  # seconds


def until_someone_acts(policy: Policy | None) -> timedelta:
    """The grace, in which people are to answer, and what a brake takes to bite; without a policy nobody is asked."""
    return (policy.grace if policy else timedelta(0)) + BITES_AFTER


def expected_loss(excess: Money, policy: Policy | None) -> Money:
    """What so much an hour over the usual costs until someone acts.

    By hand: 120 USD an hour over the usual, and a grace of 15 minutes, cost 50 USD in 25 minutes.
    """
    return excess * (Decimal(int(until_someone_acts(policy).total_seconds())) / _HOUR)


def level_of(excess: Money, policy: Policy | None, gate: Money) -> Level:
    """The level of so much an hour over the usual: critical where more than two money gates are lost by then.

    >>> usd = lambda amount: Money(Decimal(amount), "USD")
    >>> str(level_of(usd(120), Policy(), usd(25))), str(level_of(usd(121), Policy(), usd(25)))
    ('warning', 'critical')
    >>> str(level_of(usd(30), Policy(grace=timedelta(hours=8)), usd(25)))  # a night in which nobody answers
    'critical'
    """
    return Level.CRITICAL if gate * CRITICAL_GATES < expected_loss(excess, policy) else Level.WARNING
