"""What keys must be together, which no single key can say.

The rules read the file's own values, not the model, so that they hold for a file that has other faults as well: what
is wrong by itself is passed over here, because it has its own fault already.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from freio.config.document import Document
from freio.config.faults import Fault, Path, quoted
from freio.config.kinds import Day
from freio.config.mapping import match as as_match
from freio.config.model import CallerKeys, MatchKeys
from freio.domain.app import Match
from freio.domain.lever import KINDS, Reach

_DAY = TypeAdapter(Day)
DRILL_LEVERS = tuple(kind.name for kind in KINDS.values() if kind.reach is Reach.MODEL)
DRILL_MAY = " or ".join(DRILL_LEVERS)
Apps = list[tuple[Path, dict[str, object]]]


def broken(document: Document) -> list[Fault]:
    root = _mapping(document.root)
    apps = _each(root, "apps", ())
    said = [
        *_names_twice(apps),
        *_matches(apps),
        *_budgets_twice(apps),
        *_nobody_pays(apps, root),
        *_gateway(apps, root),
        *_subdivision(root),
        *_drill(apps, root),
        *(fault for path, app in apps for fault in _app(path, app)),
    ]
    return [Fault(document.line(path), path, message) for path, message in said]


Said = Iterator[tuple[Path, str]]


def _names_twice(apps: Apps) -> Said:
    first: dict[str, Path] = {}
    for path, app in apps:
        name = app.get("name")
        if isinstance(name, str) and first.setdefault(name, path) != path:
            yield (*path, "name"), f"{quoted(name)} is the name of {_of(first[name])} already; may be any other"


def _budgets_twice(apps: Apps) -> Said:
    """A Cloud Billing budget is of one app: a message of two apps' budget would be told about the first alone."""
    first: dict[str, Path] = {}
    for path, app in apps:
        if isinstance(name := app.get("name"), str):
            first.setdefault(name, path)
            first.setdefault(f"freio-{name}", path)
    for path, app in apps:
        names = _mapping(app.get("budget")).get("names")
        for i, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str) and first.setdefault(name, path) != path:
                yield (
                    (*path, "budget", "names", i),
                    f"{quoted(name)} is a budget of {_of(first[name])}; may be any other",
                )


def _matches(apps: Apps) -> Said:
    """The first app that matches has the spend, so a second one with the same match would never have any."""
    first: dict[Match, Path] = {}
    for path, app in apps:
        try:
            match = as_match(MatchKeys.model_validate(app.get("match")))
        except ValidationError:
            continue
        place = (*path, "match")
        if match == Match():
            yield place, f"says nothing; may be a mapping with at least one of {', '.join(MatchKeys.model_fields)}"
        elif first.setdefault(match, path) != path:
            yield place, f"is the same as that of {_of(first[match])}, which always wins; may be any other"


def _nobody_pays(apps: Apps, root: dict[str, object]) -> Said:
    owners = _mapping(root.get("approvals")).get("cost_owners")
    if not isinstance(owners, dict):
        return
    for path, app in apps:
        centre = app.get("cost_centre")
        if isinstance(centre, str) and centre not in owners:
            known = ", ".join(quoted(name) for name in owners) or "none yet"
            yield (*path, "cost_centre"), f"{quoted(centre)} is no key of approvals.cost_owners; may be {known}"


def _subdivision(root: dict[str, object]) -> Said:
    if "subdivision" in root and "country" not in root:
        yield ("subdivision",), "stands here, and the file says no country; may stand beside country: BR"


def _gateway(apps: Apps, root: dict[str, object]) -> Said:
    """A team or a key is of one app: braked for one, it would be braked for the other. And both need a gateway."""
    first: dict[tuple[str, str], Path] = {}
    for path, app in apps:
        callers, place = app.get("gateway"), (*path, "gateway")
        if not isinstance(callers, dict):
            continue
        if "gateway" not in root:
            yield place, "stands here, and the file says no gateway; may stand beside gateway: {url: https://…}"
        if not any(callers.get(kind) for kind in CallerKeys.model_fields):
            yield place, f"says nothing; may be a mapping with at least one of {', '.join(CallerKeys.model_fields)}"
        for kind in CallerKeys.model_fields:
            names = callers.get(kind)
            for i, name in enumerate(names if isinstance(names, list) else []):
                if isinstance(name, str) and first.setdefault((kind, name), path) != path:
                    of = _of(first[kind, name])
                    yield (*place, kind, i), f"{quoted(name)} is of {of} already; may be any that is this app's alone"


def _drill(apps: Apps, root: dict[str, object]) -> Said:
    """A drill brakes one place of one app of the file, by a lever that reaches a model and no further."""
    drill = _mapping(root.get("drill"))
    name, model = drill.get("app"), drill.get("model")
    if drill.get("calls") is True and isinstance(model, str) and not model.startswith("gemini-"):
        yield ("drill", "calls"), f"true, and {quoted(model)} is none of Google's; may be false, or true for a gemini-…"
    if not isinstance(name, str):
        return
    path, app = next(((path, app) for path, app in apps if app.get("name") == name), ((), {}))
    if not app:
        known = ", ".join(quoted(other) for _, one in apps if isinstance(other := one.get("name"), str))
        yield ("drill", "app"), f"{quoted(name)} is no app of this file; may be one of {known}"
        return
    projects, levers, mode = _mapping(app.get("match")).get("projects"), app.get("levers", ["quota"]), app.get("mode")
    if not isinstance(projects, list) or len(projects) != 1:
        yield ("drill", "app"), f"{_of(path)} matches by no project or by several; may be an app of exactly one"
    if isinstance(levers, list) and not set(DRILL_LEVERS) & {lever for lever in levers if isinstance(lever, str)}:
        yield ("drill", "app"), f"{_of(path)} has none of the levers of a drill; may be an app with {DRILL_MAY}"
    if mode == "observe" or _mapping(mode).get("warning") == "observe":
        yield ("drill", "app"), f"{_of(path)} only observes a warning; may be an app that approves or enforces it"


def _app(path: Path, app: dict[str, object]) -> Said:
    yield from _enforces(path, app)
    quotas, floor = _mapping(app.get("quotas")), _mapping(app.get("floor"))
    for unit, least in floor.items():
        most = quotas.get(unit)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield (*path, "floor", unit), f"{least} is above the app's quota of {most}; may be at most {most}"
    for at, event in _each(app, "expected", path):
        try:
            start, until = _DAY.validate_python(event.get("from")), _DAY.validate_python(event.get("until"))
        except ValidationError:
            continue
        if until < start:
            yield (*at, "until"), f"{until} is before {start}, the day in from; may be {start} or a later day"


def _enforces(path: Path, app: dict[str, object]) -> Said:
    """Braking without a click needs something to aim at and something never to go under."""
    mode = app.get("mode")
    if mode != "enforce" and "enforce" not in _mapping(mode).values():
        return
    lacks = [key for key in ("floor", "budget") if not any(v is not None for v in _mapping(app.get(key)).values())]
    if lacks:
        needs = "enforce needs a floor and a budget, and this app has no"
        yield (*path, "mode"), f"{needs} {' and no '.join(lacks)}; may be observe or approve until it has"


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _each(holder: dict[str, object], key: str, path: Path) -> Apps:
    value = holder.get(key)
    items = value if isinstance(value, list) else []
    return [((*path, key, i), item) for i, item in enumerate(items) if isinstance(item, dict)]


def _of(path: Path) -> str:
    return f"apps[{path[-1]}]"
