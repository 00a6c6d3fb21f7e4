"""What every store promises: one suite, over the fake, over SQLite and over Firestore's emulator."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from freio.adapters.google.firestore_store import FirestoreStore
from freio.adapters.local.memory import MemoryStore
from freio.adapters.local.sqlite import SqliteStore
from freio.domain.ask import Ask
from freio.domain.incident import Action, Incident, State
from freio.domain.money import Money
from freio.domain.notice import Card, Notice
from freio.domain.target import Brake, Lease, Target
from freio.errors import Conflict
from freio.ports import Change, Record
from tests.contracts.state import MINUTE, NOW, card, entry, incident, notice

AnyStore = MemoryStore | SqliteStore | FirestoreStore
Open = Callable[[], AnyStore]

# All of its tests run in one worker of xdist, so that one emulator is started.
FIRESTORE = pytest.param("firestore", marks=[pytest.mark.real, pytest.mark.xdist_group("firestore")])


@pytest.fixture(params=["memory", "sqlite", FIRESTORE])
def open_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the one state, each time as another process would."""
    if request.param == "memory":
        store = MemoryStore()
        yield lambda: store
        return
    if request.param == "firestore":
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue("firestore_address"))
    prefix = uuid.uuid4().hex  # the emulator is shared: each test has collections of its own
    opened: list[SqliteStore | FirestoreStore] = []

    def open_another() -> AnyStore:
        if request.param == "firestore":
            opened.append(FirestoreStore("freio-test", prefix=prefix, now=lambda: NOW))
        else:
            opened.append(SqliteStore(tmp_path / "state.db"))
        return opened[-1]

    yield open_another
    for each in opened:
        each.close()


@pytest.fixture
def store(open_store: Open) -> AnyStore:
    return open_store()


def put(store: AnyStore, *records: Record) -> None:
    store.commit(Change(put=records))


def got(store: AnyStore, card_id: str) -> Card:
    found = store.get(Card, card_id)
    assert found is not None
    return found


def test_what_was_never_written_is_none(store: AnyStore) -> None:
    """A new store holds nothing, of any kind."""
    assert store.get(Incident, "i-1") is None
    assert store.open_incident("chat") is None
    assert store.open_incidents() == []
    assert store.due(Notice, NOW) == []
    assert store.entries() == []
    assert not store.used("click-1")


def test_a_record_is_read_back_as_written_with_one_version_more(store: AnyStore) -> None:
    """Money keeps its digits, instants their zone, and the version says how often it was written."""
    written = incident("i-1", until=NOW + MINUTE, rate=Money(Decimal("0.000000250"), "BRL"), consents=(("a", "U1"),))
    put(store, written)
    read = store.get(Incident, "i-1")
    assert read == replace(written, version=1)
    assert read is not None
    assert str(read.rate.amount) == "2.50E-7"
    assert read.until is not None
    assert read.until.utcoffset() == timedelta(0)


def test_records_of_two_kinds_may_share_an_id(store: AnyStore) -> None:
    """A card has the id of its incident."""
    put(store, incident("i-1"), card("i-1"))
    assert store.get(Incident, "i-1") is not None
    assert got(store, "i-1").ts == "1.0"


def test_a_brake_is_found_by_its_targets_id(store: AnyStore) -> None:
    """A record whose id is derived is kept under it, leases and all."""
    target = Target("quota", "p", "s", "s/m", "1/min/{project}", (("base_model", "x"),))
    lease = Lease(incident="i-1", app="chat", value=120, since=NOW, until=NOW + MINUTE)
    put(store, Brake(target=target, found=None, found_known=True).with_lease(lease, NOW))
    read = store.get(Brake, target.id)
    assert read is not None
    assert read.wanted == 120
    assert read.target == target


def test_a_record_with_optional_money_and_times_is_read_back(store: AnyStore) -> None:
    """What is missing stays missing."""
    ask = Ask(id="a-1", app="chat", incident="", action=Action.RAISE, by="U1", at=NOW, amount=None, until=None, why="é")
    put(store, ask)
    assert store.get(Ask, "a-1") == replace(ask, version=1)


def test_a_record_written_from_what_was_read_follows_it(store: AnyStore) -> None:
    """Read, change, write: that is the whole of it."""
    put(store, card("c", ts="1.0"))
    put(store, replace(got(store, "c"), ts="2.0"))
    assert got(store, "c") == card("c", ts="2.0", version=2)


def test_a_record_that_moved_on_is_not_overwritten(store: AnyStore) -> None:
    """The second of two writers who read the same version is told, and changes nothing."""
    put(store, card("c"))
    mine = theirs = got(store, "c")
    put(store, replace(theirs, ts="theirs"))
    with pytest.raises(Conflict, match="card c"):
        put(store, replace(mine, ts="mine"))
    assert got(store, "c").ts == "theirs"


def test_a_new_record_does_not_replace_one_that_is_there(store: AnyStore) -> None:
    """Version 0 means that nobody wrote it before."""
    put(store, card("c", ts="first"))
    with pytest.raises(Conflict):
        put(store, card("c", ts="second"))
    assert got(store, "c") == card("c", ts="first", version=1)


def test_a_record_that_is_not_there_cannot_be_followed(store: AnyStore) -> None:
    """A version of a record that the store never had is a conflict too."""
    with pytest.raises(Conflict):
        put(store, card("c", version=3))
    assert store.get(Card, "c") is None


def test_one_record_cannot_be_written_twice_in_a_change(store: AnyStore) -> None:
    """Two truths about one record at once are a conflict."""
    with pytest.raises(Conflict):
        put(store, card("c", ts="1"), card("c", ts="2"))
    assert store.get(Card, "c") is None


@pytest.mark.parametrize(
    "bad",
    [
        Change(put=(card("taken"),)),
        Change(put=(card("never", version=2),)),
        Change(put=(incident("i-2", app="chat"),)),
        Change(once=("used",)),
        Change(once=("twice", "twice")),
    ],
    ids=["exists", "moved on", "second open incident", "used key", "key twice"],
)
def test_a_conflict_leaves_nothing_written(store: AnyStore, bad: Change) -> None:
    """Neither records, notices, keys nor journal: whichever part is refused, all of the change is."""
    store.commit(Change(put=(card("taken"), incident("i-1", app="chat")), once=("used",)))
    change = Change(
        put=(card("new"), *bad.put, card("newer")),
        touch=(notice("n"),),
        once=("fresh", *bad.once),
        journal=(entry("e"),),
    )
    with pytest.raises(Conflict):
        store.commit(change)
    assert store.get(Card, "new") is None
    assert store.get(Card, "newer") is None
    assert store.get(Notice, "n") is None
    assert not store.used("fresh")
    assert store.entries() == []
    assert got(store, "taken").version == 1


def test_a_store_works_on_after_a_conflict(store: AnyStore) -> None:
    """A refused change leaves no lock and no transaction behind."""
    put(store, card("c"))
    with pytest.raises(Conflict):
        put(store, card("c"))
    put(store, card("d"))
    assert got(store, "d").version == 1


def test_an_app_has_one_open_incident(store: AnyStore) -> None:
    """A second one is a conflict, whatever its id."""
    put(store, incident("i-1", app="chat"))
    with pytest.raises(Conflict, match="chat"):
        put(store, incident("i-2", app="chat"))
    found = store.open_incident("chat")
    assert found is not None
    assert found.id == "i-1"
    assert store.get(Incident, "i-2") is None


def test_a_resolved_incident_makes_room_for_the_next(store: AnyStore) -> None:
    """The app's former incident stays readable, and is open no more."""
    put(store, incident("i-1", app="chat"))
    put(store, incident("i-1", app="chat", state=State.RESOLVED, version=1))
    assert store.open_incident("chat") is None
    put(store, incident("i-2", app="chat"))
    found = store.open_incident("chat")
    assert found is not None
    assert found.id == "i-2"
    assert store.get(Incident, "i-1") is not None


def test_an_incident_may_end_and_the_next_begin_in_one_change(store: AnyStore) -> None:
    """It is the state after the change that must hold one, in whatever order it was written."""
    put(store, incident("i-1", app="chat"))
    put(store, incident("i-2", app="chat"), incident("i-1", app="chat", state=State.RESOLVED, version=1))
    assert [each.id for each in store.open_incidents()] == ["i-2"]


def test_two_open_incidents_of_an_app_in_one_change_are_refused(store: AnyStore) -> None:
    """Not even at once."""
    with pytest.raises(Conflict):
        put(store, incident("i-1", app="chat"), incident("i-2", app="chat"))
    assert store.open_incidents() == []


def test_a_resolved_incident_cannot_come_back_beside_another(store: AnyStore) -> None:
    """Reopening by an update is held to the same rule as opening."""
    put(store, incident("i-1", app="chat", state=State.RESOLVED), incident("i-2", app="chat"))
    with pytest.raises(Conflict):
        put(store, incident("i-1", app="chat", version=1))


def test_open_incidents_are_listed_by_app(store: AnyStore) -> None:
    """Those that are resolved are left out."""
    put(store, incident("i-2", app="b"), incident("i-1", app="c"), incident("i-3", app="a"))
    put(store, incident("i-4", app="d", state=State.RESOLVED))
    assert [each.app for each in store.open_incidents()] == ["a", "b", "c"]


def test_what_is_due_comes_most_overdue_first(store: AnyStore) -> None:
    """Due at the very instant is due; later is not; never is never."""
    put(
        store,
        card("now", due_at=NOW),
        card("soon", due_at=NOW + timedelta(microseconds=1)),
        card("oldest", due_at=NOW - 2 * MINUTE),
        card("never"),
        card("old", due_at=NOW - MINUTE),
    )
    assert [each.id for each in store.due(Card, NOW)] == ["oldest", "old", "now"]


def test_what_is_due_is_limited_and_the_rest_comes_later(store: AnyStore) -> None:
    """The limit takes the most overdue; among equals the ids decide, so that the order is always the same."""
    put(store, *(card(f"c{n}", due_at=NOW) for n in (3, 1, 2)))
    assert [each.id for each in store.due(Card, NOW, limit=2)] == ["c1", "c2"]


def test_due_records_are_of_the_kind_that_was_asked_for(store: AnyStore) -> None:
    """An incident that is due is not a card that is."""
    put(store, card("c", due_at=NOW), incident("i-1", due_at=NOW))
    assert [each.id for each in store.due(Incident, NOW)] == ["i-1"]


def test_due_is_an_instant_whatever_zone_it_is_written_in(store: AnyStore) -> None:
    """One o'clock in Berlin is before half past twelve in London."""
    berlin = timezone(timedelta(hours=1))
    put(store, card("b", due_at=datetime(2026, 11, 23, 12, 30, tzinfo=UTC)))
    put(store, card("a", due_at=datetime(2026, 11, 23, 13, 0, tzinfo=berlin)))
    assert [each.id for each in store.due(Card, NOW + 60 * MINUTE)] == ["a", "b"]


def test_what_was_put_off_is_due_no_more(store: AnyStore) -> None:
    """The last write says when."""
    put(store, card("c", due_at=NOW))
    put(store, replace(got(store, "c"), due_at=None))
    assert store.due(Card, NOW) == []


def test_an_instant_without_a_zone_is_a_bug(store: AnyStore) -> None:
    """It is refused with the place where it stands, and nothing is written."""
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match=r"Incident\.until has no time zone"):
        put(store, incident("i-1", until=naive))
    assert store.get(Incident, "i-1") is None


def test_a_touched_notice_that_is_new_is_written(store: AnyStore) -> None:
    """A touch needs no version."""
    store.commit(Change(touch=(notice("n", text="hello"),)))
    assert store.get(Notice, "n") == notice("n", text="hello", version=1)


def test_a_touched_notice_is_due_anew_as_if_never_tried(store: AnyStore) -> None:
    """Whatever became of it: its tries are forgotten, it is alive, and one version on."""
    put(store, notice("n", attempts=7, dead=True, due_at=NOW - MINUTE))
    assert store.due(Notice, NOW) == []
    store.commit(Change(touch=(notice("n", due_at=NOW),)))
    assert store.due(Notice, NOW) == [notice("n", due_at=NOW, version=2)]


def test_a_touch_overtakes_whoever_is_delivering(store: AnyStore) -> None:
    """The deliverer's write of the former version is a conflict, so that the newer drawing is not lost."""
    store.commit(Change(touch=(notice("n"),)))
    delivering = store.get(Notice, "n")
    assert delivering is not None
    store.commit(Change(touch=(notice("n"),)))
    with pytest.raises(Conflict):
        put(store, replace(delivering, dead=True))


def test_a_dead_notice_is_not_due(store: AnyStore) -> None:
    """Given up is given up, until somebody touches it."""
    put(store, notice("n", dead=True))
    assert store.due(Notice, NOW) == []


def test_a_key_is_used_once(store: AnyStore) -> None:
    """The second use of a click's id is a conflict."""
    store.commit(Change(once=("click-1",)))
    assert store.used("click-1")
    with pytest.raises(Conflict, match="click-1"):
        store.commit(Change(once=("click-1",)))


def test_the_journal_is_read_oldest_first(store: AnyStore) -> None:
    """By the instant that an entry records; entries of one instant in the order of writing."""
    store.commit(Change(journal=(entry("late", at=NOW + MINUTE), entry("b"), entry("a"))))
    store.commit(Change(journal=(entry("early", at=NOW - MINUTE), entry("c"))))
    assert [each.id for each in store.entries()] == ["early", "b", "a", "c", "late"]


def test_the_journal_of_one_incident_leaves_the_others_out(store: AnyStore) -> None:
    """Entries about no incident belong to none."""
    store.commit(Change(journal=(entry("a", "i-1"), entry("b", "i-2"), entry("c", ""))))
    assert [each.id for each in store.entries(incident="i-1")] == ["a"]
    assert [each.id for each in store.entries(incident="")] == ["c"]


def test_an_entry_is_written_once(store: AnyStore) -> None:
    """One with a known id is left as it was, and the rest of its change is written."""
    store.commit(Change(journal=(entry("e", what="first"), entry("e", what="again"))))
    store.commit(Change(journal=(entry("e", what="second"), entry("f"))))
    assert [(each.id, each.what) for each in store.entries()] == [("e", "first"), ("f", "")]


def test_an_empty_change_is_none(store: AnyStore) -> None:
    """It is no error either."""
    store.commit(Change())
    assert store.entries() == []


def test_a_reader_cannot_change_what_is_stored(store: AnyStore) -> None:
    """What was handed out or taken in is nobody else's, dicts included."""
    data = {"k": "v"}
    store.commit(Change(touch=(notice("n", data=data),)))
    data["k"] = "changed by the writer"
    read = store.get(Notice, "n")
    assert read is not None
    read.data["k"] = "changed by a reader"
    again = store.get(Notice, "n")
    assert again is not None
    assert again.data == {"k": "v"}


def test_of_racing_writers_each_version_has_one_winner(open_store: Open) -> None:
    """Four threads, each with a handle of its own, count to a hundred: no count is lost, none is made twice."""
    first = open_store()
    put(first, card("c", ts="0"))

    def count_on(worker: int) -> int:
        store, wins = open_store(), 0
        while (now := got(store, "c")).version <= 100:
            change = Change(
                put=(replace(now, ts=str(int(now.ts) + 1)),),
                journal=(entry(f"{now.version}/{worker}"),),
            )
            try:
                store.commit(change)
            except Conflict:
                continue
            wins += 1
        return wins

    with ThreadPoolExecutor(4) as pool:
        wins = list(pool.map(count_on, range(4)))
    assert sum(wins) == 100
    assert got(first, "c") == card("c", ts="100", version=101)
    assert len(first.entries()) == 100


def test_threads_may_share_one_store(store: AnyStore) -> None:
    """Of many who claim a key at once, through one handle, one has it."""
    start = threading.Barrier(8)

    def claim(_: int) -> bool:
        start.wait()
        try:
            store.commit(Change(once=("the only one",)))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_of_racing_detectors_one_opens_the_incident(open_store: Open) -> None:
    """Overlapping ticks find the same runaway: the app gets one incident."""
    stores = [open_store() for _ in range(6)]
    start = threading.Barrier(6)

    def open_one(number: int) -> bool:
        start.wait()
        try:
            put(stores[number], incident(f"i-{number}", app="chat"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(open_one, range(6))) == 1
    assert len(stores[0].open_incidents()) == 1


def test_every_brake_is_listed_whether_due_or_not(store: AnyStore) -> None:
    """By its id, and nothing else: a brake that is held has nothing due."""
    targets = [Target("quota", project, "s", "m", "u") for project in ("p-b", "p-a", "p-c")]
    for target in targets:
        store.commit(Change(put=(Brake(target=target, due_at=NOW if target.project == "p-c" else None),)))
    store.commit(Change(put=(card("i-1"),)))
    assert [brake.target.project for brake in store.every_brake()] == ["p-a", "p-b", "p-c"]
    assert {brake.version for brake in store.every_brake()} == {1}
