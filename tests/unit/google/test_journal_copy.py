"""What the journal's copy does when something fails midway, with fakes for Firestore and BigQuery."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from freio.adapters.codec import encode
from freio.adapters.google.firestore_uncopied import Uncopied
from freio.adapters.google.journal_copy import PATIENCE, JournalCopy
from freio.adapters.local.sqlite import SqliteStore
from freio.adapters.warehouse.engine import Value
from freio.bootstrap import Freio
from freio.domain.journal import Kind
from freio.errors import BadInput, Rejected, Unavailable, Unreadable
from tests.contracts.state import MINUTE, NOW, entry
from tests.fakes import FakeClock


@dataclass
class FakeSource:
    """Documents that wait until they are marked."""

    waiting: list[Uncopied] = field(default_factory=list)

    def write(self, *names: str, body: str = "", since: datetime = NOW) -> None:
        for name in names:
            text = body or encode(entry(name))
            self.waiting.append(Uncopied(document=f"-{name}", body=text, ordinal=0, since=since, written_at=NOW))

    def oldest(self, limit: int) -> list[Uncopied]:
        return self.waiting[:limit]

    def mark(self, copied: Sequence[Uncopied]) -> None:
        self.waiting = [each for each in self.waiting if each not in copied]


@dataclass
class FakeEngine:
    """Takes the statements down; the next `faults` are raised instead, or afterwards."""

    name: str = "fake"
    ran: list[tuple[str, Mapping[str, Value]]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[FakeEngine]:
        yield self

    def mark(self, table: str) -> str:
        return ""

    def rows(self, sql: str, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
        raise AssertionError("it asks nothing")

    def run(self, sql: str, values: Mapping[str, Value]) -> None:
        self.ran.append((sql, values))
        if self.faults:
            raise self.faults.pop(0)

    @property
    def appended(self) -> list[list[str]]:
        lines = [json.loads(str(values["lines"])) for _, values in self.ran if values]
        return [[line["id"] for line in batch] for batch in lines]


def copier(source: FakeSource, engine: FakeEngine, now: datetime = NOW + PATIENCE) -> JournalCopy:
    return JournalCopy(source, engine, "acme-freio.freio", now=lambda: now)


def test_what_was_not_appended_is_not_marked() -> None:
    """It waits, and is appended by the next copy; a trouble that passes is no reason to make a table."""
    source, engine = FakeSource(), FakeEngine(faults=[Unavailable("away"), Unavailable("away still")])
    source.write("e")
    copy = copier(source, engine)
    for _ in range(2):
        with pytest.raises(Unavailable):
            copy.copy()
        assert len(source.waiting) == 1
    assert copy.copy() == 1
    assert source.waiting == []
    assert ["INSERT INTO" in sql for sql, _ in engine.ran] == [True, True, True]


def test_the_table_is_made_only_where_there_is_none() -> None:
    """Where Terraform has made it, a copier need not be allowed to."""
    source, engine = FakeSource(), FakeEngine(faults=[Rejected("404 Not found: Table journal_lines")])
    source.write("e")
    assert copier(source, engine).copy() == 1
    assert ["INSERT INTO" in sql for sql, _ in engine.ran] == [True, False, True]
    assert "CREATE TABLE IF NOT EXISTS" in engine.ran[1][0]
    assert source.waiting == []


def test_what_is_refused_although_the_table_is_there_is_said_once_more() -> None:
    """It is made once; what BigQuery says to the second attempt is what is wrong."""
    source, engine = FakeSource(), FakeEngine(faults=[Rejected("no table"), Rejected("may not make one")])
    source.write("e")
    with pytest.raises(Rejected, match="may not make one"):
        copier(source, engine).copy()
    assert len(source.waiting) == 1


def test_an_entry_that_cannot_be_read_is_named_and_holds_up_no_other() -> None:
    """It keeps waiting, so that a person may mend it."""
    source, engine = FakeSource(), FakeEngine()
    source.write("e")
    source.write("broken", body="{}")
    source.write("f")
    with pytest.raises(Unreadable, match=r"^-broken: the store holds a Entry that cannot be read"):
        copier(source, engine).copy()
    assert engine.appended == [["e", "f"]]
    assert [each.document for each in source.waiting] == ["-broken"]


def test_only_the_partitions_of_its_lines_are_read() -> None:
    """The statement is told the first instant and the last, and the names of the tables."""
    source, engine = FakeSource(), FakeEngine()
    for number in (2, 0, 1):
        source.write(str(number), body=encode(entry(str(number), at=NOW - number * MINUTE)))
    assert copier(source, engine).copy() == 3
    sql, values = engine.ran[-1]
    assert (values["first"], values["last"]) == (NOW - 2 * MINUTE, NOW)
    assert sql.count("`acme-freio.freio.journal_lines`") == 2
    assert "`journal" not in sql


def test_one_fresh_entry_waits_and_asks_nothing() -> None:
    """Until its patience is over, to the microsecond."""
    source, engine = FakeSource(), FakeEngine()
    source.write("e")
    assert copier(source, engine, now=NOW + PATIENCE - timedelta(microseconds=1)).copy() == 0
    assert engine.ran == []
    assert copier(source, engine).copy() == 1


def test_a_dataset_may_begin_with_a_digit() -> None:
    """BigQuery takes letters, digits and underscores, in any order."""
    source, engine = FakeSource(), FakeEngine()
    source.write("e-1")
    assert JournalCopy(source, engine, "acme-freio.2026_freio", now=lambda: NOW + PATIENCE).copy() == 1


@pytest.mark.parametrize("dataset", ["", "freio", "acme.freio.journal", "acme.fr`eio", "acme.freio; DROP", ".freio"])
def test_what_is_no_dataset_is_refused(dataset: str) -> None:
    """The name is written into the statements."""
    with pytest.raises(BadInput, match=r"must be PROJECT\.DATASET"):
        JournalCopy(FakeSource(), FakeEngine(), dataset, now=lambda: NOW)


def freio(store: str, warehouse: str) -> Freio:
    needed = {"FREIO_CONFIG": "-", "FREIO_QUEUE": "pubsub:acme", "FREIO_STORE": store, "FREIO_WAREHOUSE": warehouse}
    return Freio(needed)


def test_only_firestore_beside_bigquery_is_copied() -> None:
    """A file of SQLite is kept whole; without a dataset Firestore keeps its journal for ever."""
    assert isinstance(freio("firestore:acme", "bigquery:acme.freio").journal_copy, JournalCopy)
    for store, warehouse in (("sqlite:s.db", "bigquery:acme.freio"), ("firestore:acme", "duckdb:b"), ("sqlite:s", "")):
        assert freio(store, warehouse).journal_copy is None


def test_a_copy_that_fails_is_noted_once_an_hour_and_raises_nothing(tmp_path: Path) -> None:
    """Braking goes on: many sweeps, one entry, so that notes about copying leave not ever more to copy."""
    parts = freio(f"sqlite:{tmp_path / 'state.db'}", "bigquery:acme.freio")
    source, engine = FakeSource(), FakeEngine(faults=[Unavailable("away")] * 5)
    source.write("e")
    vars(parts)["clock"] = FakeClock(NOW + PATIENCE)
    vars(parts)["journal_copy"] = copier(source, engine)
    for _ in range(5):
        parts.copy_journal()
    assert isinstance(parts.store, SqliteStore)
    [line] = parts.store.entries()
    assert (line.kind, len(source.waiting)) == (Kind.FAILURE, 1)
    assert line.what.startswith("copying the journal to BigQuery")
    parts.copy_journal()
    assert source.waiting == []
