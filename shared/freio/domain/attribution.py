"""Whose spend a line is: the first app, in the file's order, whose match it meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from freio.domain.app import App, Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a source shows of a piece of spend. ``labels`` None: the source cannot show labels at all."""

    project: str
    model: str = ""
    labels: Mapping[str, str] | None = field(default_factory=dict)


def meets(match: Match, traits: Traits) -> bool:
    """Whether a piece of spend is this app's, by every kind of evidence that the source can show.

    A match by service accounts or API keys alone cannot be seen in an export or a token metric: it meets nothing
    there, so that nothing is claimed that was not seen.

    >>> meets(Match(projects=frozenset({"p"}), labels=(("app", "x"),)), Traits(project="p", labels={"app": "x"}))
    True
    >>> meets(Match(projects=frozenset({"p"}), labels=(("app", "x"),)), Traits(project="p", labels=None))
    True
    """
    visible = False
    if match.projects:
        if traits.project not in match.projects:
            return False
        visible = True
    if match.models:
        if traits.model not in match.models:
            return False
        visible = True
    if match.labels and traits.labels is not None:
        if any(traits.labels.get(k) != v for k, v in match.labels):
            return False
        visible = True
    return visible


def attribute(apps: Iterable[App], traits: Traits) -> App | None:
    """The app that owns this spend, or None: unattributed, which is said and never dropped."""
    return next((app for app in apps if meets(app.match, traits)), None)


def sharing(apps: Iterable[App], traits: Traits) -> list[App]:
    """Every app whose match a target could meet when labels are not visible: those that share it."""
    blind = Traits(project=traits.project, model=traits.model, labels=None)
    return [app for app in apps if meets(app.match, blind)]
