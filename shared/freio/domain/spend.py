"""Spend and usage as the meter sees them: hours of money, minutes of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from freio.domain.lever import Setting
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.rates import DEDICATED, INPUT, OUTPUT, STANDARD
from freio.domain.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyCost:
    """One hour of one project's spend on one model under one set of labels: net of credits, billing currency.

    ``beside``  by something that telemetry of online tokens does not count: batch jobs, cache storage, provisioned
                throughput, tuning, grounding. An estimate made of tokens is never held against it.
    """

    hour: datetime
    project: str
    model: str
    labels: Mapping[str, str] = field(default_factory=dict)
    net: Money
    beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What the billing export holds at a moment.

    ``complete_until`` is the end of the last hour that has rows *and* after which rows of later hours have come: the
    export is written out of order, so the newest hours in it are never complete.
    ``usd_rate`` is the billing currency per USD, from the newest row (None: the table is empty).
    """

    costs: tuple[HourlyCost, ...]
    complete_until: datetime | None
    usd_rate: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of one model at one endpoint in `[start, start + minutes)`, from telemetry; no labels, no caller.

    ``request_type``  how they were asked for, in `freio.domain.rates`' words; what is none of them has no price.
    ``others``        tokens of other kinds than input and output, by telemetry's own name for the kind: what caches
                      gave and took, which Anthropic's models count apart and Google's count within their input.
    """

    start: datetime
    minutes: int
    project: str
    location: str
    model: str
    input: int
    output: int
    request_type: str = STANDARD
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[str, int]:
        """By kind, without those that are 0."""
        every = {INPUT: self.input, OUTPUT: self.output, **self.others}
        return {kind: count for kind, count in every.items() if count}

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.counts.values())

    @property
    def is_dedicated(self) -> bool:
        """On provisioned throughput, which is billed by the time it is held: these tokens cost nothing more."""
        return self.request_type == DEDICATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Requests that one model answered in `[start, start + minutes)`, from telemetry: what was refused costs nothing.

    ``request_type``  as of `Tokens`.
    """

    start: datetime
    minutes: int
    project: str
    model: str
    total: int
    request_type: str = STANDARD

    @property
    def is_dedicated(self) -> bool:
        """On provisioned throughput, as `Tokens`."""
        return self.request_type == DEDICATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a lever found out about a target, before it is offered.

    ``location`` and ``model`` are those of the place that was asked about, ``project`` too where the target is in none.
    ``binds`` is False where it is known to throttle nothing or cannot be set, with the `reason`, which names the place.
    ``unit`` is the kind of floor and quota that applies (``input_tokens_per_minute``, ``requests_per_minute``); empty
    for a lever that sets no limit.
    ``override`` what stands there (None: nothing), ``effective`` the limit in force (None: unlimited).
    ``takes`` what the lever would take away there, where it sets no limit.
    ``left`` the other models that the app may go on with there, where a model is taken away (None: none is).
    ``through`` whoever else's name in the client's file means traffic through the target: a team's keys, a key's team.
    ``missing`` permissions that Freio lacks to set it; ``bites_within`` how long an accepted setting takes to bite.
    ``note`` is what people should know before they agree to it: what it leaves running, what it may destroy.
    """

    target: Target
    location: str
    model: str
    unit: str
    binds: bool
    reason: Phrase | None = None
    override: Setting = None
    effective: int | None = None
    takes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    bites_within: timedelta = timedelta(minutes=2)
    project: str = ""
    note: Phrase | None = None
    left: tuple[str, ...] | None = None
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast tokens came, in tokens an hour: one value for each hour that was, oldest first, and the present last.

    ``peaks``  the highest pace of the hour, over a quarter of one.
    ``jumps``  the most by which a pace in that hour was over the highest of the three hours before it.
    ``so_far``  the present hour's highest pace and jump up to now, and ``requests_so_far`` those of requests (None: of
               the present window alone is known).
    ``requests``  the same peaks of the requests that they came with, an hour, and ``request_jumps`` their jumps; as
               many hours of them as are known (empty: none).
    ``app``    whose tokens they are: it has one budget of alerts, however many models it uses.
    ``gate``   the pace over the usual that costs the client's money gate, and ``divided`` by how much at most any of
               the last eight days' hours is less than it was, without what was announced.
    """

    peaks: tuple[float, ...]
    jumps: tuple[float, ...]
    requests: tuple[float, ...] = ()
    request_jumps: tuple[float, ...] = ()
    so_far: tuple[float, float] | None = None
    requests_so_far: tuple[float, float] | None = None
    app: str = ""
    gate: float = 0.0
    divided: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the detector's threshold is set to, and how often that is expected to alert.

    ``threshold``  in the detector's own score, of which `Score.value` is a multiple.
    ``expected``   alerts per app-week at that threshold, by the client's past and what other clients had.
    ``app_weeks``  how much past of the client's own that is based on.
    """

    threshold: float
    expected: float
    app_weeks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The detector's answer for one series at its last hour.

    ``value``  over the threshold (1.0 fires); ``usual`` what the hour normally costs; ``kind`` of the trouble:
    ``spike``, ``level_shift`` or ``growth``; ``why`` it fired (None: it did not).
    ``normal``  what each of the last hours normally costs, oldest first, `usual` last (empty: not told).
    ``season``  what the calendar makes of the last hour, which is in `usual` already (1: nothing).
    ``fired``   which of those hours fired, by their distance from the last one, which is 0.
    ``calibration``  what `value` was held against, where that comes from a budget of alerts.
    ``usual_requests``  an hour's, where it is the pace of requests that tells and that of tokens alone would not.

    Where it fires: ``shape`` is what the trouble looks like (``retry_storm``, ``stuck_loop``, ``leak``, or its kind;
    ``silence`` where a feed has stopped, which fires nothing), ``hours`` how long it has been running, ``excess`` what
    it has cost over the usual in that time, ``evidence`` what has fired, each with how far it is over its edge:
    ``(("each of six hours", 1.7), ("the hour", 1.2))``; under 1 where several together have, and none alone.
    """

    value: float
    usual: float
    kind: str
    why: Phrase | None = None
    shape: str = ""
    hours: int = 0
    excess: float = 0.0
    evidence: tuple[tuple[str, float], ...] = ()
    normal: tuple[float, ...] = ()
    fired: tuple[int, ...] = ()
    season: float = 1.0
    calibration: Calibration | None = None
    usual_requests: float | None = None


DIMENSIONS = ("app", "team", "cost_centre", "feature", "project", "endpoint", "model", "sku")
"""What spend can be split by, in the order in which it is shown; an endpoint is `global`, a region or several."""


class Every(StrEnum):
    """How finely spend is split in time: Pacific days, by which Google bills, or UTC hours; or not at all."""

    DAY = "day"
    HOUR = "hour"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLine:
    """What one combination of dimensions cost, net of credits.

    ``period`` is a day (`2026-11-02`, Pacific), an hour (`2026-11-02T12:00Z`) or '' for all of it. ``by`` holds the
    dimensions that were asked for, each by its name; '' means that the bill does not say: no app matches, no label.
    """

    period: str
    by: Mapping[str, str]
    net: Money
