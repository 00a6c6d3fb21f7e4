"""What was served, gathered by the hour: the export has a row for an hour's use, not for a request."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from freio.sandbox.spend.billing_rows import HOUR, HourUse

if TYPE_CHECKING:
    from freio.sandbox.spend.billing_rows import Bill
    from freio.sandbox.spend.traffic import Labels, Traffic

_Key = tuple[datetime, str, str, str, "Labels"]


class Served:
    """Takes what got past the quotas, and writes each hour's rows once the hour is over.

    Held in memory: a sandbox that dies loses the running hour's bill, as its clock dies with it.
    """

    def __init__(self, export: Bill) -> None:
        self._export = export
        self._hours: defaultdict[_Key, list[int]] = defaultdict(lambda: [0, 0, 0])

    def record(
        self, traffic: Traffic, start: datetime, *, requests: int, input_tokens: int, output_tokens: int
    ) -> None:
        """Adds what was served of `traffic` in the step from `start`: at most what was asked."""
        asked = (traffic.requests, traffic.input_tokens, traffic.output_tokens)
        served = (requests, input_tokens, output_tokens)
        if any(not 0 <= got <= want for got, want in zip(served, asked, strict=True)):
            raise ValueError(
                f"{traffic.app} was served {served} of the {asked} requests, input and output tokens asked"
            )
        hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        sums = self._hours[hour, traffic.project, traffic.location, traffic.model, traffic.labels]
        for place, got in enumerate(served):
            sums[place] += got

    def arrive(self, now: datetime) -> int:
        """What was written before is exported, where its time has come by `now`; returns how many rows."""
        return self._export.arrive(now)

    def flush(self, now: datetime) -> int:
        """Writes the rows of all hours that ended by `now`, and forgets them once written; returns how many rows."""
        over = sorted((key for key in self._hours if key[0] + HOUR <= now), key=lambda key: key[:4])
        if not over:
            return 0
        written = self._export.write([_use(key, self._hours[key]) for key in over])
        for key in over:
            del self._hours[key]
        return written


def _use(key: _Key, sums: list[int]) -> HourUse:
    start, project, location, model, labels = key
    return HourUse(
        start=start,
        project=project,
        location=location,
        model=model,
        labels=labels,
        requests=sums[0],
        input_tokens=sums[1],
        output_tokens=sums[2],
    )
