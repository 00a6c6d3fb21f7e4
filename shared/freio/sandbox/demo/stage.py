"""Everything that the demo needs, started and put together; and ended again, leaving nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from freio.adapters.local.clock import FileClock, SystemClock, write_clock
from freio.adapters.slack.manifest import manifest
from freio.config import load
from freio.domain.app import Client
from freio.i18n.catalogue import Language
from freio.sandbox.demo.cast import APPS, CHANNELS, GROUPS, PEOPLE, set_up_callers
from freio.sandbox.demo.parts import Broker, MakeParts, State, Wanted, embedded
from freio.sandbox.demo.servers import FUNCTIONS, FunctionServer
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand, Step
from freio.sandbox.google.discovery import SIMULATED_APIS
from freio.sandbox.google.prediction_api import API as PREDICTION
from freio.sandbox.google.server import serve as serve_google
from freio.sandbox.pager import PagerServer
from freio.sandbox.slack import SlackWorkspace
from freio.sandbox.slack import serve as serve_slack
from freio.sandbox.spend.billing_export import table_name
from freio.sandbox.spend.ledger import Served
from freio.sandbox.spend.traffic import STEP
from freio.sandbox.spend.usage_file import read_usage
from freio.sandbox.spend.world import SpendWorld, generated, replayed

CONFIG = Path(__file__).parent / "freio.yaml"
WEEK = timedelta(days=7)
TOPICS = {"freio-budgets": "budget_alert", "freio-watch": "spend_watch", "freio-clicks": "enforcer"}
OPERATION_SECONDS = 0.3  # real ones take five to ten: the demo's days are shorter as well


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The running demo. ``clock`` is what the functions read; `set_time` moves it. ``copied`` is as in `Parts`."""

    client: Client
    folder: Path
    clock: FileClock
    store: State
    slack: SlackWorkspace
    slack_url: str
    google: ControlPlane
    broker: Broker
    pager: PagerServer
    world: SpendWorld
    served: Served
    functions: Sequence[FunctionServer]
    copied: Callable[[], int] | None
    environment: Mapping[str, str]

    def set_time(self, at: datetime) -> None:
        write_clock(self.folder / "now", at)


def set_up(
    stack: ExitStack,
    folder: Path,
    start: datetime,
    *,
    seed: int,
    usage: Path | None,
    history: timedelta,
    slack_port: int,
    locale: str = "pt-BR",
    make_parts: MakeParts = embedded,
    edit: Callable[[str], str] = str,
    projects: Sequence[str] = (),
    answers_questions: bool = False,
) -> Stage:
    """Start everything; `stack` ends it, in reverse.

    ``start`` is when the replay begins; `history` before it has been lived already, and is written at once. ``locale``
    is the client's: what the channel is written in. ``make_parts`` makes the store, the queue and the bill.
    ``edit`` changes the client's file; ``projects`` are there beside those of the demo's apps. ``answers_questions``:
    the models can be asked over HTTP as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_clock(folder / "now", start)
    clock = FileClock(folder / "now")
    pager = PagerServer()
    stack.callback(pager.stop)
    config = folder / "freio.yaml"
    template = CONFIG.read_text(encoding="utf-8")
    filled = template.replace("http://127.0.0.1:9/", pager.url).replace("locale: pt-BR", f"locale: {locale}")
    config.write_text(edit(filled), encoding="utf-8")
    client = load(config)
    google = ControlPlane(
        now=_Ticking(clock),
        projects=sorted({*(a.project for a in APPS), *projects}),
        operation_seconds=OPERATION_SECONDS,
        apis=(*SIMULATED_APIS, PREDICTION) if answers_questions else SIMULATED_APIS,
    )
    set_up_callers(google, client)
    google_server = serve_google(google)
    stack.callback(google_server.stop)
    slack = SlackWorkspace(
        people=PEOPLE,
        groups=GROUPS,
        channels=CHANNELS,
        now=clock.now,
        signing_now=SystemClock().now,
        seed=seed,
    )
    slack_server = serve_slack(slack, port=slack_port)
    stack.callback(slack_server.stop)
    table = client.billing_export.rpartition(".")[2]
    assert table == table_name(client.billing_account), "the demo's file names the account's own table"
    parts = make_parts(stack, Wanted(client=client, folder=folder, clock=clock, seed=seed))
    demand = replayed(APPS, read_usage(usage), start) if usage else generated(APPS, seed, start)
    world = SpendWorld(APPS, demand)
    world.backfill(parts.bill, start - history, start)
    live_through(google, world, start)
    environment = {
        "FREIO_CONFIG": str(config),
        **parts.environment,
        "FREIO_GOOGLE_API_ENDPOINT": google_server.url,
        "FREIO_CLOCK": str(folder / "now"),
        "SLACK_API_URL": slack_server.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "FREIO_LOCALE": client.locale,
        "FREIO_TIME_ZONE": client.time_zone,
        "FREIO_CURRENCY": client.currency,
    }
    functions = _functions(stack, folder, environment)
    by_name = {f.name: f for f in functions}
    for topic, name in TOPICS.items():
        parts.broker.subscribe(topic, by_name[name].url, name=name)
    slack.install(manifest(by_name["slack_inbox"].url, Language(client.locale, client.time_zone)))
    return Stage(
        client=client,
        folder=folder,
        clock=clock,
        store=parts.store,
        slack=slack,
        slack_url=slack_server.url,
        google=google,
        broker=parts.broker,
        pager=pager,
        world=world,
        served=Served(parts.bill),
        functions=functions,
        copied=parts.copied,
        environment=environment,
    )


def _functions(stack: ExitStack, folder: Path, environment: dict[str, str]) -> list[FunctionServer]:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    functions = []
    for name in FUNCTIONS:
        server = FunctionServer(name, environment, logs)
        stack.callback(server.stop)
        functions.append(server)
    for server in functions:
        server.wait_until_ready()
    return functions


class _Ticking:
    """The driven clock, which goes on by real seconds between two settings: operations end while a function waits."""

    def __init__(self, clock: FileClock) -> None:
        self._clock = clock
        self._wall = SystemClock()
        self._base, self._since = clock.now(), self._wall.now()

    def __call__(self) -> datetime:
        driven, real = self._clock.now(), self._wall.now()
        if driven > self._base:
            self._base, self._since = driven, real
        return self._base + (real - self._since)


def live_through(google: ControlPlane, world: SpendWorld, start: datetime) -> None:
    """Telemetry of the week before the replay: what is usual on each endpoint."""
    steps = int(WEEK / STEP)
    stretches = [(app, world.stretch(app.app, start - WEEK, steps)) for app in APPS]
    google.serve_many(
        Step(
            project=app.project,
            location=app.location,
            model=app.model,
            at=start - WEEK + i * STEP,
            minutes=5,
            demand=Demand(
                requests=int(stretch.requests[i]),
                input_tokens=int(stretch.input_tokens[i]),
                output_tokens=int(stretch.output_tokens[i]),
            ),
        )
        for i in range(steps)
        for app, stretch in stretches
        if stretch.requests[i]
    )
