"""One step of the guard: everything it writes, gathered, and committed at once or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from freio.domain.incident import Incident, State
from freio.domain.journal import Entry, Kind
from freio.domain.money import Money
from freio.domain.notice import Notice, NoticeKind
from freio.domain.sentences import MOVED
from freio.ports import Change, R, Record


def text(value: object) -> str:
    """How a value stands in a notice or the journal: money as ``12.5 BRL``, instants as ISO 8601, None as nothing."""
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


class Step:
    """Gathers records, journal entries and notices at one instant.

    Each move of an incident writes one journal entry whose id holds the revision that it made, so that a step that
    is repeated after a conflict or a crash records the move once.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._records: dict[tuple[type, str], Record] = {}
        self._notices: dict[str, Notice] = {}
        self._journal: dict[str, Entry] = {}
        self._once: list[str] = []

    def put(self, record: R) -> R:
        self._records[type(record), record.id] = record
        return record

    def once(self, key: str) -> None:
        self._once.append(key)

    def move(
        self, incident: Incident, state: State, *, due_at: datetime | None, by: str = "", **changes: object
    ) -> Incident:
        moved = self.put(incident.to(state, self.now, due_at=due_at, **changes))
        self.log(
            Kind.STATE,
            moved,
            f"{incident.state}->{state}",
            key=f"{moved.id}/{moved.revision}/state",
            by=by,
            before=incident.state,
            after=state,
        )
        self.thread(moved, f"{moved.revision}/state", MOVED, before=incident.state, after=state)
        self.draw(moved)
        return moved

    def keep(self, incident: Incident, **changes: object) -> Incident:
        """Change an incident without changing its question."""
        return self.put(replace(incident, **changes))  # type: ignore[arg-type]  # replace() checks the names

    def log(self, kind: Kind, incident: Incident | None, what: str, *, key: str, by: str = "", **data: object) -> None:
        self._journal[key] = Entry(
            id=key,
            at=self.now,
            kind=kind,
            app=incident.app if incident else text(data.pop("app", "")),
            incident=incident.id if incident else "",
            by=by,
            what=what,
            data={k: text(v) for k, v in data.items()},
        )

    def draw(self, incident: Incident) -> None:
        self._add(NoticeKind.DRAW, f"draw/{incident.id}", incident)

    def thread(self, incident: Incident, key: str, sentence: str, /, **data: object) -> None:
        self._add(NoticeKind.THREAD, f"thread/{incident.id}/{key}", incident, sentence, data)

    def mention(self, incident: Incident, key: str, sentence: str, /, **data: object) -> None:
        self._add(NoticeKind.MENTION, f"mention/{incident.id}/{key}", incident, sentence, data)

    def page(self, incident: Incident, key: str, sentence: str, /, **data: object) -> None:
        self._add(NoticeKind.PAGE, f"page/{incident.id}/{key}", incident, sentence, data)

    def page_plain(self, key: str, sentence: str, /, **data: object) -> None:
        """A page about no incident."""
        notice = f"page/{key}"
        self._notices[notice] = Notice(
            id=notice, kind=NoticeKind.PAGE, due_at=self.now, text=sentence, data={k: text(v) for k, v in data.items()}
        )

    def post(self, channel: str, key: str, sentence: str, /, **data: object) -> None:
        """A message of its own, about no incident."""
        notice = f"post/{key}"
        self._notices[notice] = Notice(
            id=notice,
            kind=NoticeKind.POST,
            due_at=self.now,
            channel=channel,
            text=sentence,
            data={k: text(v) for k, v in data.items()},
        )

    def whisper(self, person: str, channel: str, key: str, sentence: str, /, **data: object) -> None:
        notice = f"whisper/{key}"
        self._notices[notice] = Notice(
            id=notice,
            kind=NoticeKind.WHISPER,
            due_at=self.now,
            person=person,
            channel=channel,
            text=sentence,
            data={k: text(v) for k, v in data.items()},
        )

    def ask(self, ask_id: str, app: str, incident: str, version: int) -> None:
        notice = f"ask/{ask_id}/{version}"
        self._notices[notice] = Notice(
            id=notice, kind=NoticeKind.ASK, due_at=self.now, app=app, incident=incident, data={"ask": ask_id}
        )

    def _add(
        self,
        kind: NoticeKind,
        notice: str,
        incident: Incident,
        sentence: str = "",
        data: dict[str, object] | None = None,
    ) -> None:
        self._notices[notice] = Notice(
            id=notice,
            kind=kind,
            due_at=self.now,
            incident=incident.id,
            app=incident.app,
            text=sentence,
            data={k: text(v) for k, v in (data or {}).items()},
        )

    @property
    def is_empty(self) -> bool:
        return not (self._records or self._notices or self._journal or self._once)

    def change(self) -> Change:
        return Change(
            put=tuple(self._records.values()),
            touch=tuple(self._notices.values()),
            once=tuple(self._once),
            journal=tuple(self._journal.values()),
        )
