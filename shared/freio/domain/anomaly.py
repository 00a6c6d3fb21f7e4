"""What could be recognised in a message of Google's own anomaly detection, and which app it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from freio.domain.app import App
from freio.domain.money import Money

SEVERE = frozenset({"HIGH", "CRITICAL", "SEVERE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyMessage:
    """One anomaly. Its format is not documented, so each part may be missing; ``text`` is all of it, cut to a length.

    ``key``       the same anomaly has the same one, however often and however changed it comes.
    ``digest``    of the whole content: a changed message about the same anomaly has another.
    ``projects``  ids, numbers or display names, the likeliest first.
    ``actual``, ``expected`` and ``excess`` (the first less the second) are amounts.
    ``services``  what people or the catalogue call what it is about.
    ``account``   the billing account, where it is named.
    """

    key: str
    digest: str
    projects: tuple[str, ...]
    account: str
    actual: Money | None
    expected: Money | None
    excess: Money | None
    services: tuple[str, ...]
    severity: str
    detected: datetime | None
    links: tuple[str, ...]
    text: str
    published: datetime

    @property
    def is_known(self) -> bool:
        """Whether it says anything that can be used; else it is an unknown shape."""
        return bool(self.projects or self.account or self.actual or self.expected or self.excess)

    @property
    def is_severe(self) -> bool:
        return self.severity.upper() in SEVERE

    def apps(self, apps: Iterable[App], numbers: Mapping[str, str]) -> tuple[App, ...]:
        """Whose it could be: every app that names the first of its projects which any app names, in the file's order.

        ``numbers`` gives a project's id by its number.
        """
        known = tuple(apps)
        for project in self.projects:
            owners = tuple(app for app in known if numbers.get(project, project) in app.match.projects)
            if owners:
                return owners
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNumbers:
    """The client's projects by number, as Google's messages name them: (number, id)."""

    id: str = "project-numbers"
    known: tuple[tuple[str, str], ...] = ()
    version: int = 0
    due_at: datetime | None = None
