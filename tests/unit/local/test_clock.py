"""The machine's clock, and the driven one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from freio.adapters.local.clock import FileClock, SystemClock, write_clock
from freio.errors import SettingsError

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "now"


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    """Two readings follow each other."""
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert first <= clock.now()


def test_a_driven_clock_shows_what_was_written(path: Path) -> None:
    """Also what is written after it was made, by whomever."""
    clock = FileClock(path)
    write_clock(path, NOON)
    assert clock.now() == NOON
    write_clock(path, NOON + HOUR)
    assert clock.now() == NOON + HOUR
    assert clock.now().tzinfo is UTC


def test_an_instant_of_another_zone_is_shown_in_utc(path: Path) -> None:
    """Nine in São Paulo is noon."""
    write_clock(path, datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=-3))))
    assert FileClock(path).now().isoformat() == "2026-11-23T12:00:00+00:00"


def test_a_driven_clock_never_goes_back(path: Path) -> None:
    """A lease that has ended must not live again; a clock that is made anew has seen nothing yet."""
    clock = FileClock(path)
    write_clock(path, NOON)
    assert clock.now() == NOON
    write_clock(path, NOON - HOUR)
    assert clock.now() == NOON
    assert FileClock(path).now() == NOON - HOUR


@pytest.mark.parametrize("text", ["", "noon", "2026-11-23T12:00:00", "2026-11-23"])
def test_a_file_without_an_instant_is_said_with_what_it_holds(path: Path, text: str) -> None:
    """An instant without an offset is none."""
    path.write_text(text)
    with pytest.raises(SettingsError, match=f"now holds '{text}'"):
        FileClock(path).now()


def test_a_missing_file_is_said_with_its_path(path: Path) -> None:
    """The clock has no instant to make up."""
    with pytest.raises(SettingsError, match="cannot be read"):
        FileClock(path).now()


def test_a_clock_is_set_to_an_aware_instant(path: Path) -> None:
    """A naive one is a bug, and leaves the file as it was."""
    with pytest.raises(ValueError, match="aware"):
        write_clock(path, NOON.replace(tzinfo=None))
    assert not path.exists()


def test_readers_never_see_half_an_instant(path: Path) -> None:
    """While one writes, others read whole instants, and no file is left beside the clock's own."""
    write_clock(path, NOON)
    with ThreadPoolExecutor(3) as pool:
        readings = [pool.submit(lambda: [FileClock(path).now() for _ in range(200)]) for _ in range(2)]
        for minute in range(200):
            write_clock(path, NOON + timedelta(minutes=minute))
        seen = [at for reading in readings for at in reading.result()]
    assert all(NOON <= at <= NOON + timedelta(minutes=199) for at in seen)
    assert [file.name for file in path.parent.iterdir()] == ["now"]
