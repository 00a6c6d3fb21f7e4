"""What Freio may set, as whoever sets it has found out: the watch that offers a brake may only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

BELIEVED = timedelta(hours=3)  # rights are looked into every hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Freio lacks for one lever in one project.

    ``at``      when it was last asked; where no answer came, ``lacks`` is what was known before.
    ``due_at``  when to ask again.
    ``told``    what lacks, or that nothing does, has been told with the lever's other projects.
    """

    lever: str
    project: str
    at: datetime
    due_at: datetime
    lacks: tuple[str, ...] = ()
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsReport:
    """All that was asked so far. ``claimed_until``: somebody is asking, and nobody else does meanwhile."""

    id: str = "rights"
    answers: tuple[Answer, ...] = ()
    claimed_until: datetime | None = None
    version: int = 0
    due_at: datetime | None = None

    def of(self, lever: str, project: str) -> Answer | None:
        return next((one for one in self.answers if (one.lever, one.project) == (lever, project)), None)

    def knows(self, lever: str, project: str, now: datetime) -> Answer | None:
        """What is believed of a lever in a project; None: nobody has looked there for a while."""
        answer = self.of(lever, project)
        return answer if answer is not None and now - answer.at <= BELIEVED else None

    def is_claimed(self, now: datetime) -> bool:
        return self.claimed_until is not None and now < self.claimed_until

    def lacking(self, lever: str, project: str, permissions: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Those of the permissions that are known to be lacking; none, where nobody has looked for a while.

        >>> from datetime import UTC
        >>> at = datetime(2026, 11, 1, tzinfo=UTC)
        >>> report = RightsReport(answers=(Answer(lever="quota", project="p", at=at, due_at=at, lacks=("a", "b")),))
        >>> report.lacking("quota", "p", ["b", "c"], at), report.lacking("quota", "p", ["b"], at + 2 * BELIEVED)
        (('b',), ())
        """
        answer = self.knows(lever, project, now)
        return tuple(one for one in dict.fromkeys(permissions) if answer and one in answer.lacks)


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledHomes:
    """The projects in which apps were billed whose file names none, as the watch last saw them.

    Who sets brakes reads no bills, and has to know where it may have to.
    """

    id: str = "billed-homes"
    projects: tuple[tuple[str, tuple[str, ...]], ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def of(self, app: str) -> frozenset[str]:
        """Nothing, for an app that was not billed.

        >>> sorted(BilledHomes(projects=(("chat", ("p", "q")),)).of("chat")), sorted(BilledHomes().of("chat"))
        (['p', 'q'], [])
        """
        return frozenset(dict(self.projects).get(app, ()))
