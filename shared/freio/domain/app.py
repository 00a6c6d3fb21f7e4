"""An app: what a cost owner owns, how its spend is recognised, and what Freio may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from freio.domain.gateway import Callers, Gateway
from freio.domain.money import Money


class Level(StrEnum):
    """How bad a signal is: by what it costs until someone acts (`freio.domain.severity`). Policy is chosen by it."""

    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return 1 if self is Level.CRITICAL else 0


class Mode(StrEnum):
    """What Freio may do by itself: tell, ask, or brake when nobody answers within the grace."""

    OBSERVE = "observe"
    APPROVE = "approve"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How an app's spend is recognised. Each kind that is given must hold; within a kind any one is enough.

    Every label must be there with its value. Kinds that a source cannot show (a billing row has no service
    account, a token metric no label) are not held against it: see `freio.domain.attribution`.
    """

    projects: frozenset[str] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()
    service_accounts: frozenset[str] = frozenset()
    api_keys: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be done about an app: the mode for each level, and for how long people and brakes are given.

    ``grace``  how long a proposal waits for an answer; ``lease`` how long a throttle holds.
    ``levers`` the names of the levers that may be used, in no order: the softest that binds comes first.
    """

    modes: Mapping[Level, Mode] = field(default_factory=lambda: dict.fromkeys(Level, Mode.APPROVE))
    grace: timedelta = timedelta(minutes=15)
    lease: timedelta = timedelta(hours=6)
    levers: tuple[str, ...] = ("quota",)

    def mode(self, level: Level) -> Mode:
        return self.modes[level]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedEvent:
    """Known beforehand: between two days (both included, the client's time zone), up to `factor` times the usual."""

    start: date
    end: date
    factor: Decimal
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A named workload with owners, a budget and a policy.

    ``quotas`` and ``floor`` are by unit (``input_tokens_per_minute``, ``requests_per_minute``): what the app may
    have in normal times, and what no throttle may go under. ``budget_names`` are display names of Cloud Billing budgets
    that watch it, beside its own name and ``freio-<name>``; ``budget_account`` is the billing account that they are of,
    None: the client's. ``callers`` are its teams and keys at the client's gateway.
    """

    name: str
    team: str
    cost_centre: str
    environment: str
    owners: tuple[str, ...]
    match: Match
    feature_label: str | None = None
    budget: Money | None = None
    budget_names: tuple[str, ...] = ()
    budget_account: str | None = None
    quotas: Mapping[str, int] = field(default_factory=dict)
    floor: Mapping[str, int] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    expected: tuple[ExpectedEvent, ...] = ()
    callers: Callers = field(default_factory=Callers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """Who may decide: Slack user ids, user-group ids or e-mail addresses, never display names."""

    ops: tuple[str, ...] = ()
    cost_owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hard_levers: tuple[str, ...] = ()
    ops_may_raise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Where a fire drill sets its brake: an app without traffic, and the model and endpoint that are limited for it.

    ``calls`` the drill itself asks the model while it is braked, so that the brake has something to refuse.
    """

    app: str
    model: str
    location: str
    calls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client organisation: everything that `freio.yaml` says.

    ``country`` (ISO 3166-1) and ``subdivision`` are whose holidays its apps keep; None: nobody's.
    """

    name: str
    locale: str
    time_zone: str
    currency: str
    billing_account: str
    billing_export: str
    alerts_per_app_week: Decimal
    money_gate: Money
    apps: tuple[App, ...]
    approvals: Approvals
    channel: str
    pager_webhook: str | None = None
    gateway: Gateway | None = None
    country: str | None = None
    subdivision: str | None = None
    drill: Drill | None = None

    def app(self, name: str) -> App | None:
        return next((a for a in self.apps if a.name == name), None)
