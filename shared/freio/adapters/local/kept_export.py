"""The export, kept for a while: it changes a few times a day, and a scan of it costs money.

So five-minute ticks share one answer.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from freio.domain.spend import Export
from freio.ports import Warehouse

KEEP = timedelta(hours=1)


class KeptExport:
    """A `Warehouse` that asks the one behind it at most once in `keep`, for as long as its process lives.

    A kept answer is as of the moment when it was asked for: rows that came since are seen an hour later at most, where
    the export itself is hours late.
    """

    def __init__(self, warehouse: Warehouse, keep: timedelta = KEEP) -> None:
        self._warehouse = warehouse
        self._keep = keep
        self._lock = threading.Lock()
        self._kept: tuple[datetime, datetime, Export] | None = None

    def export(self, since: datetime, as_of: datetime) -> Export:
        with self._lock:
            if self._kept is not None:
                kept_since, kept_at, export = self._kept
                if kept_since <= since and timedelta(0) <= as_of - kept_at < self._keep:
                    return export
            export = self._warehouse.export(since, as_of)
            self._kept = (since, as_of, export)
            return export
