"""Traffic: admits what the quotas felt at each minute allow, counts it, and leaves the points of the metrics behind.

A request is admitted or refused whole; its tokens go with it, at the average of its minute. Quotas are counted minute
by minute, also within a longer step; the points of a step are written once, as wide as the step. Before the quotas
stand the doors, which turn away all of a minute, or nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from freio.sandbox.google.catalogue import MULTI_REGIONS, REGIONS, UNLIMITED, VERTEX
from freio.sandbox.google.demand import Demand, Served, Step
from freio.sandbox.google.gates import Gate
from freio.sandbox.google.metrics import ModelSeries, RequestSeries, quota_series
from freio.sandbox.google.quotas import dimensions_of
from freio.sandbox.google.usage import minute_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.doors import Door
    from freio.sandbox.google.models import Model
    from freio.sandbox.google.quotas import Quotas
    from freio.sandbox.google.series import SeriesStore
    from freio.sandbox.google.usage import Usage


PARTS = 6  # requests, fresh, output, cache-read, cache-written tokens (5 min, 1 h): the order of every tuple below


class Route:
    """One model of one service at one location of one project: the gates before it and the series behind it."""

    def __init__(self, *, model: Model, gates: list[Gate], series: ModelSeries | None, requests: RequestSeries) -> None:
        self.model = model
        self.gates = gates
        self.series = series
        self.requests = requests
        # Google's models report and count cached tokens as input; Anthropic's report them apart and do not count reads.
        self.caches_apart = model.publisher == "anthropic"


class Tally:
    """One gate during one step: its limit at each minute, what passed it, and how many requests it refused."""

    def __init__(self, gate: Gate, limits: list[int]) -> None:
        self.gate = gate
        self._limits = limits
        self._used = 0
        self._refused = 0

    def fitting(self, first: int, index: int, requests: int, need: int) -> int:
        """How many of a minute's requests, which need so many units together, fit under the limit."""
        limit = self._limits[index]
        if limit == UNLIMITED or not self.gate.binds:
            return requests
        room = max(limit - self.gate.used(first + index), 0)
        if need <= room:
            return requests
        fits = requests * room // need
        self._refused += requests - fits
        return fits

    def use(self, minute: int, amount: int) -> None:
        self.gate.use(minute, amount)
        self._used += amount

    def write(self, end: int, width: int) -> None:
        self.gate.series.write_limit(end, width, self._limits[-1])
        self.gate.series.write_usage(end, width, self._used)
        if self._refused:
            self.gate.series.write_exceeded(end, width, self._refused)


class Traffic:
    """The way from demand to points."""

    def __init__(self, *, quotas: Quotas, usage: Usage, store: SeriesStore, doors: Sequence[Door] = ()) -> None:
        self._doors = doors
        self.doors_open = False
        self._quotas = quotas
        self._usage = usage
        self._store = store
        self._routes: dict[tuple[str, str, str, str], Route] = {}
        self._unbound: set[tuple[str, str]] = set()

    def unbind(self, project: str, model: str) -> None:
        """From now on no limit throttles this model in the project: it has moved to dynamic shared quota."""
        self._unbound.add((project, model))
        self._routes = {key: route for key, route in self._routes.items() if (key[0], key[3]) != (project, model)}

    def serve(self, step: Step) -> Served:
        """Admits one step of demand. Errors: a `ValueError` for a location or a step that cannot be."""
        route = self._route(step)
        if step.at.second or step.at.microsecond or step.minutes < 1:
            raise ValueError(f"a step takes whole minutes, not {step.minutes} from {step.at.isoformat()}")
        first = minute_of(step.at)
        tallies = [Tally(gate, gate.limits(first, step.minutes)) for gate in route.gates]
        got = [0] * PARTS
        doors = [door for door in self._doors if door.concerns(step) and not self.doors_open]
        away: dict[Door, dict[str, int]] = {}
        for index, wanted in enumerate(by_minute(step.demand, step.minutes)):
            door, code = _shut(doors, step, route.model, (first + index) * 60) if doors else (None, "")
            if door is not None:
                codes = away.setdefault(door, {})
                codes[code] = codes.get(code, 0) + wanted[0]
                continue
            passed = _admitted(tallies, first, index, wanted, caches_apart=route.caches_apart)
            got = [have + more for have, more in zip(got, passed, strict=True)]
        width = step.minutes * 60
        end = first * 60 + width
        for tally in tallies:
            tally.write(end, width)
        turned_away = sum((Counter(codes) for codes in away.values()), Counter()) if away else Counter()
        served = _served(got, step.demand, turned_away)
        if route.series is not None:
            _write_model_series(route.series, served, step.demand.tier, end, width, apart=route.caches_apart)
        if step.caller is None:  # else they are counted under its credential
            _write_requests(route.requests, served, end, width)
        for door, codes in away.items():
            for code, requests in codes.items():
                if door.reaches_model and route.series is not None:
                    route.series.invocations(code, step.demand.tier).record(end, width, requests)
        return served

    def _route(self, step: Step) -> Route:
        key = (step.project, step.service, step.location, step.model)
        if key not in self._routes:
            if step.location not in (*REGIONS, *MULTI_REGIONS, "global"):
                raise ValueError(f"{step.location!r} is no location of the sandbox: global, {MULTI_REGIONS}, {REGIONS}")
            model = self._quotas.catalogue.model(step.model)
            version = step.model.partition("@")[2] or "default"
            series = ModelSeries(
                self._store, project=step.project, location=step.location, model=model, version=version
            )
            gates = list(self._gates(step, model))
            requests = RequestSeries(self._store, project=step.project, service=step.service, location=step.location)
            self._routes[key] = Route(
                model=model, gates=gates, series=series if step.service == VERTEX else None, requests=requests
            )
        return self._routes[key]

    def _gates(self, step: Step, model: Model) -> Iterator[Gate]:
        """The buckets that this endpoint passes through: a global limit is none of a region's, nor the reverse."""
        for limit, bucket in model.buckets.items():
            if limit.service != step.service or not _reaches(limit, step.location):
                continue
            name = model.base_model if limit.model_dimension == "base_model" else model.name
            dimensions = {str(limit.model_dimension): name}
            if limit.locations:
                dimensions["region"] = step.location
            yield Gate(
                quotas=self._quotas,
                usage=self._usage,
                project=step.project,
                limit=limit,
                dimensions=dimensions_of(dimensions),
                binds=bucket.binds and (step.project, step.model) not in self._unbound,
                series=quota_series(
                    self._store, project=step.project, location=step.location, limit=limit, base_model=name
                ),
            )


def _shut(doors: Iterable[Door], step: Step, model: Model, moment: float) -> tuple[Door | None, str]:
    """The first door that does not let calls pass at this moment, and the HTTP code that they get there."""
    for door in doors:
        code = door.refuses(step, model, moment)
        if code:
            return door, code
    return None, ""


def _reaches(limit: Limit, location: str) -> bool:
    if limit.endpoint == "region":
        return location in limit.locations
    return limit.endpoint == "anywhere" or location == "global"


def by_minute(demand: Demand, minutes: int) -> Iterator[tuple[int, ...]]:
    """The demand of each minute, in whole requests with their tokens; the parts add up to the whole."""
    parts = (
        demand.requests,
        demand.input_tokens,
        demand.output_tokens,
        demand.cache_read_tokens,
        demand.cache_write_tokens,
        demand.cache_write_1h_tokens,
    )
    if minutes == 1 or not demand.requests:
        yield parts
        return
    requests = demand.requests
    before = 0
    for index in range(1, minutes + 1):
        after = requests * index // minutes
        yield tuple(part * after // requests - part * before // requests for part in parts)
        before = after


def _admitted(
    tallies: list[Tally], first: int, index: int, wanted: tuple[int, ...], *, caches_apart: bool
) -> tuple[int, ...]:
    """What passes all gates in one minute; they are used by that alone, not by what the next one refused."""
    requests = wanted[0]
    counts = _counted(wanted, apart=caches_apart)
    admitted = min(
        (tally.fitting(first, index, requests, counts[tally.gate.counts]) for tally in tallies), default=requests
    )
    if admitted == requests:
        passed = wanted
    else:
        passed = tuple(one * admitted // requests for one in wanted)
        counts = _counted(passed, apart=caches_apart)
    for tally in tallies:
        tally.use(first + index, counts[tally.gate.counts])
    return passed


def _counted(parts: tuple[int, ...], *, apart: bool) -> dict[str, int]:
    """What the quotas count of a minute."""
    requests, fresh, output, read, *writes = parts
    written = sum(writes)
    return {
        "requests": requests,
        "input_tokens": fresh + written if apart else fresh + read + written,
        "output_tokens": output,
    }


def _served(got: list[int], demand: Demand, turned_away: Counter[str]) -> Served:
    return Served(
        requests=got[0],
        input_tokens=got[1],
        output_tokens=got[2],
        cache_read_tokens=got[3],
        cache_write_tokens=got[4],
        cache_write_1h_tokens=got[5],
        refused_requests=demand.requests - got[0] - turned_away.total(),
        turned_away=turned_away,
    )


def _write_model_series(series: ModelSeries, served: Served, tier: str, end: int, width: int, *, apart: bool) -> None:
    cached = served.cache_read_tokens + served.cache_write_tokens + served.cache_write_1h_tokens
    counts = {"input": served.input_tokens + (0 if apart else cached), "output": served.output_tokens}
    if apart:
        counts |= {
            "cache_read_input": served.cache_read_tokens,
            "cache_write_input": served.cache_write_tokens,
            "cache_write_1h_input": served.cache_write_1h_tokens,
        }
    for kind, tokens in counts.items():
        if tokens:
            series.tokens(kind, tier).record(end, width, tokens)
    if served.requests:
        series.invocations("200", tier).record(end, width, served.requests)
    if served.refused_requests:
        series.invocations("429", tier).record(end, width, served.refused_requests)


def _write_requests(series: RequestSeries, served: Served, end: int, width: int) -> None:
    for code, requests in {"200": served.requests, "429": served.refused_requests, **served.turned_away}.items():
        if requests:
            series.requests(code).record(end, width, requests)
