"""Standing quotas: read against what stands, and kept in place. A target is driven by the one who drives all targets.

Nothing here knows a vendor: whatever lever sets a limit and probes in a unit that the file has quotas in takes part,
so that a gateway's limits of each app do once there is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from freio.domain.app import Client
from freio.domain.budget_fit import refused
from freio.domain.journal import Kind
from freio.domain.lever import Reach, kind_of
from freio.domain.phrase import Phrase
from freio.domain.quota import Change, Standing, asked_of, change_of
from freio.domain.sentences import GATEWAY_QUOTA_SEVERAL, QUOTA_BEYOND, QUOTA_UNSHARED, RETURNS_TO
from freio.domain.spend import Probe, Tokens
from freio.domain.target import Brake, Hold, Target
from freio.domain.where import place
from freio.errors import VendorError
from freio.guard.estimate import WEEK
from freio.guard.hold import Holder
from freio.guard.homes import could_be, homes
from freio.guard.meter import Readings
from freio.guard.places import dense, place_of
from freio.guard.quota_book import as_set, book_of, orphans, predecessor, returns_to
from freio.guard.retry import again
from freio.guard.step import Step
from freio.guard.telemetry import STEP_MINUTES, floor_step
from freio.ports import Clock, Grants, Lever, Meter, Place, Store

COUNTED = "input_tokens_per_minute"  # the one unit that telemetry counts


@dataclass(slots=True)
class _There:
    """What is gathered about one target; ``callers`` those of each app at its lever, where that tells them apart."""

    probe: Probe
    places: set[Place] = field(default_factory=set)
    apps: set[str] = field(default_factory=set)
    callers: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What came of one target: ``done`` where the quota was read back, or will be when the lease ends; else why not."""

    standing: Standing
    done: bool
    why: str = ""


class StandingQuotas:
    """Says what stands and what would change (`diff`), and changes it (`keep`)."""

    def __init__(
        self, client: Client, store: Store, clock: Clock, *, meter: Meter, holder: Holder, grants: Mapping[str, Grants]
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._meter = meter
        self._holder = holder
        self._grants = grants

    def diff(self, readings: Readings) -> list[Standing]:
        """Each target through which an app with a quota had traffic in the last seven days; in the file's order.

        Then each on which a quota of Freio's stands that the file has no more. Raises `VendorError` where telemetry or
        a lever cannot be read: no answer is not "no traffic".
        """
        traffic = self._traffic(readings)
        found = []
        for lever in self._holder.levers.values():
            if kind_of(lever.name).limits:
                found += [self._standing(there, traffic) for there in self._targets(lever, readings, traffic)]
        order = [app.name for app in self._client.apps]
        asked = sorted(
            (one for one in found if one.asked),
            key=lambda one: (min(map(order.index, one.apps)), one.target.project, one.places, one.target),
        )
        return [*asked, *orphans(self._client, self._store, self._holder, {one.target for one in asked})]

    def keep(self, standing: Standing, by: str) -> Kept:
        """Put one quota in place, through the lever, unless a lease lives; journalled, and told where it is leased.

        Or take it away, where the file has it no more and no lease lives.
        """
        self._holder.catch_up(standing.target)
        was = predecessor(self._store, self._holder, standing.target)
        again(lambda: self._ask(standing, was or standing.target, by))
        if standing.change is Change.LATER:
            return Kept(standing=standing, done=True)
        try:
            self._holder.drive(standing.target)
        except VendorError as error:
            return Kept(standing=standing, done=False, why=f"{error}; Freio's sweep tries again")
        brake = self._store.get(Brake, standing.target.id)
        assert brake is not None, "it was asked for just now"
        return _came_of(standing, brake)

    # ---- what there is

    def _traffic(self, readings: Readings) -> dict[Place, list[Tokens]]:
        """The last seven days' traffic by place, of every project where an app may have some."""
        until = floor_step(readings.at)
        projects = sorted(set().union(*(homes(app, readings) for app in self._client.apps)))
        by_place: dict[Place, list[Tokens]] = defaultdict(list)
        for tokens in self._meter.tokens(projects, until - WEEK, until, STEP_MINUTES) if projects else ():
            by_place[Place(project=tokens.project, location=tokens.location, model=tokens.model)].append(tokens)
        return by_place

    def _targets(self, lever: Lever, readings: Readings, traffic: Iterable[Place]) -> list[_There]:
        """What the apps' places go through: every app is asked about, those without quotas too."""
        places = sorted(traffic, key=lambda place: (place.project, place.location, place.model))
        found: dict[Target, _There] = {}
        callers: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for app in self._client.apps:
            mine = [place for place in places if could_be(app, place, readings)]
            for probe in lever.probe(app, mine) if mine else ():
                there = found.setdefault(probe.target, _There(probe=probe, callers=callers))
                there.apps.add(app.name)
                there.places.add(place_of(probe))
                if _of_callers(probe) and probe.binds:
                    callers[app.name].add(tuple(v for name, v in probe.target.dimensions if name != "base_model"))
        return list(found.values())

    def _standing(self, there: _There, traffic: Mapping[Place, Sequence[Tokens]]) -> Standing:
        probe, target = there.probe, there.probe.target
        apps = [app for app in self._client.apps if app.name in there.apps]
        asked = tuple((app.name, app.quotas[probe.unit]) for app in apps if probe.unit in app.quotas)
        brake = self._brake(target)
        wanted = asked_of([app.name for app in apps], asked)
        granted = self._granted(probe) if asked and probe.binds else None
        without = sorted({app.name for app in apps} - {name for name, _ in asked})
        change, reason = _judged(probe, brake, wanted=wanted, granted=granted, without=without)
        several = next((name for name, _ in asked if len(there.callers.get(name, ())) > 1), "")
        if several and change is not Change.LOOSE:
            change = Change.UNSHARED
            reason = Phrase.of(GATEWAY_QUOTA_SEVERAL, app=several, callers=len(there.callers[several]))
        is_counted = probe.unit == COUNTED and not _of_callers(probe)  # telemetry tells no callers apart
        inputs = self._inputs(there, traffic) if is_counted else None
        return Standing(
            target=target,
            places=tuple(sorted((place.location, place.model) for place in there.places)),
            unit=probe.unit,
            apps=tuple(app.name for app in apps),
            asked=asked,
            stands=probe.override,
            granted=granted,
            wanted=wanted,
            change=change,
            leased=tuple(sorted({lease.app for lease in brake.leases})),
            returns_to=returns_to(brake) if brake.leases else None,
            peak=max(inputs, default=0) if inputs is not None else None,
            refused=refused(inputs, wanted) if inputs is not None and wanted is not None else None,
            reason=reason,
        )

    def _brake(self, target: Target) -> Brake:
        return self._store.get(Brake, target.id) or Brake(target=target)

    def _granted(self, probe: Probe) -> int | None:
        grants = self._grants.get(probe.target.lever)
        return grants.granted(probe.target) if grants else None

    def _inputs(self, there: _There, traffic: Mapping[Place, Sequence[Tokens]]) -> list[int]:
        """Input tokens a minute of all that goes through a target, for each step of the last seven days."""
        until = floor_step(self._clock.now())
        rows = [dense(traffic.get(place, ()), until - WEEK, until) for place in there.places]
        return [sum(step) for step in zip(*rows, strict=True)]

    # ---- what is done

    def _ask(self, standing: Standing, was: Target, by: str) -> None:
        """Write down what shall stand there. The lever is called by whoever drives the target next."""
        step = Step(self._clock.now())
        brake, book = self._brake(standing.target), book_of(self._store).moved(was, standing.target)
        if standing.change is Change.REMOVE and brake.leases:
            return  # a lease returns to what it found
        if standing.change is Change.REMOVE:
            value = standing.returns_to
            asked = step.put(brake.quota_gone(value, standing.stands, step.now))
            step.put(book.without(standing.target))
        else:
            assert standing.wanted is not None, "only what has a quota is kept"
            value = standing.wanted
            asked = step.put(brake.standing_at(standing.wanted, standing.stands, step.now))
            # What a lease left there, or what stands there until its restore is done, is no "before" of the client's.
            is_ours = bool(brake.leases) or (brake.found_known and brake.is_ours(standing.stands))
            step.put(book.having(as_set(standing, returns_to(brake) if is_ours else standing.stands)))
        step.log(
            Kind.LEVER,
            None,
            f"standing quota: {standing.change}",
            key=f"quota/{brake.id}/{brake.version}/{value}",
            by=by,
            app=", ".join(standing.apps),
            target=brake.id,
            value=value,
            stands=standing.stands,
            refused=standing.refused,
        )
        for incident in self._store.open_incidents():
            if asked.lease_of(incident.id) is not None:
                key = f"quota/{brake.id}/{brake.version}"
                step.thread(incident, key, RETURNS_TO, value=standing.wanted, by=by, **place(brake.target))
        self._store.commit(step.change())


def _came_of(standing: Standing, brake: Brake) -> Kept:
    """What the look at its target has brought."""
    if brake.leases and standing.change is Change.REMOVE:
        return Kept(standing=standing, done=False, why="a brake is held there: take it away once that has ended")
    if brake.leases:
        return Kept(standing=standing, done=True, why="a lease was claimed meanwhile: it stands there afterwards")
    if brake.hold is Hold.RESTORING:
        return Kept(standing=standing, done=False, why="another process is at it: Freio's sweep goes on")
    if brake.standing != (standing.returns_to if standing.change is Change.REMOVE else standing.wanted):
        why = f"somebody else set {brake.standing} there meanwhile: it is left"
        return Kept(standing=standing, done=False, why=why)
    return Kept(standing=standing, done=True)


def _of_callers(probe: Probe) -> bool:
    return kind_of(probe.target.lever).reach is Reach.CALLER


def _judged(
    probe: Probe, brake: Brake, *, wanted: int | None, granted: int | None, without: Sequence[str]
) -> tuple[Change, Phrase | None]:
    """What would be done, and why it would not. ``without``: the apps there that have no quota."""
    if not probe.binds:
        return Change.LOOSE, probe.reason
    if wanted is None:
        return Change.UNSHARED, Phrase.of(QUOTA_UNSHARED, apps=", ".join(without))
    change = change_of(probe.override, wanted, granted, leased=bool(brake.leases), returns_to=returns_to(brake))
    if change is Change.BEYOND:
        return change, Phrase.of(QUOTA_BEYOND, granted=granted, wanted=wanted)
    return change, None
