"""Feeds that fall silent as a whole belong to no app: they are journalled, and somebody is paged, once for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from freio.domain.journal import Kind
from freio.domain.sentences import PAGE_SILENT_EXPORT, PAGE_SILENT_TELEMETRY
from freio.domain.signal import SignalKind
from freio.domain.silence import Feed, Lateness, Silence
from freio.errors import Conflict
from freio.guard.meter import SETTLES, Readings
from freio.guard.retry import again
from freio.guard.step import Step
from freio.ports import Store

BRIEF = timedelta(hours=12)  # an export that is so late is none that is silent
_PAGES = {Feed.TELEMETRY: PAGE_SILENT_TELEMETRY, Feed.EXPORT: PAGE_SILENT_EXPORT}


class Listener:
    """Learns how late the export usually is, and tells where a feed is silent for all apps at once.

    What it has learned is read once, and then only where another process has learned more: a tick asks for nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: Lateness | None = None

    def listen(self, readings: Readings) -> tuple[Silence, ...]:
        """The feeds that are silent as a whole."""
        lateness = again(partial(self._learnt, readings))
        export = lateness.silence(readings.at, least=BRIEF, unknown=SETTLES)
        found = tuple(one for one in (readings.silence, export) if one is not None)
        for one in found:
            self._tell(one, readings)
        return found

    def _learnt(self, readings: Readings) -> Lateness:
        if readings.exported is None:
            return self._known or Lateness()
        known = self._known or self._store.get(Lateness, Lateness().id) or Lateness()
        seen = known.seen(readings.exported, readings.at)
        if seen == known:
            self._known = known
            return known
        step = Step(readings.at)
        step.put(seen)
        self._known = None  # whatever comes of it: a conflict, and another process knows more
        self._store.commit(step.change())
        self._known = replace(seen, version=seen.version + 1)
        return self._known

    def _tell(self, silent: Silence, readings: Readings) -> None:
        key = f"silence/{silent.feed}/{silent.since.isoformat()}"
        if self._store.used(key):
            return
        step = Step(readings.at)
        step.once(key)
        step.log(Kind.SIGNAL, None, SignalKind.SILENCE, key=key, feed=silent.feed, since=silent.since)
        said = {"lasted": silent.lasted.total_seconds(), "usual": silent.usual.total_seconds()}
        step.page_plain(key, _PAGES[silent.feed], since=silent.since, **said)
        try:
            self._store.commit(step.change())
        except Conflict:
            return  # the other tick, at the same time, has said it


def unseen(readings: Readings, silent: Sequence[Silence]) -> Readings:
    """The readings, where feeds are silent as a whole: that is said once, and not of each app.

    What only the export shows of an app is not complete while the export is silent.
    """
    if not silent:
        return readings
    feeds = {one.feed for one in silent}
    apps = {
        name: replace(
            reading,
            silence=None if reading.silence is not None and reading.silence.feed in feeds else reading.silence,
            complete=reading.complete and (Feed.EXPORT not in feeds or reading.uses is not None),
        )
        for name, reading in readings.apps.items()
    }
    return replace(readings, apps=apps)
