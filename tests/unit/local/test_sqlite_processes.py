"""One SQLite file under several processes: races, crashes, waits."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import freio
from freio.adapters.local.sqlite import SqliteStore
from freio.domain.notice import Card
from freio.errors import Unavailable
from freio.ports import Change
from tests.contracts.state import card, entry

WITHIN = 60.0  # seconds; a process on a busy machine

# Counts on in a store: each step writes two cards, a key and a line of the journal, all with the same number.
COUNT = """
import os, signal, sys
from datetime import UTC, datetime
from freio.adapters.local import sqlite
from freio.domain.journal import Entry, Kind
from freio.domain.notice import Card
from freio.errors import Conflict
from freio.ports import Change

path, goal, die_at = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store, wins = sqlite.SqliteStore(path), 0
use = sqlite._use

def die_inside(db, key):
    use(db, key)
    if key == f"step-{die_at}":
        os.kill(os.getpid(), signal.SIGKILL)

sqlite._use = die_inside
while True:
    left, right = store.get(Card, "left"), store.get(Card, "right")
    number = left.version + 1 if left else 1
    if number > goal:
        break
    cards = tuple(Card(id=i, channel="C", ts=str(number), version=number - 1) for i in ("left", "right"))
    line = Entry(id=f"step-{number}", at=datetime(2026, 11, 23, tzinfo=UTC), kind=Kind.STATE)
    try:
        store.commit(Change(put=cards, once=(f"step-{number}",), journal=(line,)))
    except Conflict:
        continue
    wins += 1
    print(number, flush=True)
store.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path)) as opened:
        yield opened


def count(path: Path, goal: int, die_at: int = 0) -> subprocess.Popen[bytes]:
    root = str(Path(freio.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", COUNT, str(path), str(goal), str(die_at)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
    )


def steps_in(store: SqliteStore) -> int:
    """How far the count got; everything that a step wrote must agree."""
    left, right = store.get(Card, "left"), store.get(Card, "right")
    lines = store.entries()
    number = left.version if left else 0
    assert (right.version if right else 0) == number
    assert sorted(line.id for line in lines) == sorted(f"step-{n}" for n in range(1, number + 1))
    assert all(store.used(line.id) for line in lines)
    assert not store.used(f"step-{number + 1}")
    return number


def test_of_two_racing_processes_each_version_has_one_winner(path: Path, store: SqliteStore) -> None:
    """Both make and lay out the file, both count: every step is made by exactly one of them."""
    racers = [count(path, 150), count(path, 150)]
    done = [racer.communicate(timeout=WITHIN)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert sorted(int(number) for numbers in done for number in numbers) == list(range(1, 151))
    assert steps_in(store) == 150


def test_a_process_killed_inside_a_commit_leaves_nothing_of_it(path: Path, store: SqliteStore) -> None:
    """It dies after writing both cards, before the key is committed: the next process goes on from the step before."""
    first = count(path, 20, die_at=7)
    first.communicate(timeout=WITHIN)
    assert first.returncode == -signal.SIGKILL
    assert steps_in(store) == 6
    second = count(path, 20)
    second.communicate(timeout=WITHIN)
    assert second.returncode == 0
    assert steps_in(store) == 20


def test_a_process_killed_at_any_moment_leaves_whole_steps(path: Path, store: SqliteStore) -> None:
    """Wherever the kill strikes, what was reported as committed is there."""
    for reported_before_kill in (3, 40):
        victim = count(path, 1_000_000)
        assert victim.stdout is not None
        last = 0
        for _ in range(reported_before_kill):
            last = int(victim.stdout.readline())
        victim.kill()
        rest = victim.stdout.read().split()
        victim.stdout.close()
        victim.wait(WITHIN)
        last = int(rest[-1]) if rest else last
        assert steps_in(store) in {last, last + 1}  # the last one may have been killed before it could report


def test_a_writer_that_holds_on_too_long_is_unavailable(path: Path, store: SqliteStore) -> None:
    """After the timeout the commit fails as worth trying again; reading goes on meanwhile."""
    store.commit(Change(put=(card("c"),)))
    with closing(SqliteStore(path, timeout=0.05)) as hasty, closing(sqlite3.connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        with pytest.raises(Unavailable, match="locked"):
            hasty.commit(Change(journal=(entry("e"),)))
        assert time.monotonic() - started < 5
        assert hasty.get(Card, "c") is not None
        holder.rollback()
        hasty.commit(Change(journal=(entry("e"),)))
    assert [line.id for line in store.entries()] == ["e"]


def test_a_closed_store_opens_again_and_holds_what_it_held(path: Path, store: SqliteStore) -> None:
    """State outlives the process that wrote it."""
    store.commit(Change(put=(card("c"),)))
    store.close()
    read = store.get(Card, "c")
    assert read is not None
    store.close()
    store.close()
    store.commit(Change(put=(replace(read, ts="2.0"),)))
    with closing(SqliteStore(path)) as other:
        found = other.get(Card, "c")
    assert found is not None
    assert found.ts == "2.0"
