"""What Freio may set, as whoever sets it has found out: the watch that offers a brake may only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

BELIEVED = timedelta(hours=3)  # rights are looked into every hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Permissions of one lever that Freio lacks in one project."""

    lever: str
    project: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsReport:
    """All that was lacking at the last look (`at`); what could not be asked is not in it."""

    id: str = "rights"
    at: datetime | None = None
    lacks: tuple[Lack, ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def lacking(self, lever: str, project: str, permissions: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Those of the permissions that are known to be lacking; none, where nobody has looked for a while.

        >>> from datetime import UTC
        >>> at = datetime(2026, 11, 1, tzinfo=UTC)
        >>> report = RightsReport(at=at, lacks=(Lack(lever="quota", project="p", permissions=("a", "b")),))
        >>> report.lacking("quota", "p", ["b", "c"], at), report.lacking("quota", "p", ["b"], at + 2 * BELIEVED)
        (('b',), ())
        """
        if self.at is None or now - self.at > BELIEVED:
            return ()
        lacks = {p for lack in self.lacks if (lack.lever, lack.project) == (lever, project) for p in lack.permissions}
        return tuple(one for one in dict.fromkeys(permissions) if one in lacks)
