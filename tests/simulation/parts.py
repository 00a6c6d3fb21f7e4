"""The world around the guard, in memory: it fails, loses replies, acts late, and notes what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from freio.domain.app import App
from freio.domain.ask import Answer, Ask
from freio.domain.authority import Person
from freio.domain.incident import Incident
from freio.domain.lever import Setting, kind_of, strictest_limit
from freio.domain.notice import Card
from freio.domain.proof import Window
from freio.domain.spend import Probe, Requests, Tokens
from freio.domain.target import Lease, Target
from freio.errors import Unavailable
from freio.ports import Line, Place
from tests.fakes import FakeClock


@dataclass
class Faults:
    """What the next calls meet: ``before`` nothing happens; ``lost`` it happens and the reply does not come back;
    ``late`` it happens minutes later."""

    waiting: list[str] = field(default_factory=list)

    def next(self) -> str:
        return self.waiting.pop(0) if self.waiting else ""


class Troubled:
    """A call that may fail."""

    def __init__(self) -> None:
        self.faults = Faults()

    def meet(self, what: str) -> bool:
        """Whether the reply will be lost. Raises where nothing happens at all."""
        fault = self.faults.next()
        if fault in {"before", "late"}:
            raise Unavailable(f"{what}: {fault}")
        return fault == "lost"


@dataclass(frozen=True)
class Late:
    """A lever call that takes effect when its caller has long given it up."""

    at: datetime
    target: Target
    value: Setting


class SimLever:
    """What stands at each target, and who set it. ``base`` is what stands there without Freio."""

    name = "quota"

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.standing: dict[Target, int | str] = {}
        self.author: dict[Target, str] = {}
        self.base: dict[Target, Setting] = {}
        self.clobbered: set[Target] = set()
        self.late: list[Late] = []
        self.faults = Faults()
        self.spy: Callable[[str, Target, Setting], None] = lambda *_: None
        self.looked: Callable[[], None] = lambda: None
        self.reading_now: Callable[[], bool] = lambda: False

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return {}

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        return ()

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        raise NotImplementedError("the simulation proposes by hand")

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # all alike
        if kind_of(target.lever).limits:
            return strictest_limit(found, (lease.value for lease in leases))
        return f"{found} without {sorted({name for lease in leases for name in lease.takes})}"

    def read_back(self, target: Target) -> Setting:
        if self.faults.next() == "before":
            raise Unavailable("read_back: before")
        self.looked()
        return self.standing.get(target)

    def apply(self, target: Target, value: Setting) -> None:
        self._call("apply", target, value)

    def restore(self, target: Target, found: Setting) -> None:
        self._call("restore", target, found)

    def _call(self, what: str, target: Target, value: Setting) -> None:
        self.spy(what, target, value)
        fault = self.faults.next()
        if fault == "before":
            raise Unavailable(f"{what}: before")
        if fault == "late":
            self.late.append(Late(self._clock.now() + timedelta(minutes=1 + len(self.late) * 5 % 14), target, value))
            raise Unavailable(f"{what}: timed out")
        self._put(target, value, "freio")
        if fault == "lost":
            raise Unavailable(f"{what}: the reply was lost")

    def mature(self) -> None:
        """Late calls whose time has come take effect."""
        now = self._clock.now()
        for late in [x for x in self.late if x.at <= now]:
            self.late.remove(late)
            if self.author.get(late.target) == "foreign":
                self.clobbered.add(late.target)  # unseen by Freio, perhaps: nobody could tell what stood there
            self._put(late.target, late.value, "freio")

    def somebody_sets(self, target: Target, value: int) -> None:
        self._somebody_sets(target, value if kind_of(target.lever).limits else f"theirs {value}")

    def _somebody_sets(self, target: Target, value: int | str) -> None:
        self._put(target, value, "foreign")
        self.base[target] = value
        self.clobbered.discard(target)

    def _put(self, target: Target, value: Setting, author: str) -> None:
        self.author[target] = author
        if value is None:
            self.standing.pop(target, None)
        else:
            self.standing[target] = value


class SimChat(Troubled):
    """One channel: posts by incident, threads by key, and what each card shows."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, list[str]] = {}
        self.shown: dict[str, Incident] = {}
        self.lines: dict[str, list[str]] = {}
        self.said: list[Line] = []
        self.asks: dict[str, Ask] = {}
        self.ask_posts: dict[str, int] = {}
        self.whispers: list[tuple[str, Line]] = []
        self.digests: dict[str, Line] = {}

    def find(self, channel: str, incident: str) -> str | None:
        self.meet("find")
        return next(iter(self.posts.get(incident, ())), None)

    def show(self, incident: Incident, card: Card) -> str:
        lost = self.meet("show")
        if not card.ts:
            ts = f"{sum(map(len, self.posts.values())) + 1}.0"
            self.posts.setdefault(incident.id, []).append(ts)
        else:
            ts = card.ts
        self.shown[incident.id] = incident
        if lost:
            raise Unavailable("show: the reply was lost")
        return ts

    def thread(self, card: Card, line: Line, key: str) -> None:
        lost = self.meet("thread")
        lines = self.lines.setdefault(card.ts, [])
        if key not in lines:
            lines.append(key)
            self.said.append(line)
        if lost:
            raise Unavailable("thread: the reply was lost")

    def post(self, channel: str, line: Line, key: str) -> None:
        lost = self.meet("post")
        self.digests.setdefault(key, line)
        if lost:
            raise Unavailable("post: the reply was lost")

    def whisper(self, channel: str, person: str, line: Line) -> None:
        lost = self.meet("whisper")
        self.whispers.append((person, line))
        if lost:
            raise Unavailable("whisper: the reply was lost")

    def ask(self, ask: Ask, people: Sequence[str], card: Card | None, key: str) -> None:
        lost = self.meet("ask")
        if ask.id not in self.asks:
            self.ask_posts[ask.id] = self.ask_posts.get(ask.id, 0) + 1
        if ask.id not in self.asks or ask.answer is not Answer.PENDING:
            self.asks[ask.id] = ask
        if lost:
            raise Unavailable("ask: the reply was lost")

    def upload_chart(self, png: bytes, title: str, alt: str) -> str:
        self.meet("upload")
        return "F1"


class SimPager(Troubled):
    """Who was woken, by key: one alert each, however often it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, str] = {}
        self.calls: list[str] = []

    def page(self, key: str, summary: str, details: Mapping[str, str]) -> None:
        lost = self.meet("page")
        self.pages[key] = summary
        self.calls.append(key)
        if lost:
            raise Unavailable("page: the reply was lost")


class SimMeter:
    """What the service reports behind a brake: ``quiet``, ``binds``, ``refuted`` or ``down``."""

    def __init__(self) -> None:
        self.says = "quiet"
        self.says_of: dict[Target, str] = {}  # of one target, where it is not what it says of all

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        raise NotImplementedError("the simulation proposes by hand")

    def requests(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Requests]:
        raise NotImplementedError("the simulation watches nothing")

    def windows(
        self, target: Target, since: datetime, until: datetime, minutes: int, *, takes: tuple[str, ...] = ()
    ) -> list[Window]:
        if self.says == "down":
            raise Unavailable("telemetry is down")
        width = timedelta(minutes=minutes)
        usage, exceeded = {"quiet": (0, 0), "binds": (1, 9), "refuted": (10**9, 0)}[self.says_of.get(target, self.says)]
        count = max(0, int((until - since) / width))
        return [Window(start=since + n * width, usage=usage, exceeded=exceeded) for n in range(count)]


@dataclass
class SimDirectory:
    """Everybody whom the chat knows."""

    people: dict[str, Person]

    def person(self, user_id: str) -> Person | None:
        return self.people.get(user_id)
