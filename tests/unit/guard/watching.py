"""The watch side in memory: every port as a fake, and the spend that a test writes down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.adapters.local.memory import MemoryStore
from freio.domain.app import App, Approvals, Client, Match
from freio.domain.ask import Ask
from freio.domain.incident import Incident
from freio.domain.money import Money
from freio.domain.notice import Card
from freio.domain.phrase import Phrase
from freio.domain.rates import INPUT, OUTPUT, Use, request_factor
from freio.domain.spend import HourlyCost, Pace, Requests, Score, Tokens
from freio.errors import UnknownPrice, VendorError
from freio.guard.alert import Alerter
from freio.guard.budget import BudgetDesk
from freio.guard.callers import CallerWatch
from freio.guard.digest import DigestDesk
from freio.guard.drill import Drills
from freio.guard.meter import Readings, SpendMeter
from freio.guard.propose import Proposer
from freio.guard.prove import Prover
from freio.guard.watch import Watcher
from freio.ports import Lever, Line, PaceDetector
from tests.fakes import ExportRow, FakeClock, FakeLever, FakeMeter, FakeWarehouse

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = "01D4EE-079462-DFD6EC"
FLASH, PRO = "gemini-2.5-flash", "gemini-2.5-pro"
PROJECT = "acme-chat"
A_TOKEN = Decimal("0.000001")  # FLASH costs that much an input token, and as much an output token


def app(name: str = "chat", **changes: Any) -> App:
    made = App(
        name=name,
        team="care",
        cost_centre="CC-1",
        environment="production",
        owners=("ana@acme.example",),
        match=Match(projects=frozenset({f"acme-{name}"})),
    )
    return replace(made, **changes)


def client(*apps: App, **changes: Any) -> Client:
    made = Client(
        name="acme",
        locale="en",
        time_zone="America/Sao_Paulo",
        currency="USD",
        billing_account=ACCOUNT,
        billing_export="p.d.t",
        alerts_per_app_week=Decimal("0.25"),
        money_gate=Money(Decimal(5), "USD"),
        apps=apps or (app(),),
        approvals=Approvals(ops=("S01OPS0000",), cost_owners={"CC-1": ("rui@acme.example",)}),
        channel="C0FINOPS00",
    )
    return replace(made, **changes)


def usd(amount: str | int) -> Money:
    return Money(Decimal(amount), "USD")


@dataclass
class FakePrices:
    """Prices of a token by model; what is not there is unknown."""

    known: dict[str, tuple[Decimal, Decimal]] = field(
        default_factory=lambda: {FLASH: (A_TOKEN, A_TOKEN), PRO: (A_TOKEN * 10, A_TOKEN * 10)}
    )
    doubts: tuple[str, ...] = ()

    def per_token(self, use: Use, at: datetime) -> Decimal:
        factor = request_factor(use)
        if use.model not in self.known or factor is None or use.kind not in {INPUT, OUTPUT}:
            raise UnknownPrice(str(use))
        return self.known[use.model][use.kind == OUTPUT] * factor

    def troubles(self) -> tuple[str, ...]:
        return self.doubts


@dataclass
class FakeDetector:
    """Says what a test says of the series that it is shown, which it keeps."""

    scores: dict[str, Score] = field(default_factory=dict)
    shown: dict[str, Sequence[float] | Pace] = field(default_factory=dict)

    def fires(self, name: str, *, value: float = 3.0, usual: float = 1.0, kind: str = "spike") -> None:
        self.scores[name] = Score(value=value, usual=usual, kind=kind, why=Phrase("because"))

    def score(
        self, series: Mapping[str, Sequence[float]] | Mapping[str, Pace], last_hour: datetime
    ) -> dict[str, Score]:
        self.shown |= series  # money and paces are shown one after the other
        calm = Score(value=0.0, usual=1.0, kind="spike")
        return {name: self.scores.get(name, calm) for name in series}


@dataclass
class FakeChat:
    """Messages by incident, lines by key, pictures; ``fails`` is raised instead, until it is taken away."""

    shown: dict[str, list[Incident]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    charts: list[bytes] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    posts: dict[str, Line] = field(default_factory=dict)
    fails: VendorError | None = None

    def find(self, channel: str, incident: str) -> str | None:
        return f"ts-{incident}" if incident in self.shown else None

    def show(self, incident: Incident, card: Card) -> str:
        self._maybe_fail()
        self.shown.setdefault(incident.id, []).append(incident)
        return f"ts-{incident.id}"

    def thread(self, card: Card, line: Line, key: str) -> None:
        self._maybe_fail()
        self.lines[key] = line

    def post(self, channel: str, line: Line, key: str) -> None:
        self._maybe_fail()
        self.posts.setdefault(key, line)

    def whisper(self, channel: str, person: str, line: Line) -> None:
        self._maybe_fail()

    def ask(self, ask: Ask, people: Sequence[str], card: Card | None, key: str) -> None:
        self._maybe_fail()

    def upload_chart(self, png: bytes, title: str, alt: str) -> str:
        self._maybe_fail()
        self.charts.append(png)
        self.alts.append(alt)
        return f"F{len(self.charts)}"

    def _maybe_fail(self) -> None:
        if self.fails is not None:
            raise self.fails


@dataclass
class FakePager:
    """Who was woken by what: one page for a key."""

    pages: dict[str, str] = field(default_factory=dict)

    def page(self, key: str, summary: str, details: Mapping[str, str]) -> None:
        self.pages.setdefault(key, summary)


@dataclass
class FakeQueue:
    """What was published, in order."""

    published: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        self.published.append((topic, data, attributes))
        return str(len(self.published))


@dataclass
class Town:
    """One client organisation, its spend, and the parts that watch it."""

    client: Client = field(default_factory=client)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    store: MemoryStore = field(default_factory=MemoryStore)
    warehouse: FakeWarehouse = field(default_factory=FakeWarehouse)
    prices: FakePrices = field(default_factory=FakePrices)
    detector: FakeDetector = field(default_factory=FakeDetector)
    paces: PaceDetector | None = None  # the fake one judges both
    callers: CallerWatch | None = None
    digests: DigestDesk | None = None
    lever: FakeLever = field(default_factory=FakeLever)
    stops: tuple[Lever, ...] = ()
    chat: FakeChat = field(default_factory=FakeChat)
    pager: FakePager = field(default_factory=FakePager)
    queue: FakeQueue = field(default_factory=FakeQueue)

    def __post_init__(self) -> None:
        self.telemetry = FakeMeter(self.clock, lag=timedelta(0))

    # ---- the spend

    def bill(
        self,
        since: datetime,
        until: datetime,
        an_hour: str | int,
        *,
        project: str = PROJECT,
        model: str = FLASH,
        labels: Mapping[str, str] | None = None,
        exported: datetime | None = None,
        rate: Decimal = Decimal(1),
        beside: bool = False,
    ) -> None:
        """Rows of so much money for each hour; ``exported`` with the hour's end, unless said."""
        while since < until:
            cost = HourlyCost(
                hour=since,
                project=project,
                model=model,
                labels=labels or {},
                net=Money(Decimal(an_hour), self.client.currency),
                beside=beside,
            )
            self.warehouse.write([ExportRow(cost=cost, exported=exported or since + HOUR, usd_rate=rate)])
            since += HOUR

    def serve(
        self,
        since: datetime,
        until: datetime,
        an_hour: int,
        *,
        project: str = PROJECT,
        model: str = FLASH,
        location: str = "global",
        output: int = 0,
        request_type: str = "standard",
        others: Mapping[str, int] | None = None,
        requests: int = 0,
    ) -> None:
        """Steps of five minutes with so many input (and output) tokens an hour, in so many requests."""
        while since < until:
            step = since.minute // 5  # the twelve of an hour add up to it
            self.telemetry.write(
                Tokens(
                    start=since,
                    minutes=5,
                    project=project,
                    location=location,
                    model=model,
                    input=an_hour * (step + 1) // 12 - an_hour * step // 12,
                    output=output * (step + 1) // 12 - output * step // 12,
                    request_type=request_type,
                    others={kind: an_hour_of // 12 for kind, an_hour_of in (others or {}).items()},
                )
            )
            if requests:
                many = requests * (step + 1) // 12 - requests * step // 12
                self.telemetry.write_requests(
                    Requests(
                        start=since, minutes=5, project=project, model=model, total=many, request_type=request_type
                    )
                )
            since += timedelta(minutes=5)

    # ---- the parts

    @property
    def alerter(self) -> Alerter:
        return Alerter(self.client, self.store, self.clock, self.chat, self.pager)

    @property
    def proposer(self) -> Proposer:
        return Proposer(self.client, self.telemetry, self.prices, [self.lever, *self.stops])

    def read(self) -> Readings:
        return SpendMeter(self.client, self.warehouse, self.telemetry, self.prices).read(self.clock.now())

    @property
    def desk(self) -> BudgetDesk:
        return BudgetDesk(
            self.client, self.store, self.clock, alerter=self.alerter, queue=self.queue, watch_topic="freio-watch"
        )

    @property
    def watcher(self) -> Watcher:
        return Watcher(
            self.client,
            self.store,
            self.clock,
            meter=SpendMeter(self.client, self.warehouse, self.telemetry, self.prices),
            detector=self.detector,
            paces=self.paces or self.detector,
            proposer=self.proposer,
            prover=Prover({"quota": self.telemetry}),
            callers=self.callers,
            digests=self.digests,
            chat=self.chat,
            alerter=self.alerter,
            drills=Drills(self.client, self.store, self.clock, meter=self.telemetry, levers=[self.lever, *self.stops]),
        )

    def kinds(self) -> list[str]:
        return [str(entry.kind) for entry in self.store.entries()]

    def runs_away(self, name: str = "chat", *, now_an_hour: int = 100_000_000) -> None:
        """Ten days at a dollar an hour on the bill and in telemetry, then an hour at a hundred; the detector fires."""
        at = self.clock.now()
        project = f"acme-{name}"
        self.bill(at - timedelta(days=10), at - timedelta(hours=3), 1, project=project)
        self.serve(at - timedelta(days=10), at - HOUR, 1_000_000, project=project)
        self.serve(at - HOUR, at, now_an_hour, project=project)
        self.detector.fires(name)
