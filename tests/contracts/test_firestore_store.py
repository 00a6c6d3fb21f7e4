"""What only the Firestore store must stand: lost races, lost replies, expiry, odd names, and Firestore's limits."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import Client, WriteBatch

from freio.adapters.google.firestore_documents import JOURNAL_KEPT, NOTICE_KEPT, ONCE_KEPT, RECORD_KEPT
from freio.adapters.google.firestore_store import FirestoreStore
from freio.adapters.local.memory import MemoryStore
from freio.domain.ask import Ask
from freio.domain.budget import BudgetStatus
from freio.domain.incident import Action, Incident, State
from freio.domain.notice import Card, Notice
from freio.domain.quota import QuotaBook
from freio.domain.target import Brake, Target
from freio.errors import Conflict, Rejected, Unavailable
from freio.ports import Change
from tests.contracts.state import MINUTE, NOW, card, entry, incident, notice

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("firestore")]

LATER = timedelta(days=5000)
SECOND = timedelta(seconds=1)
LOST: Any = exceptions.ServiceUnavailable  # the library leaves its errors bare of types


@dataclass
class World:
    """One state in the emulator, with a clock that the test moves."""

    prefix: str
    now: datetime = NOW

    def open(self, timeout: float = 10.0) -> FirestoreStore:
        """A store with a client of its own, as another process has."""
        return FirestoreStore("freio-test", prefix=self.prefix, now=lambda: self.now, timeout=timeout)


@pytest.fixture
def world(firestore_address: str, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_address)
    return World(uuid.uuid4().hex)


@pytest.fixture
def store(world: World) -> Iterator[FirestoreStore]:
    store = world.open()
    yield store
    store.close()


class Line:
    """The way to Firestore, on which the next Commits fare as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = 0
        self.fates: list[Callable[[Callable[[], Any]], Any]] = []
        commit = WriteBatch.commit

        def faring(batch: WriteBatch, retry: object = "library", timeout: float | None = None) -> Any:
            assert retry is None, "the library would send it again without looking"
            self.sent += 1
            fate = self.fates.pop(0) if self.fates else lambda deliver: deliver()
            return fate(lambda: commit(batch, retry=None, timeout=timeout))

        monkeypatch.setattr(WriteBatch, "commit", faring)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(monkeypatch)


def reply_lost(deliver: Callable[[], Any]) -> None:
    deliver()
    raise LOST("the connection broke")


def request_lost(deliver: Callable[[], Any]) -> None:
    raise LOST("it never arrived")


EVERYTHING = Change(
    put=(incident("i-1", app="chat"), card("i-1")), touch=(notice("n"),), once=("k",), journal=(entry("e"),)
)


def all_written_once(store: FirestoreStore) -> bool:
    records = (store.get(Incident, "i-1"), store.get(Card, "i-1"), store.get(Notice, "n"))
    once = all(record is not None and record.version == 1 for record in records)
    return once and store.used("k") and len(store.entries()) == 1 and len(store.open_incidents()) == 1


# ---- races


def test_racing_touches_all_count_and_none_is_a_conflict(world: World) -> None:
    """A touch needs no version: who loses the race reads again, and comes after the winner."""

    def touch(_: int) -> None:
        store = world.open()
        for _ in range(15):
            store.commit(Change(touch=(notice("n"),)))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(touch, range(2)))
    found = world.open().get(Notice, "n")
    assert found is not None
    assert found.version == 30


def test_two_clients_may_record_the_same_entry(world: World) -> None:
    """Both succeed, and one entry stands."""
    with ThreadPoolExecutor(4) as pool:
        for number in range(5):
            changes = [Change(once=(f"{number}/{n}",), journal=(entry(f"e-{number}"),)) for n in range(4)]
            list(pool.map(lambda change: world.open().commit(change), changes))
    assert len(world.open().entries()) == 5


# ---- lost replies


def test_a_commit_whose_reply_was_lost_is_not_sent_again(store: FirestoreStore, line: Line) -> None:
    """What stands there is signed by it: it took effect, and the caller sees a success."""
    line.fates = [reply_lost]
    store.commit(EVERYTHING)
    assert line.sent == 1
    assert all_written_once(store)


def test_a_commit_that_never_arrived_is_sent_again(store: FirestoreStore, line: Line) -> None:
    """Everything is as it was read, so the same conditions hold."""
    line.fates = [request_lost, request_lost]
    store.commit(EVERYTHING)
    assert line.sent == 3
    assert all_written_once(store)


def test_a_commit_that_arrives_late_takes_effect_once(store: FirestoreStore, line: Line) -> None:
    """It overtakes its own repetition, which is refused; what stands there is signed by both."""
    late: list[Callable[[], Any]] = []

    def held_up(deliver: Callable[[], Any]) -> None:
        late.append(deliver)
        raise LOST("no reply in time")

    def after_the_late_one(deliver: Callable[[], Any]) -> Any:
        late[0]()
        return deliver()

    line.fates = [held_up, after_the_late_one]
    store.commit(EVERYTHING)
    assert line.sent == 2
    assert all_written_once(store)


@pytest.mark.parametrize(
    "change",
    [Change(put=(card("c", ts="mine", version=1),)), Change(touch=(notice("n", text="mine"),))],
    ids=["put", "touch"],
)
@pytest.mark.parametrize("arrives", [True, False], ids=["written", "not written"])
def test_a_lost_reply_that_was_overtaken_is_no_conflict(
    world: World, line: Line, change: Change, arrives: bool
) -> None:
    """Nobody can tell whether it was written, so nobody says that it was not, and it is not written twice."""
    mine, theirs = world.open(), world.open()
    mine.commit(Change(put=(card("c"), notice("n"))))

    def overtaken(deliver: Callable[[], Any]) -> None:
        if arrives:
            deliver()
        now_card, now_notice = theirs.get(Card, "c"), theirs.get(Notice, "n")
        assert now_card is not None
        assert now_notice is not None
        theirs.commit(Change(put=(replace(now_card, ts="theirs"), replace(now_notice, text="theirs"))))
        raise LOST("the connection broke")

    line.fates = [overtaken]
    with pytest.raises(Unavailable, match="not known"):
        mine.commit(change)
    after = (mine.get(Card, "c"), mine.get(Notice, "n"))
    assert [getattr(after[0], "ts", ""), getattr(after[1], "text", "")] == ["theirs", "theirs"]


def test_a_firestore_that_stays_away_is_unavailable(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Bounded in time; the caller tries again later."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{nobody.getsockname()[1]}")
        store = world.open(timeout=0.5)
        for use in (
            lambda: store.commit(Change(once=("k",))),
            lambda: store.get(Card, "c"),
            lambda: store.due(Card, NOW),
            store.open_incidents,
            store.entries,
        ):
            with pytest.raises(Unavailable):
                use()


# ---- expiry


def test_what_has_expired_is_gone_before_firestore_deletes_it(world: World, store: FirestoreStore) -> None:
    """To the second, for every kind of thing that expires, and not a second earlier."""
    past = {"state": State.RESOLVED}
    status = BudgetStatus(id="chat")
    store.commit(
        Change(
            put=(incident("i-1", **past), card("i-1"), status, notice("done", due_at=None), notice("dead", dead=True)),
            once=("k",),
            journal=(entry("e"),),
        )
    )
    store.uncopied.mark(store.uncopied.oldest(1))
    held: list[tuple[timedelta, Callable[[], object]]] = [
        (RECORD_KEPT, lambda: store.get(Incident, "i-1")),
        (RECORD_KEPT, lambda: store.get(Card, "i-1")),
        (RECORD_KEPT, lambda: store.get(BudgetStatus, "chat")),
        (NOTICE_KEPT, lambda: store.get(Notice, "done")),
        (NOTICE_KEPT, lambda: store.get(Notice, "dead")),
        (ONCE_KEPT, lambda: store.used("k")),
        (JOURNAL_KEPT, store.entries),
        (JOURNAL_KEPT, lambda: store.entries(incident="i-1")),
    ]
    for kept, look in held:
        world.now = NOW + kept - SECOND
        assert look()
        world.now = NOW + kept
        assert not look()


def test_what_has_expired_is_written_as_if_it_were_gone(world: World, store: FirestoreStore) -> None:
    """New is new: version 1, a key unused, an entry unknown; and its former version is a conflict."""
    change = Change(put=(card("c", ts="1"),), touch=(notice("n", due_at=None),), once=("k",), journal=(entry("e"),))
    store.commit(change)
    store.uncopied.mark(store.uncopied.oldest(1))
    world.now += LATER
    with pytest.raises(Conflict):
        store.commit(Change(put=(card("c", version=1),)))
    store.commit(replace(change, put=(card("c", ts="2"),), journal=(entry("e", what="anew"),)))
    assert store.get(Card, "c") == card("c", ts="2", version=1)
    assert store.get(Notice, "n") == notice("n", due_at=None, version=1)
    assert [each.what for each in store.entries()] == ["anew"]
    with pytest.raises(Conflict):
        store.commit(Change(once=("k",)))


def test_what_is_open_or_due_never_expires(world: World, store: FirestoreStore) -> None:
    """Nor do a brake and the standing quotas, which know what stood before us, nor an entry without its copy."""
    brake = Brake(target=Target("quota", "p", "s", "s/m", "1/min/{project}"))
    records = (incident("i-1", app="chat"), card("c", due_at=NOW), notice("n"), brake, QuotaBook())
    store.commit(Change(put=records, journal=(entry("e"),)))
    world.now += LATER
    assert store.open_incident("chat") is not None
    assert [each.id for each in store.open_incidents()] == ["i-1"]
    assert len(store.due(Card, world.now)) == len(store.due(Notice, world.now)) == 1
    assert store.get(Brake, brake.id) is not None
    assert store.get(QuotaBook, QuotaBook().id) is not None
    assert len(store.entries()) == 1
    with pytest.raises(Conflict):
        store.commit(Change(put=(incident("i-2", app="chat"),)))


def test_a_record_that_comes_back_to_life_does_not_expire(world: World, store: FirestoreStore) -> None:
    """The former end is taken off the document, where Firestore would find it."""
    store.commit(Change(put=(notice("n", due_at=None), incident("i-1", app="chat", state=State.RESOLVED))))
    store.commit(Change(touch=(notice("n"),), put=(incident("i-1", app="chat", version=1),)))
    client = Client(project="freio-test")
    for collection in ("notice", "incident"):
        documents = list(client.collection(f"{world.prefix}-{collection}").stream())
        assert len(documents) == 1
        assert "expires_at" not in (documents[0].to_dict() or {})
    world.now += LATER
    assert store.get(Notice, "n") is not None
    assert store.open_incident("chat") is not None


def granted(ask_id: str, until: datetime) -> Ask:
    return Ask(
        id=ask_id, app="chat", incident="", action=Action.RAISE, by="U1", at=NOW, amount=None, until=until, why=""
    )


def test_an_override_is_kept_from_its_end_on(world: World, store: FirestoreStore) -> None:
    """One that was granted for years is in force for years."""
    ends = NOW + LATER
    ask = granted("chat/override", until=ends)
    store.commit(Change(put=(ask,)))
    world.now = ends + RECORD_KEPT - SECOND
    assert store.get(Ask, ask.id) is not None
    world.now += SECOND
    assert store.get(Ask, ask.id) is None


# ---- names, order and limits


@pytest.mark.parametrize("app", ["a/b", ".", "..", "__x__", "ü", "", "a.b", "x" * 300, "ü" * 1000, "a\nb", "🚲/"])
def test_an_app_may_have_any_name(store: FirestoreStore, app: str) -> None:
    """Its incident is opened, found, alone, and ended; so is everything that is named after it."""
    opened = replace(incident("i-1"), app=app, id=f"{app}-1")
    store.commit(Change(put=(opened, card(f"{app}-1")), once=(f"{app}/k",), journal=(entry(f"{app}/e", f"{app}-1"),)))
    assert store.open_incident(app) == replace(opened, version=1)
    assert store.get(Card, f"{app}-1") is not None
    assert store.used(f"{app}/k")
    assert [each.id for each in store.entries(incident=f"{app}-1")] == [f"{app}/e"]
    with pytest.raises(Conflict):
        store.commit(Change(put=(replace(opened, id="another"),)))
    store.commit(Change(put=(replace(opened, state=State.RESOLVED, version=1),)))
    assert store.open_incident(app) is None
    store.commit(Change(put=(replace(opened, id="another"),)))
    assert [each.app for each in store.open_incidents()] == [app]


def test_among_equals_what_is_due_comes_in_the_order_of_the_ids(store: FirestoreStore) -> None:
    """The order of every other store, whatever Firestore does not take in an id."""
    ids = ["a", "a-", "a.", "a..", "a./", "a/", "a/.", "a0", "a.0", "a/1", ".", "..", "__a__", "Z", "ü", "a!"]
    change = Change(put=tuple(card(name, due_at=NOW) for name in ids))
    memory = MemoryStore()
    for each in (store, memory):
        each.commit(change)
    assert store.due(Card, NOW, limit=9) == memory.due(Card, NOW, limit=9)
    assert store.due(Card, NOW) == memory.due(Card, NOW)


def test_entries_of_one_instant_keep_the_order_of_many_commits(world: World) -> None:
    """Whoever wrote them, and whatever their ids."""
    stores = [world.open(), world.open()]
    for number in range(20):
        names = [f"{99 - number:02}-{n}" for n in (2, 0, 1)]
        stores[number % 2].commit(Change(journal=tuple(entry(name) for name in names)))
    ordered = [f"{99 - number:02}-{n}" for number in range(20) for n in (2, 0, 1)]
    assert [each.id for each in stores[0].entries()] == ordered


def test_a_record_larger_than_a_document_is_rejected_by_name(store: FirestoreStore) -> None:
    """With both numbers, and nothing is written; a little smaller, Firestore takes it."""
    with pytest.raises(Rejected, match=r"notice long has \d+ bytes as text; a document in Firestore holds 1040384"):
        store.commit(Change(put=(card("c"),), touch=(notice("long", data={"text": "x" * 1_040_384}),)))
    with pytest.raises(Rejected, match="entry e"):
        store.commit(Change(put=(card("c"),), journal=(entry("e", what="ü" * 600_000),)))
    assert store.get(Card, "c") is None
    store.commit(Change(touch=(notice("long", data={"text": "x" * 1_040_000}),)))
    assert store.get(Notice, "long") is not None


def test_a_change_larger_than_a_commit_is_rejected_with_its_size(store: FirestoreStore) -> None:
    """Before it is sent; none of it is written."""
    pages = tuple(notice(f"n-{n}", data={"text": "x" * 1_000_000}) for n in range(11))
    with pytest.raises(Rejected, match=r"a change of 12 documents has \d+ bytes; Firestore takes 10485760 at once"):
        store.commit(Change(put=(card("c"),), touch=pages))
    assert store.get(Card, "c") is None
    assert store.get(Notice, "n-0") is None


def test_a_change_of_many_documents_is_one(store: FirestoreStore) -> None:
    """Firestore no longer counts the writes of a commit."""
    many = tuple(card(f"c-{n:03}", due_at=NOW + n * MINUTE) for n in range(600))
    with pytest.raises(Conflict):
        store.commit(Change(put=(*many, card("c-000"))))
    assert store.due(Card, NOW + 600 * MINUTE) == []
    store.commit(Change(put=many))
    assert len(store.due(Card, NOW + 600 * MINUTE, limit=1000)) == 600


def test_an_incident_stays_with_its_app(store: FirestoreStore) -> None:
    """That an open one changes its app is a bug: the marker of the former app would be left behind."""
    store.commit(Change(put=(incident("i-1", app="chat"),)))
    with pytest.raises(ValueError, match="cannot become one about search"):
        store.commit(Change(put=(incident("i-1", app="search", version=1),)))
