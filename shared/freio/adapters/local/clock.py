"""The time: the machine's, or one that somebody else drives. The only place where the machine's clock is read."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from freio.errors import SettingsError


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """A driven clock: the present instant stands in a small file as ISO 8601 with an offset.

    Several processes read it and one writes it, so that a month can pass in a minute for all of them. Within a process
    it never goes back, whoever writes what. A file that is missing or holds no instant raises `SettingsError`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._latest: datetime | None = None

    def now(self) -> datetime:
        read = self._read()
        with self._lock:
            if self._latest is None or read > self._latest:
                self._latest = read
            return self._latest

    def _read(self) -> datetime:
        try:
            text = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingsError(f"the clock file {self._path} cannot be read: {exc}") from exc
        try:
            at = datetime.fromisoformat(text)
        except ValueError as exc:
            raise SettingsError(f"the clock file {self._path} holds {text!r}, which is no instant") from exc
        if at.utcoffset() is None:
            raise SettingsError(f"the clock file {self._path} holds {text!r}, which has no offset from UTC")
        return at.astimezone(UTC)


def write_clock(path: str | os.PathLike[str], at: datetime) -> None:
    """Set what every `FileClock` on this file reads next. A reader finds the old instant or the new one, never half.

    ``at`` must be aware; a naive one raises ValueError.
    """
    if at.utcoffset() is None:
        raise ValueError(f"a clock is set to an aware instant, not {at.isoformat()}")
    target = Path(path)
    with NamedTemporaryFile("w", encoding="ascii", dir=target.parent, prefix=".clock-", delete=False) as file:
        file.write(at.astimezone(UTC).isoformat())
    try:
        Path(file.name).replace(target)
    except OSError:
        Path(file.name).unlink(missing_ok=True)
        raise
