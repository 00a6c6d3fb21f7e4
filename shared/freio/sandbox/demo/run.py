"""The command: start everything, let a month pass, say what happens, end cleanly."""

from __future__ import annotations

import signal
import socket
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.errors import BadInput
from freio.sandbox.demo.budgets import Budgets
from freio.sandbox.demo.parts import MakeParts, embedded
from freio.sandbox.demo.replay import Replay
from freio.sandbox.demo.script import LAUNCHES, Players, launch
from freio.sandbox.demo.stage import Stage, set_up
from freio.sandbox.demo.story import dumps, tell
from freio.sandbox.emulators import EmulatorFailed, EmulatorMissing
from freio.sandbox.spend.incidents import Runaway
from freio.sandbox.spend.tiling import STATED
from freio.sandbox.spend.traffic import STEP

START = datetime(2026, 11, 1, 8, tzinfo=UTC)  # the first hour of a Pacific month, a Sunday
HISTORY = timedelta(days=21)
DAYS, FEW_DAYS = 30, 6
SHOWN = {Kind.STATE, Kind.PROOF, Kind.FOREIGN, Kind.PAGE, Kind.REJECTED}
WAITS = {State.PROPOSED: timedelta(hours=1), State.THROTTLED: timedelta(minutes=30), State.STUCK: timedelta(minutes=30)}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="scripted people click; ends by itself")
    parser.add_argument(
        "--emulators",
        action="store_true",
        help="on the emulators of Firestore, Pub/Sub and BigQuery, in the place of SQLite, a loopback queue and DuckDB",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what happened")
    parser.add_argument(
        "--usage",
        type=Path,
        metavar="FILE",
        help="replay this real usage (10-minute steps, .csv.gz) instead of generated demand",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep state, bill and logs there (default: nothing)"
    )
    parser.add_argument(
        "--locale", choices=("pt-BR", "en"), default="pt-BR", help="the client's language (default pt-BR)"
    )
    parser.add_argument(
        "--days",
        type=int,
        help=f"how much of the month to replay (default {DAYS}; with --emulators, where the same runaways come on fewer"
        f" days, {FEW_DAYS})",
    )
    parser.add_argument("--seed", type=int, default=7, help="of everything that chance decides (default 7)")
    parser.add_argument("--port", type=int, default=8400, help="of the Slack page (default 8400; headless: any)")
    parser.add_argument(
        "--minute",
        type=float,
        default=1.5,
        metavar="SECONDS",
        help="real seconds that a simulated minute takes while an incident waits for you (default 1.5)",
    )


def main(options: Namespace) -> int:
    """Exit code 0 where the loop closed, or where somebody who watched has seen enough (Ctrl-C)."""
    console = Console(highlight=False)
    for asked in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, _interrupted)
    try:
        return _play(options, console)
    except (BadInput, EmulatorMissing, EmulatorFailed) as error:
        console.print(f"[red]{error}[/]")
        return 2
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 130 if options.headless else 0


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    """Whoever ends the demo, it ends its servers: they are process groups of their own."""
    raise KeyboardInterrupt


def _parts(options: Namespace) -> MakeParts:
    if not options.emulators:
        return embedded
    from freio.sandbox.demo.emulated import emulated  # noqa: PLC0415  # Google's libraries take a second to import

    return emulated


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _play(options: Namespace, console: Console) -> int:
    if not options.headless and not _is_free(options.port):
        raise BadInput(f'port {options.port} cannot be had for the Slack page; another: ARGS="--port 8401"')
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freio-demo-")))
        if options.usage:
            console.print(STATED)
        console.print("Starting four functions, a Slack workspace, a Google control plane and a queue…")
        stage = set_up(
            stack,
            folder,
            START,
            seed=options.seed,
            usage=options.usage,
            history=HISTORY,
            slack_port=0 if options.headless else options.port,
            locale=options.locale,
            make_parts=_parts(options),
        )
        console.print(f"Slack is at [bold]{stage.slack_url}[/]: choose who you are at the top, and open #finops.")
        replay = Replay(stage, START)
        runaways = launch(stage, START, squeezed=options.emulators)
        players = Players(stage, runaways) if options.headless else None
        budgets = _replay(options, console, replay, players)
        replay.finish()
        story = tell(replay, runaways, players, budgets.poison)
        _summary(console, story, runaways)
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(dumps(story), encoding="utf-8")
            console.print(f"Written to {options.json}.")
        for fault in story["faults"]:
            console.print(f"[red]The loop did not close:[/] {fault}")
        if not options.headless:
            console.print("The month is over. The Slack page stays until Ctrl-C.")
            while True:
                time.sleep(3600)
        return 1 if story["faults"] else 0


def _replay(options: Namespace, console: Console, replay: Replay, players: Players | None) -> Budgets:
    """Let the days pass, with a bar; in person, slowly wherever something waits for a click."""
    end = START + timedelta(days=options.days or (FEW_DAYS if options.emulators else DAYS))
    budgets = Budgets(replay, START)
    teller = _Teller(console, replay.stage, minutes={0} if options.headless else set(range(0, 60, 5)))

    def each_minute(now: datetime) -> None:
        if players is not None and players.play(now):
            replay.drain()
        if players is None and (waiting := _waiting(replay.stage, now)):
            teller.call(waiting)
            time.sleep(options.minute)

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("November 2026", total=(end - START) / STEP)
        for now in replay.run(end, each_minute=each_minute):
            budgets.send(now)
            if now.minute in teller.minutes:
                teller.tell()
                progress.update(task, completed=(now - START) / STEP, description=f"{now:%d %b %H:%M} UTC")
    return budgets


def _waiting(stage: Stage, now: datetime) -> list[Incident]:
    """What is worth slow time: a question that is fresh, and a brake that is being proved."""
    opened = stage.store.open_incidents()
    return [i for i in opened if now - i.changed_at < WAITS.get(i.state, timedelta(0))]


class _Teller:
    """Says each new line of the journal that a person would want to see."""

    def __init__(self, console: Console, stage: Stage, minutes: set[int]) -> None:
        self.minutes = minutes
        self._console = console
        self._stage = stage
        self._said: set[str] = set()
        self._open: set[str] = set()

    def call(self, incidents: Iterable[Incident]) -> None:
        """Say, once for each question, that it is somebody's turn."""
        for incident in incidents:
            question = f"{incident.id}:{incident.revision}"
            if incident.state is State.PROPOSED and question not in self._said:
                self._said.add(question)
                self._console.print(
                    f"[bold]{incident.app} waits for you[/] at {self._stage.slack_url} in #finops: "
                    "Ana (ops) may throttle it, Gus (a guest) may not."
                )

    def tell(self) -> None:
        """Also of those that closed since the last time."""
        now_open = {i.id for i in self._stage.store.open_incidents()}
        for incident in sorted(self._open | now_open):
            for entry in self._stage.store.entries(incident=incident):
                if entry.id not in self._said:
                    self._said.add(entry.id)
                    if entry.kind in SHOWN:
                        by = f" by {entry.by}" if entry.by else ""
                        self._console.print(f"{entry.at:%d %b %H:%M}  {entry.app:18} {entry.kind}: {entry.what}{by}")
        self._open = now_open


def _summary(console: Console, story: dict[str, Any], runaways: Sequence[Runaway]) -> None:
    for incident in story["incidents"]:
        console.print(f"{incident['app']:18} {' → '.join(incident['state_path'])}")
    seen = {i["app"] for i in story["incidents"] if i["times"]["started"]}
    for planned in LAUNCHES:
        if planned.app not in seen:
            console.print(f"{planned.app:18} ran away ({planned.kind}), and no incident was opened")
    console.print(", ".join(f"{count} {name}" for name, count in story["counts"].items() if isinstance(count, int)))
    console.print(f"{len(runaways)} runaways, {len(story['incidents'])} incidents.")
