"""One bucket as traffic meets it: the limit felt at each minute, and what is used of it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.metrics import QuotaSeries
    from freio.sandbox.google.quotas import Dimensions, Quotas
    from freio.sandbox.google.usage import Usage


class Gate:
    """A bucket before a model. One that does not bind shows its limit, counts its usage and refuses nothing."""

    def __init__(
        self,
        *,
        quotas: Quotas,
        usage: Usage,
        project: str,
        limit: Limit,
        dimensions: Dimensions,
        binds: bool,
        series: QuotaSeries,
    ) -> None:
        self.binds = binds
        self.counts = limit.counts
        self.series = series
        self._quotas = quotas
        self._usage = usage
        self._project = project
        self._limit = limit
        self._dimensions = dimensions
        self._bucket = quotas.key(project, limit, dimensions)
        self._version = -1
        self._moments: list[float] = []
        self._values: list[int] = []

    def limits(self, first: int, minutes: int) -> list[int]:
        """The limit of each minute: the one felt when the minute begins."""
        if self._version != self._quotas.version:
            # A month of steps meets a handful of changes: the steps in time are worked out once for each change.
            steps = self._quotas.felt_steps(self._project, self._limit, self._dimensions)
            self._moments, self._values = [moment for moment, _ in steps], [value for _, value in steps]
            self._version = self._quotas.version
        if len(self._values) == 1:
            return self._values * minutes
        return [self._values[bisect_right(self._moments, minute * 60) - 1] for minute in range(first, first + minutes)]

    def used(self, minute: int) -> int:
        return self._usage.used(self._bucket, self._limit, minute)

    def use(self, minute: int, amount: int) -> None:
        self._usage.add(self._bucket, self._limit, minute, amount)
