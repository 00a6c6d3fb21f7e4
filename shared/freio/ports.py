"""What Freio needs from the world, in its own words. Adapters keep these promises; fakes stand beside them.

Every method may raise `Unavailable` (try again) or `Rejected` (a person must change something) and nothing else of a
vendor's; `Store.commit` raises `Conflict`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from freio.domain.app import App
from freio.domain.ask import Ask
from freio.domain.authority import Person
from freio.domain.callers import Calls
from freio.domain.forecast import Outlook
from freio.domain.incident import Incident
from freio.domain.increase import Preference
from freio.domain.journal import Entry
from freio.domain.lever import Setting
from freio.domain.notice import Card, Notice
from freio.domain.phrase import Phrase
from freio.domain.proof import Window
from freio.domain.rates import Use
from freio.domain.spend import Export, Pace, Probe, Requests, Score, Tokens
from freio.domain.spend_cap import SpendCap
from freio.domain.target import Brake, Lease, Target


class Record(Protocol):
    """Whatever a store keeps: a frozen dataclass of the domain, under its type's name and its id.

    ``version``  counts its commits; 0: it was never stored. ``due_at``: when somebody must look at it; None: never.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def due_at(self) -> datetime | None: ...


R = TypeVar("R", bound=Record)


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that one step writes: all of it, or nothing.

    ``put``     records as they shall be, carrying the version they were read at (0: new); each is stored with one
                more, and any that has moved on meanwhile raises `Conflict`.
    ``touch``   notices that are due anew, whatever version stands there.
    ``once``    keys that nobody may have used before: a used one raises `Conflict`.
    ``journal`` entries; one with a known id is not written again.
    """

    put: tuple[Record, ...] = ()
    touch: tuple[Notice, ...] = ()
    once: tuple[str, ...] = ()
    journal: tuple[Entry, ...] = ()


class Store(Protocol):
    """The state, with compare-and-set; an app has at most one open incident in it."""

    def get(self, kind: type[R], record_id: str) -> R | None: ...
    def due(self, kind: type[R], now: datetime, limit: int = 100) -> list[R]:
        """Records whose `due_at` has come, most overdue first."""
        ...

    def every_brake(self) -> list[Brake]:
        """The record of every target there ever was, held or not, by its id."""
        ...

    def open_incidents(self) -> list[Incident]: ...
    def open_incident(self, app: str) -> Incident | None: ...
    def used(self, key: str) -> bool: ...
    def commit(self, change: Change) -> None: ...


class Journal(Protocol):
    """Reads the journal back, oldest first."""

    def entries(self, *, incident: str | None = None) -> list[Entry]: ...


class Warehouse(Protocol):
    """The billing export."""

    def export(self, since: datetime, as_of: datetime) -> Export:
        """Net hourly cost of AI services used since `since`, from the rows that had been exported by `as_of`."""
        ...


class Meter(Protocol):
    """Telemetry: minutes old, without money."""

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]: ...

    def requests(
        self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int
    ) -> list[Requests]: ...


class CallLog(Protocol):
    """Something that tells the callers of an app apart, where telemetry does not: minutes old."""

    def calls(self, app: App, until: datetime) -> Calls | None:
        """What each caller had in the hour up to `until`, and in the same hours of the seven days before.

        None: it does not tell this app's callers apart, or not all of them.
        """
        ...

    def named(self, app: App, caller: str) -> Phrase:
        """A caller of the last answer, as people know it."""
        ...


class Projects(Protocol):
    """The client's projects as Google names them."""

    def number(self, project: str) -> str:
        """The number of a project, by its id."""
        ...


class Grants(Protocol):
    """What a service grants a client, beside what the client limits itself to."""

    def granted(self, target: Target) -> int | None:
        """The most that a limit there can be; None: not limited."""
        ...


class QuotaIncreases(Protocol):
    """Requests for more than a service grants."""

    def file(self, target: Target, value: int, *, request_id: str, contact: str, why: str) -> Preference:
        """Asks for it, unless as much is asked for already: asking twice is asking once."""
        ...

    def read(self, target: Target) -> Preference | None:
        """What became of it; None: there is no such request."""
        ...


class SpendCaps(Protocol):
    """Google's own spend caps."""

    def caps(self, projects: Sequence[str]) -> list[SpendCap]:
        """The caps on these projects, as they rest now."""
        ...


class PriceBook(Protocol):
    """Prices in USD."""

    def per_token(self, use: Use, at: datetime) -> Decimal:
        """The price of one token at that date; raises `UnknownPrice`, which names what has none."""
        ...

    def troubles(self) -> tuple[str, ...]:
        """Why prices may be others than the client pays: what could not be read, in words for an operator."""
        ...


class Detector(Protocol):
    """Finds what is not usual."""

    def score(self, series: Mapping[str, Sequence[float]], last_hour: datetime) -> dict[str, Score]:
        """Scores the last hour of each series (hours on end, oldest first, USD or any one currency), causally."""
        ...


class PaceDetector(Protocol):
    """Finds tokens that come too fast, within minutes."""

    def score(self, paces: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
        """Scores the present of each, causally."""


class Forecaster(Protocol):
    """Says what the days to come may cost."""

    def outlook(
        self,
        days: Mapping[str, Sequence[Decimal]],
        *,
        ahead: Decimal,
        after: Decimal,
        coming: Mapping[str, Sequence[tuple[Decimal, Decimal]]] = MappingProxyType({}),
    ) -> dict[str, Outlook]:
        """What each series spends within `ahead` days, from `after` days behind its last one on.

        Days are 24 hours on end, oldest first, of any one currency. A series whose history is too short is left out.
        ``coming``  of a series, at least and at most how many times the usual each coming day costs, from the one
        behind its last on; days beyond, and series that are not there, cost the usual.
        """
        ...


class Calendar(Protocol):
    """The holidays of the client's country."""

    def is_holiday(self, day: date) -> bool: ...


class Witness(Protocol):
    """What a service itself reports of a target: the ground of every proof."""

    def windows(
        self, target: Target, since: datetime, until: datetime, minutes: int, *, takes: tuple[str, ...] = ()
    ) -> list[Window]:
        """What was let through and what was refused at a target in whole windows, oldest first.

        Windows that are not reported yet are left out. Where the lever stops what it touches, `Window.usage` is what
        got through all the same. ``takes`` is what the lease takes away there: nothing else is counted, by a witness
        whose target holds more than that.
        """
        ...


class Rights(Protocol):
    """What the identity that sets a lever may do."""

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        """Those of the permissions that it lacks in a project, in their order."""
        ...


class Lever(Protocol):
    """A way to brake a target. `freio.domain.lever.KINDS` says what each name is."""

    name: str

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        """The permissions that braking this app takes, by project; calls nothing."""
        ...

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        """Those of the permissions that whoever sets this lever lacks in a project, in their order."""
        ...

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """For each place, in order, every target of this lever that the app's traffic there goes through.

        At least one for each place: one that does not bind says why. All targets of a place must be set to brake it.
        """
        ...

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:
        """What should stand there while these leases live, given what was found; calls nothing, and never loosens."""
        ...

    def apply(self, target: Target, setting: Setting) -> None:
        """Sets it and waits until the service has accepted it. Setting it twice is setting it once."""
        ...

    def read_back(self, target: Target) -> Setting:
        """What stands there now; None: nothing of the kind."""
        ...

    def restore(self, target: Target, found: Setting) -> None:
        """Puts back what was found: takes ours away, or sets what stood there again."""
        ...


@runtime_checkable
class TellsCallers(Protocol):
    """A lever whose targets are callers, which the client's file may name by another name than the target has."""

    def is_of(self, app: App, target: Target) -> bool:
        """Whether the app's file names the caller at this target, as things stand there now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an app's traffic goes: a lever says which target limits it there."""

    project: str
    location: str
    model: str


class Model(Protocol):
    """A model, asked for the sake of a fire drill."""

    def ask(self, place: Place) -> bool:
        """Asks one question of a few tokens; False: a limit or a policy refused it."""
        ...


class Queue(Protocol):
    """At least once, in no order."""

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence of the catalogue with what stands in it: the chat puts it into its readers' language."""

    text: str
    data: Mapping[str, str] = field(default_factory=dict)
    mention: tuple[str, ...] = ()


class Chat(Protocol):
    """The chat workspace. Posting is not idempotent, so a message is looked for before it is posted again."""

    def find(self, channel: str, incident: str) -> str | None:
        """The ts of an incident's message, if one was posted already."""
        ...

    def show(self, incident: Incident, card: Card) -> str:
        """Posts the incident's message (no ts on the card yet) or redraws it; returns its ts."""
        ...

    def thread(self, card: Card, line: Line, key: str) -> None:
        """Adds a line to the thread, unless one with that key is there."""
        ...

    def post(self, channel: str, line: Line, key: str) -> None:
        """A message of its own, unless one with that key is there."""
        ...

    def whisper(self, channel: str, person: str, line: Line) -> None: ...
    def ask(self, ask: Ask, people: Sequence[str], card: Card | None, key: str) -> None:
        """Shows a request with Approve and Deny to those who may decide it."""
        ...

    def upload_chart(self, png: bytes, title: str, alt: str) -> str:
        """Uploads a picture; returns the file's id."""
        ...


class Directory(Protocol):
    """Who people are, now."""

    def person(self, user_id: str) -> Person | None: ...


class Pager(Protocol):
    """Wakes somebody by a way that is not the chat. The same `key` wakes them once."""

    def page(self, key: str, summary: str, details: Mapping[str, str]) -> None: ...
