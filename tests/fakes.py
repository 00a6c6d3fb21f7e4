"""In-memory fakes that keep the promises of the ports; the contract suites hold them to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import App
from freio.domain.lever import Setting, strictest_limit
from freio.domain.phrase import Phrase
from freio.domain.proof import Window
from freio.domain.spend import Export, HourlyCost, Probe, Requests, Tokens
from freio.domain.target import Lease, Target
from freio.errors import CurrencyMismatch, VendorError
from freio.ports import Place


@dataclass
class FakeClock:
    """A clock that stands until it is moved; `sleep` moves it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What one call of a method meets: the error instead of the call or, with `after`, once it has taken effect."""

    error: Exception
    after: bool = False


@dataclass
class FakeLever:
    """Quotas in a dictionary. `faults` under a method's name are used up first in, first out.

    `unbound` names models (or locations) on which a limit throttles nothing, and why; with `deaf` the lever accepts
    every override and none is there when it is read back. `calls` is what was asked, in order. `lacking` is what may
    not be done, by project.
    """

    name: str = "quota"
    overrides: dict[Target, int] = field(default_factory=dict)
    unbound: dict[str, Phrase] = field(default_factory=dict)
    deaf: bool = False
    unit: str = "input_tokens_per_minute"
    through: tuple[str, ...] = ()
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    calls: list[tuple[str, Target, int | None]] = field(default_factory=list)
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(sorted(app.match.projects), (f"{self.name}.get", f"{self.name}.set"))

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        _raise(self._meet("lacks"))
        return tuple(one for one in permissions if one in self.lacking.get(project, ()))

    def target(self, place: Place) -> Target:
        return Target(
            self.name,
            place.project,
            "aiplatform.googleapis.com",
            "aiplatform.googleapis.com/tokens",
            "1/min/{project}/{region}/{base_model}",
            (("base_model", place.model), ("region", place.location)),
        )

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:  # quotas know no callers
        after = self._meet("probe")
        found = [self._probe(place) for place in places]
        _raise(after)
        return found

    def _probe(self, place: Place) -> Probe:
        target = self.target(place)
        reason = self.unbound.get(place.model) or self.unbound.get(place.location)
        override = self.overrides.get(target)
        return Probe(
            target=target,
            location=place.location,
            model=place.model,
            unit=self.unit,
            binds=reason is None,
            reason=reason,
            override=override,
            effective=None if override == -1 else override,
            through=self.through,
        )

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # all alike
        return strictest_limit(found, (lease.value for lease in leases))

    def apply(self, target: Target, setting: Setting) -> None:
        assert isinstance(setting, int)
        self.calls.append(("apply", target, setting))
        after = self._meet("apply")
        if not self.deaf:
            self.overrides[target] = setting
        _raise(after)

    def read_back(self, target: Target) -> Setting:
        after = self._meet("read_back")
        _raise(after)
        return self.overrides.get(target)

    def restore(self, target: Target, found: Setting) -> None:
        assert found is None or isinstance(found, int)
        self.calls.append(("restore", target, found))
        after = self._meet("restore")
        if found is None:
            self.overrides.pop(target, None)
        else:
            self.overrides[target] = found
        _raise(after)

    def somebody_else_sets(self, target: Target, value: int | None) -> None:
        if value is None:
            self.overrides.pop(target, None)
        else:
            self.overrides[target] = value

    def will_fail(self, method: str, error: Exception, *, after: bool = False, times: int = 1) -> None:
        self.faults.setdefault(method, []).extend([Fault(error=error, after=after)] * times)

    def _meet(self, method: str) -> Fault | None:
        """Raises the next fault of this method, or hands it back if it comes after the effect."""
        waiting = self.faults.get(method)
        if not waiting:
            return None
        fault = waiting.pop(0)
        if not fault.after:
            raise fault.error
        return fault


@dataclass
class FakeStop:
    """A lever that stops: `through` says which targets (by a name of their own) an app's traffic at a place uses.

    Where `takes` is not empty it takes those away, the model of the place for ``{model}``; with `leaves` it says which
    of the others that it is asked about are left. `standing` is a text.
    """

    name: str = "api_key"
    through: Callable[[App, Place], Sequence[str]] = field(default=lambda app, _: (f"{app.name}-key",))
    dimension: str = "key"
    takes: tuple[str, ...] = ("{service}",)
    leaves: bool = False
    unbound: dict[str, Phrase] = field(default_factory=dict)
    fails: VendorError | None = None
    standing: dict[Target, str] = field(default_factory=dict)
    deaf: bool = False

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return {}

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        return ()

    def target(self, project: str, which: str) -> Target:
        return Target(self.name, project, "aiplatform.googleapis.com", self.dimension, "", ((self.dimension, which),))

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        if self.fails:
            raise self.fails
        return [
            Probe(
                target=self.target(place.project, which),
                location=place.location,
                model=place.model,
                unit="",
                binds=which not in self.unbound,
                reason=self.unbound.get(which),
                override=self.standing.get(self.target(place.project, which)),
                takes=tuple(one.format(service="aiplatform.googleapis.com", model=place.model) for one in self.takes),
                left=tuple(dict.fromkeys(p.model for p in places if p.model != place.model)) if self.leaves else None,
            )
            for place in places
            for which in self.through(app, place)
        ]

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # all alike
        taken = {name for lease in leases for name in lease.takes}
        return f"{found or 'all'} without {', '.join(sorted(taken))}"

    def apply(self, target: Target, setting: Setting) -> None:
        if not self.deaf:
            self._put(target, setting)

    def read_back(self, target: Target) -> Setting:
        return self.standing.get(target)

    def restore(self, target: Target, found: Setting) -> None:
        self._put(target, found)

    def _put(self, target: Target, setting: Setting) -> None:
        assert not isinstance(setting, int)
        if setting is None:
            self.standing.pop(target, None)
        else:
            self.standing[target] = setting


def _raise(fault: Fault | None) -> None:
    if fault is not None:
        raise fault.error


@dataclass
class FakeMeter:
    """Telemetry that a test writes down: minutes of tokens, and minutes of usage and refusals at a target.

    What is younger than `lag` at `now` is not reported yet.
    """

    clock: FakeClock
    lag: timedelta = timedelta(minutes=3)
    minutes: list[Tokens] = field(default_factory=list)
    answered: list[Requests] = field(default_factory=list)
    usage: dict[Target, dict[datetime, tuple[int, int]]] = field(default_factory=dict)
    fails: Exception | None = None

    def write(self, tokens: Tokens) -> None:
        """Tokens of one minute."""
        self.minutes.append(tokens)

    def write_requests(self, requests: Requests) -> None:
        """Requests that were answered, in one minute or in one step that lies within those asked for."""
        self.answered.append(requests)

    def write_usage(self, target: Target, minute: datetime, used: int, refused: int = 0) -> None:
        self.usage.setdefault(target, {})[minute] = (used, refused)

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        self._maybe_fail()
        step = timedelta(minutes=step_minutes)
        sums: dict[tuple[datetime, str, str, str, str], Tokens] = {}
        for one in self.minutes:
            end = one.start + timedelta(minutes=one.minutes)
            if one.project not in projects or end > min(until, self.clock.now() - self.lag):
                continue
            start = until - ((until - one.start + step - timedelta(microseconds=1)) // step) * step
            if start < since:
                continue
            key = (start, one.project, one.location, one.model, one.request_type)
            zero = replace(one, start=start, minutes=step_minutes, input=0, output=0, others={})
            had = sums.get(key, zero)
            others = dict(Counter(had.others) + Counter(one.others))
            sums[key] = replace(had, input=had.input + one.input, output=had.output + one.output, others=others)
        return [sums[key] for key in sorted(sums)]

    def requests(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Requests]:
        self._maybe_fail()
        step = timedelta(minutes=step_minutes)
        sums: Counter[tuple[datetime, str, str, str]] = Counter()
        for one in self.answered:
            end = one.start + timedelta(minutes=one.minutes)
            start = until - ((until - one.start + step - timedelta(microseconds=1)) // step) * step
            if one.project in projects and end <= min(until, self.clock.now() - self.lag) and start >= since:
                sums[start, one.project, one.model, one.request_type] += one.total
        return [
            Requests(
                start=start, minutes=step_minutes, project=project, model=model, total=total, request_type=request_type
            )
            for (start, project, model, request_type), total in sorted(sums.items())
        ]

    def windows(
        self, target: Target, since: datetime, until: datetime, minutes: int, *, takes: tuple[str, ...] = ()
    ) -> list[Window]:
        self._maybe_fail()
        width = timedelta(minutes=minutes)
        whole = (min(until, self.clock.now() - self.lag) - since) // width
        starts = [since + at * width for at in range(max(whole, 0))]
        written = self.usage.get(target, {})
        found = []
        for start in starts:
            inside = [counts for minute, counts in written.items() if start <= minute < start + width]
            used, refused = sum(used for used, _ in inside), sum(refused for _, refused in inside)
            found.append(Window(start=start, usage=round(used / minutes), exceeded=refused))
        return found

    def _maybe_fail(self) -> None:
        if self.fails is not None:
            raise self.fails


@dataclass(frozen=True, kw_only=True)
class ExportRow:
    """A row of the billing export, in our words: AI services alone."""

    cost: HourlyCost
    exported: datetime
    usd_rate: Decimal = Decimal(1)


@dataclass
class FakeWarehouse:
    """A billing export in a list."""

    rows: list[ExportRow] = field(default_factory=list)
    fails: Exception | None = None

    def write(self, rows: Iterable[ExportRow]) -> None:
        self.rows.extend(rows)

    def export(self, since: datetime, as_of: datetime) -> Export:
        if self.fails is not None:
            raise self.fails
        there = [row for row in self.rows if row.exported <= as_of]
        sums: dict[tuple[datetime, str, str, str, str, bool], HourlyCost] = {}
        for row in (row for row in there if row.cost.hour >= since):
            cost = row.cost
            key = (
                cost.hour,
                cost.project,
                cost.model,
                repr(sorted(cost.labels.items())),
                cost.net.currency,
                cost.beside,
            )
            sums[key] = replace(cost, net=sums[key].net + cost.net) if key in sums else cost
        _one_currency(sums.values())
        hours = sorted({row.cost.hour for row in there})
        newest = max(there, key=lambda row: (row.exported, row.cost.hour), default=None)
        return Export(
            costs=tuple(sums[key] for key in sorted(sums)),
            complete_until=hours[-2] + timedelta(hours=1) if len(hours) > 1 else None,
            usd_rate=newest.usd_rate if newest else None,
        )


def _one_currency(costs: Iterable[HourlyCost]) -> None:
    currencies = sorted({cost.net.currency for cost in costs})
    if len(currencies) > 1:
        raise CurrencyMismatch(f"the export holds {' and '.join(currencies)}")
