"""The journal's copy in BigQuery, for years: Firestore keeps an entry for 400 days from its copy on.

At least once from Firestore to the table, exactly once for who reads. Lines are appended first and marked then, so
that a crash, a lost reply or a second copier can only lead to the same lines being appended anew; the statement leaves
out what stands in the table already, and the view `journal` shows what two statements at once have both appended once.

With SQLite there is no copy: the journal's one file is kept whole, and is the client's to keep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import accumulate
from typing import Protocol

from freio.adapters.codec import decode_entry, microseconds
from freio.adapters.google.firestore_uncopied import Uncopied
from freio.adapters.warehouse.engine import Engine, Value
from freio.domain.journal import Entry
from freio.errors import BadInput, Rejected, Unreadable

# An open incident writes an entry at nearly each sweep, and each statement is billed for 10 MiB at least.
PATIENCE = timedelta(minutes=5)
# BigQuery takes a request of 10 MB (https://cloud.google.com/bigquery/quotas#query_jobs): a quote inside `data` is
# escaped twice more on its way there, which makes its two bytes eight.
BATCH_BYTES = 2 * 1024 * 1024
TIMEOUT = 30.0  # seconds for a statement: the next sweep is due in a minute
_DATASET = re.compile(r"[a-z][a-z0-9-]*\.\w+")


class Source(Protocol):
    """Where entries without a copy are found and marked; see `UncopiedEntries`."""

    def oldest(self, limit: int) -> list[Uncopied]: ...
    def mark(self, copied: Sequence[Uncopied]) -> None: ...


class JournalCopy:
    """Copies into the table `journal_lines` of `dataset` (``PROJECT.DATASET``), which is read as `journal`.

    Table and view are Terraform's; where there are none, they are made.

    ``patience`` is how long the oldest entry may wait for others, so that one statement takes them all.
    """

    def __init__(
        self,
        source: Source,
        engine: Engine,
        dataset: str,
        *,
        now: Callable[[], datetime],
        patience: timedelta = PATIENCE,
    ) -> None:
        if not _DATASET.fullmatch(dataset):
            raise BadInput(f"dataset {dataset!r}: must be PROJECT.DATASET, in letters, digits and underscores")
        self._source = source
        self._engine = engine
        self._dataset = dataset
        self._now = now
        self._patience = patience
        self._is_made = False

    def copy(self, limit: int = 500) -> int:
        """Copies what has waited, oldest first, `limit` entries or 2 MiB of them at most; returns how many.

        Raises `Unavailable`, `Rejected`, and `Unreadable` with the names of entries that cannot be read, once the
        others are copied. Whatever it raises, nothing is lost and the next call takes it up.
        """
        waiting = self._source.oldest(limit)
        if not waiting or (len(waiting) < limit and waiting[0].since > self._now() - self._patience):
            return 0
        readable, faults = _decoded(_first(waiting, BATCH_BYTES))
        if readable:
            self._append(readable)
            self._source.mark([line for line, _ in readable])
        if faults:
            raise Unreadable("; ".join(faults))
        return len(readable)

    def _append(self, lines: Sequence[tuple[Uncopied, Entry]]) -> None:
        instants = [entry.at for _, entry in lines]
        rows = [_row(line, entry) for line, entry in lines]
        values: dict[str, Value] = {
            "lines": json.dumps(rows, ensure_ascii=False),
            "first": min(instants),
            "last": max(instants),
        }
        with self._engine.session() as session:
            try:
                session.run(self._statement("journal_copy"), values)
            except Rejected:
                if self._is_made:
                    raise
                # Terraform makes the table, and a function of its may not: only where there is none is one made.
                session.run(self._statement("journal_table"), {})
                self._is_made = True
                session.run(self._statement("journal_copy"), values)

    def _statement(self, name: str) -> str:
        text = (files("freio") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
        for table in ("journal_lines", "journal"):
            text = text.replace(f"`{table}`", f"`{self._dataset}.{table}`")
        return text


def _first(waiting: Iterable[Uncopied], size: int) -> list[Uncopied]:
    """As many of the first as hold `size` bytes together, and one at least."""
    lines = list(waiting)
    sizes = accumulate(len(line.body.encode()) for line in lines)
    return [line for number, (line, total) in enumerate(zip(lines, sizes, strict=True)) if number == 0 or total <= size]


def _decoded(lines: Iterable[Uncopied]) -> tuple[list[tuple[Uncopied, Entry]], list[str]]:
    readable, faults = [], []
    for line in lines:
        try:
            readable.append((line, decode_entry(line.body)))
        except Unreadable as fault:
            faults.append(f"{line.document}: {fault}")
    return readable, faults


def _row(line: Uncopied, entry: Entry) -> dict[str, str]:
    """An entry as the statement reads it: strings alone, since a JSON number may be read as a float.

    The same document makes the same line, to the letter.
    """
    return {
        "id": entry.id,
        "happened_at": str(microseconds(entry.at)),
        "kind": entry.kind,
        "app": entry.app,
        "incident": entry.incident,
        "actor": entry.by,
        "what": entry.what,
        "data": json.dumps(entry.data, ensure_ascii=False, sort_keys=True),
        "written_at": str(microseconds(line.written_at)),
        "ordinal": str(line.ordinal),
    }
