"""The journal's copy, from Google's Firestore emulator into the BigQuery emulator: for who reads, each line once."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import WriteBatch

from freio.adapters.google.bigquery_engine import BigQueryEngine, connected
from freio.adapters.google.firestore_documents import JOURNAL_KEPT
from freio.adapters.google.firestore_store import FirestoreStore
from freio.adapters.google.journal_copy import PATIENCE, JournalCopy
from freio.domain.journal import Entry, Kind
from freio.errors import Unavailable
from freio.ports import Change
from freio.sandbox.emulators.parts import PROJECT
from tests.contracts.state import MINUTE, NOW, card, entry
from tests.contracts.warehouses import emulated

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("bigquery")]

LOST: Any = exceptions.ServiceUnavailable  # the library leaves its errors bare of types
_numbers = itertools.count()


@dataclass
class World:
    """One journal, one dataset, and a clock that the test moves."""

    prefix: str
    dataset: str
    now: datetime = NOW

    def store(self) -> FirestoreStore:
        """With a client of its own, as another process has."""
        return FirestoreStore("freio-test", prefix=self.prefix, now=lambda: self.now)

    def copier(self, patience: timedelta = timedelta(0), dataset: str = "") -> JournalCopy:
        engine = BigQueryEngine(PROJECT, maximum_bytes_billed=1024**3, timeout=30)
        source = self.store().uncopied
        return JournalCopy(source, engine, dataset or self.dataset, now=lambda: self.now, patience=patience)

    def write(self, *entries: Entry) -> None:
        self.store().commit(Change(journal=entries))

    def ids(self, table: str = "journal") -> list[str]:
        found = self.query(f"SELECT id FROM `{self.dataset}.{table}` ORDER BY happened_at, written_at, ordinal")
        return [row.id for row in found]

    def query(self, sql: str) -> list[Any]:
        return list(connected(PROJECT).query_and_wait(sql))


@pytest.fixture
def world(firestore_address: str, bigquery_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_address)
    with emulated(bigquery_address):
        dataset = f"{PROJECT}.copy_{next(_numbers)}"
        connected(PROJECT).create_dataset(dataset)
        yield World(uuid.uuid4().hex, dataset)


def faring(monkeypatch: pytest.MonkeyPatch, kind: type, method: str, fate: Callable[[Callable[[], Any]], Any]) -> None:
    """The next call of a method fares as the test says; all later ones as ever."""
    call, fates = getattr(kind, method), [fate]

    def faring_call(self: Any, *args: Any, **named: Any) -> Any:
        deliver = fates.pop() if fates else lambda go: go()
        return deliver(lambda: call(self, *args, **named))

    monkeypatch.setattr(kind, method, faring_call)


def killed_before(deliver: Callable[[], Any]) -> None:
    raise KeyboardInterrupt


def away(deliver: Callable[[], Any]) -> None:
    raise Unavailable("BigQuery: no reply")


def reply_lost(deliver: Callable[[], Any]) -> None:
    deliver()
    raise LOST("the connection broke")


def append_lost(deliver: Callable[[], Any]) -> None:
    deliver()
    raise Unavailable("BigQuery: no reply")


# ---- what is copied


def test_every_field_of_an_entry_can_be_queried(world: World) -> None:
    """With whatever people write, to the microsecond, and its data as JSON text."""
    odd = Entry(
        id="i/1/click",
        at=NOW + timedelta(microseconds=123457),
        kind=Kind.CLICK,
        app="chat/é",
        incident="i-1",
        by="U0123",
        what='He said "stop";\n`now` \\ 🚲 @lines',
        data={"z": '{"q": "\\"}', "a": "", "level": "12.5 BRL"},
    )
    world.write(odd)
    assert world.copier().copy() == 1
    [row] = world.query(f"SELECT * EXCEPT (written_at) FROM `{world.dataset}.journal`")
    assert json.loads(row.data) == odd.data
    assert dict(row.items()) == {
        "id": odd.id,
        "happened_at": odd.at,
        "kind": "click",
        "app": odd.app,
        "incident": odd.incident,
        "actor": odd.by,
        "what": odd.what,
        "data": row.data,
        "ordinal": 0,
    }
    [level] = world.query(f"SELECT JSON_VALUE(data, '$.level') AS level FROM `{world.dataset}.journal`")
    assert level.level == "12.5 BRL"


def test_the_copy_reads_in_the_order_of_the_journal(world: World) -> None:
    """Also where entries of one instant are copied in two goes, and neither go changes Firestore's own order."""
    for number in range(3):
        world.write(*(entry(f"{9 - number}-{n}") for n in (2, 0, 1)))
    before = [each.id for each in world.store().entries()]
    copier = world.copier()
    assert [copier.copy(limit=4), copier.copy(limit=4), copier.copy(limit=4), copier.copy(limit=4)] == [4, 4, 1, 0]
    assert [each.id for each in world.store().entries()] == before
    assert world.ids() == before == [f"{9 - number}-{n}" for number in range(3) for n in (2, 0, 1)]


def test_an_id_that_comes_again_after_its_time_is_another_line(world: World) -> None:
    """Firestore has let go of the first, which stays in the copy."""
    world.write(entry("e", what="first"))
    world.copier().copy()
    world.now += JOURNAL_KEPT
    world.write(entry("e", at=world.now, what="again"))
    assert world.copier().copy() == 1
    assert [each.what for each in world.store().entries()] == ["again"]
    found = world.query(f"SELECT what FROM `{world.dataset}.journal` ORDER BY happened_at")
    assert [row.what for row in found] == ["first", "again"]


# ---- when


def test_nothing_new_asks_bigquery_nothing(world: World) -> None:
    """Not even for its table: the dataset is not there, and nobody notices."""
    assert world.copier(dataset=f"{PROJECT}.no_such_dataset").copy() == 0


def test_entries_wait_for_others_for_a_while(world: World) -> None:
    """One statement is billed for all of them; a full one does not wait."""
    copier = world.copier(PATIENCE)
    world.write(entry("e-0"))
    world.now += PATIENCE - MINUTE
    world.write(entry("e-1"))
    assert copier.copy() == 0
    assert copier.copy(limit=1) == 1
    world.now += PATIENCE - MINUTE
    world.write(entry("e-2"))
    assert copier.copy() == 0
    world.now += MINUTE
    assert copier.copy() == 2
    assert world.ids() == ["e-0", "e-1", "e-2"]


# ---- how long


def test_an_entry_without_its_copy_never_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long BigQuery is away; its 400 days begin when the copy stands."""
    world.write(entry("e"))
    world.now += 10 * JOURNAL_KEPT
    assert len(world.store().entries()) == 1
    faring(monkeypatch, BigQueryEngine, "run", away)
    with pytest.raises(Unavailable):
        world.copier().copy()
    assert world.copier().copy() == 1
    world.now += JOURNAL_KEPT - timedelta(seconds=1)
    assert len(world.store().entries()) == 1
    world.now += timedelta(seconds=1)
    assert world.store().entries() == []
    assert world.ids() == ["e"]


# ---- crashes, lost replies, races


def test_a_crash_before_the_mark_doubles_no_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Appended and not marked: the next copier finds them in the table, and marks them with what is new."""
    world.write(entry("e-0"), entry("e-1"))
    copier = world.copier()
    faring(monkeypatch, WriteBatch, "commit", killed_before)
    with pytest.raises(KeyboardInterrupt):
        copier.copy()
    world.write(entry("e-2"))
    assert world.copier().copy() == 3
    assert world.copier().copy() == 0
    assert world.ids("journal_lines") == world.ids() == ["e-0", "e-1", "e-2"]


def test_an_append_whose_reply_was_lost_doubles_no_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took effect, and nobody was told."""
    world.write(entry("e"))
    copier = world.copier()
    assert copier.copy() == 1
    world.write(entry("f"))
    faring(monkeypatch, BigQueryEngine, "run", append_lost)
    with pytest.raises(Unavailable):
        copier.copy()
    assert copier.copy() == 1
    assert world.ids("journal_lines") == world.ids() == ["e", "f"]


def test_a_mark_whose_reply_was_lost_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its repetition finds the documents changed, by itself."""
    world.write(entry("e"))
    faring(monkeypatch, WriteBatch, "commit", reply_lost)
    assert world.copier().copy() == 1
    assert world.copier().copy() == 0
    assert [each.id for each in world.store().entries()] == ["e"]


def test_two_copiers_at_once_show_each_line_once(world: World) -> None:
    """Whoever marks second finds it done."""
    world.copier().copy()
    for number in range(4):
        world.write(*(entry(f"{number}-{n}") for n in range(5)))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: world.copier().copy(), range(2)))
    while world.copier().copy():
        pass
    assert world.ids() == [f"{number}-{n}" for number in range(4) for n in range(5)]


def test_lines_that_two_statements_at_once_have_both_appended_are_read_once(world: World) -> None:
    """Neither sees the other's; BigQuery holds no INSERT back for another. The emulator does, so they are put there."""
    world.write(entry("e", what="ü"), entry("f"))
    world.copier().copy()
    columns = "id, happened_at, kind, app, incident, actor, what, data, written_at, ordinal"
    lines = f"`{world.dataset}.journal_lines`"
    world.query(f"INSERT INTO {lines} ({columns}) SELECT {columns} FROM {lines}")
    assert sorted(world.ids("journal_lines")) == ["e", "e", "f", "f"]
    assert world.ids() == ["e", "f"]


def test_a_second_copier_between_append_and_mark_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It appends nothing and marks first; the other's mark is refused, and that is no failure."""
    world.write(entry("e"), entry("f"))
    others: list[int] = []

    def overtaken(deliver: Callable[[], Any]) -> Any:
        others.append(world.copier().copy())
        return deliver()

    faring(monkeypatch, WriteBatch, "commit", overtaken)
    assert world.copier().copy() == 2
    assert others == [2]
    assert world.ids("journal_lines") == ["e", "f"]
    assert world.copier().copy() == 0


def test_a_mark_leaves_the_signature_of_the_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change whose reply was lost is known by it, though its entry has been copied since."""

    def copied_and_lost(deliver: Callable[[], Any]) -> None:
        deliver()
        assert world.copier().copy() == 1
        raise LOST("the connection broke")

    faring(monkeypatch, WriteBatch, "commit", copied_and_lost)
    world.write(entry("e"))
    assert world.ids() == ["e"]


def test_entries_known_already_are_not_copied_anew(world: World) -> None:
    """Recording one twice leaves one, also where the first has its copy."""
    world.write(entry("e"))
    world.copier().copy()
    world.store().commit(Change(put=(card("c"),), journal=(replace(entry("e"), what="late"),)))
    assert world.copier().copy() == 0
    assert world.ids() == ["e"]


# ---- what BigQuery takes


def test_a_backlog_with_large_entries_is_copied_in_requests_that_bigquery_takes(world: World) -> None:
    """Each holds two megabytes at most, or one entry."""
    for number in range(3):
        world.write(replace(entry(f"e-{number}", at=NOW + number * MINUTE), data={"text": 'a"' * 300_000}))
    copier = world.copier()
    assert [copier.copy(), copier.copy(), copier.copy()] == [2, 1, 0]
    assert world.ids() == ["e-0", "e-1", "e-2"]


def test_five_hundred_entries_are_one_go(world: World) -> None:
    """The usual limit, with the rest left for the next sweep."""
    world.write(*(entry(f"e-{n:03}", at=NOW + n * timedelta(seconds=1)) for n in range(600)))
    copier = world.copier()
    assert [copier.copy(), copier.copy(), copier.copy()] == [500, 100, 0]
    assert len(world.ids()) == 600
