"""From a change and what stands in Firestore to the writes of one commit, or to the `Conflict`.

Pure: it reads nothing. Each write says what it is based on, so that it is refused where that has changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from freio.adapters.codec import encode, kind_of, open_app_of, revived
from freio.adapters.google.firestore_documents import (
    REQUEST_BYTES,
    Found,
    Place,
    Write,
    document_id,
    entry_fields,
    fitting,
    once_fields,
    place_of,
    record_fields,
)
from freio.domain.incident import Incident
from freio.errors import Conflict, Rejected
from freio.ports import Change, Record


class _Row(NamedTuple):
    """A record as it shall be."""

    record: Record
    text: str
    version: int


class Draft:
    """One change, encoded. What cannot be written raises here: ValueError (a naive instant), `Rejected` (too large)."""

    def __init__(self, change: Change) -> None:
        self._puts = [(record, _text(record)) for record in change.put]
        self._touches = [(record, _text(record)) for record in map(revived, change.touch)]
        self._keys = [(key, Place("once", document_id(key))) for key in change.once]
        self._lines = [
            (entry, fitting(f"entry {entry.id}", encode(entry)), Place("journal", document_id(entry.id)))
            for entry in change.journal
        ]
        self._markers = {
            record.app: Place("open", document_id(record.app)) for record in change.put if isinstance(record, Incident)
        }
        self._expect_to_fit()

    @property
    def places(self) -> list[Place]:
        """What must be read before it can be written, each once."""
        records = [place_of(record) for record, _ in (*self._puts, *self._touches)]
        keys = [place for _, place in self._keys]
        lines = [place for _, _, place in self._lines]
        return list(dict.fromkeys((*records, *self._markers.values(), *keys, *lines)))

    def writes(self, found: Mapping[Place, Found], now: datetime) -> list[Write]:
        """What to write over what was `found` at `places`; raises `Conflict`."""
        rows = self._rows(found)
        return [
            *(
                Write(place, record_fields(row.record, row.version, row.text, now), found[place].at)
                for place, row in rows.items()
            ),
            *self._markers_written(rows, found),
            *self._keys_written(found, now),
            *self._lines_written(found, now),
        ]

    def _rows(self, found: Mapping[Place, Found]) -> dict[Place, _Row]:
        rows: dict[Place, _Row] = {}

        def version_at(place: Place) -> int:
            return rows[place].version if place in rows else int(found[place].fields.get("version", 0))

        for record, text in self._puts:
            place = place_of(record)
            before = version_at(place)
            if before != record.version:
                raise Conflict(
                    f"{place.collection} {record.id}: read at version {record.version}, now at {before}",
                )
            _expect_same_app(record, found[place])
            rows[place] = _Row(record, text, before + 1)
        for record, text in self._touches:
            place = place_of(record)
            rows[place] = _Row(record, text, version_at(place) + 1)
        return rows

    def _markers_written(self, rows: Mapping[Place, _Row], found: Mapping[Place, Found]) -> Iterator[Write]:
        """Which incident of each app is open after the change: it is that state which may hold one."""
        incidents = [row.record for row in rows.values() if isinstance(row.record, Incident)]
        for app, place in self._markers.items():
            before = found[place].fields.get("incident")
            stays = before is not None and before not in {incident.id for incident in incidents}
            opened = [*([before] if stays else ()), *(i.id for i in incidents if open_app_of(i) == app)]
            if len(opened) > 1:
                raise Conflict(f"{app} has an open incident already: {opened[0]}")
            after = opened[0] if opened else None
            if after != before:
                yield Write(place, {"incident": after} if opened else None, found[place].at)

    def _keys_written(self, found: Mapping[Place, Found], now: datetime) -> Iterator[Write]:
        seen: set[Place] = set()
        for key, place in self._keys:
            if place in seen or found[place].fields:
                raise Conflict(f"used before: {key}")
            seen.add(place)
            yield Write(place, once_fields(now), found[place].at)

    def _lines_written(self, found: Mapping[Place, Found], now: datetime) -> Iterator[Write]:
        seen: set[Place] = set()
        for ordinal, (entry, text, place) in enumerate(self._lines):
            if place not in seen and not found[place].fields:
                yield Write(place, entry_fields(entry, ordinal, text, now), found[place].at)
            seen.add(place)

    def _expect_to_fit(self) -> None:
        """Firestore refuses a larger commit as a whole, and its client would read that as a passing shortage."""
        texts = [text for _, text in (*self._puts, *self._touches)] + [text for _, text, _ in self._lines]
        size = sum(len(text.encode()) for text in texts)
        size += sum(2 * len(place.id.encode()) + 512 for place in self.places)
        if size > REQUEST_BYTES:
            raise Rejected(
                f"a change of {len(self.places)} documents has {size} bytes; Firestore takes {REQUEST_BYTES} at once"
            )


def _text(record: Record) -> str:
    return fitting(f"{kind_of(type(record))} {record.id}", encode(record))


def _expect_same_app(record: Record, before: Found) -> None:
    """An incident is about one app for as long as it is open: its marker is found by it."""
    app = before.fields.get("open_app")
    if isinstance(record, Incident) and app not in {None, document_id(record.app)}:
        raise ValueError(f"incident {record.id} is about {app}, and cannot become one about {record.app}")
