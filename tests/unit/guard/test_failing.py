"""What fails is noted without stopping what goes on beside it, and a record that cannot be read holds up no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.adapters.local.sqlite import SqliteStore
from freio.domain.incident import State
from freio.errors import Unavailable
from freio.guard.failing import note
from freio.ports import Change
from tests.simulation.cast import MINUTE, NOW
from tests.simulation.world import World


def test_a_store_that_is_down_does_not_end_the_sweep_or_hide_the_first_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The note is lost; the error that it was about is in the caller's hands."""
    store = MemoryStore()

    def down(change: Change) -> None:
        raise Unavailable("the store is down")

    monkeypatch.setattr(store, "commit", down)
    note(store, NOW, "watching chat", ValueError("a bug"))
    monkeypatch.undo()
    assert store.entries() == []


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_record_that_cannot_be_read_is_paged_and_holds_up_no_other(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer Freio wrote it, say: the others go on, and every sweep fails for it until a person has seen to it."""
    world = World(store=MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "s.db"))
    world.watch("auto")
    world.watch("chat")
    world.pass_time(14 * MINUTE)
    world.watch("auto", "warm")
    spoil(world, tmp_path)
    world.pass_time(2 * MINUTE)
    world.sweeper.sweep()
    swept = world.sweeper.sweep()
    assert world.of("auto").state is State.THROTTLED
    assert "Incident that cannot be read" in "".join(swept.failures)
    assert [page for page in world.pager.pages.values() if "reading what is due of Incident" in page]
    assert [incident.app for incident in world.store.open_incidents()] == ["auto"]


def spoil(world: World, folder: Path) -> None:
    """The text of chat's incident, in the store itself."""
    store = world.store
    if isinstance(store, MemoryStore):
        key, row = next((k, r) for k, r in store._rows.items() if r.open_app == "chat")
        store._rows[key] = replace(row, text=row.text.replace('"PROPOSED"', '"PENDING"'))
        return
    assert isinstance(store, SqliteStore)
    with store._transaction() as db:
        db.execute("UPDATE documents SET body = replace(body, '\"PROPOSED\"', '\"PENDING\"') WHERE open_app = 'chat'")
