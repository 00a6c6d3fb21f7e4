"""The four functions under functions-framework, in a world of stand-ins: what a test of them starts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freio.adapters.local.clock import write_clock
from freio.adapters.local.sqlite import SqliteStore
from freio.events import TYPE
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.server import serve as serve_google
from freio.sandbox.queue import LoopbackBroker
from freio.sandbox.slack import Channel, Person, SlackWorkspace
from freio.sandbox.slack import serve as serve_slack
from freio.sandbox.spend.billing_export import BillingExport, table_name
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse
from tests.contracts.receiver import Receiver
from tests.functions.wire import NOW, message, post, wait_until_ready

ROOT = Path(__file__).parents[2]
ACCOUNT = "01D4EE-079462-DFD6EC"
CHANNEL = "C0FINOPS00"
OPS = "U0RITA0000"
SECRET, TOKEN = "a-signing-secret", "xoxb-test"
PROJECT, MODEL = "acme-chat-prod", "gemini-2.5-flash"

CONFIG = """\
client: acme
locale: en
time_zone: America/Sao_Paulo
currency: USD
billing: {{account: {account}, export: acme-finops.billing.{table}}}
money_gate: 5.00
apps:
  - name: chat
    team: care
    cost_centre: CC-1
    environment: production
    owners: [ana@acme.example]
    match: {{projects: [{project}]}}
    budget: {{monthly: 4000.00, names: [acme-vertex-monthly]}}
    floor: {{input_tokens_per_minute: 1000}}
approvals:
  ops: [{ops}]
  cost_owners: {{CC-1: [rui@acme.example]}}
slack: {{channel: {channel}}}
pager: {{webhook: {pager}}}
"""


@dataclass
class World:
    """Stand-ins that run in this process, and the functions beside it, each started when it is first called."""

    folder: Path
    slack: SlackWorkspace
    google: ControlPlane
    queue: LoopbackBroker
    pager: Receiver
    environment: Mapping[str, str]
    signing_now: Callable[[], datetime]
    running: dict[str, tuple[str, subprocess.Popen[bytes]]] = field(default_factory=dict)

    # ---- time and spend

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat((self.folder / "clock").read_text(encoding="ascii"))

    def pass_time(self, **span: float) -> None:
        write_clock(self.folder / "clock", self.now + timedelta(**span))

    def serve(self, since: datetime, until: datetime, tokens_a_minute: int) -> int:
        """Traffic of the app in steps of five minutes; returns the input tokens that were let through."""
        demand = Demand(requests=50, input_tokens=tokens_a_minute * 5, output_tokens=tokens_a_minute)
        got = 0
        while since < until:
            served = self.google.serve(
                project=PROJECT, location="global", model=MODEL, at=since, demand=demand, minutes=5
            )
            got += served.input_tokens
            since += timedelta(minutes=5)
        return got

    def bill(self, since: datetime, until: datetime, tokens_an_hour: int) -> None:
        """The same traffic on the bill, an hour at a time."""
        account = BillingAccount(id=ACCOUNT)
        export = BillingExport(self.folder / "billing.duckdb", table_name(ACCOUNT), account, seed=1)
        hours = (until - since) // timedelta(hours=1)
        export.write(
            HourUse(
                start=since + timedelta(hours=hour),
                project=PROJECT,
                location="global",
                model=MODEL,
                labels=(),
                requests=600,
                input_tokens=tokens_an_hour,
                output_tokens=tokens_an_hour // 5,
            )
            for hour in range(hours)
        )

    # ---- the functions

    def url(self, name: str) -> str:
        """The address of a function, started when it is first asked for."""
        self.start(name)
        address, process = self.running[name]
        wait_until_ready(address, process, self.folder / f"{name}.log")
        return address

    def start(self, *names: str) -> None:
        """Start functions side by side."""
        for name in names:
            if name not in self.running:
                self.running[name] = self._started(name)

    def _started(self, name: str) -> tuple[str, subprocess.Popen[bytes]]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kind = "http" if name == "slack_inbox" else "cloudevent"
        source = ROOT / "functions" / name / "main.py"
        command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", name]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--signature-type", kind, "--host", "127.0.0.1", "--port", str(port)],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return f"http://127.0.0.1:{port}/", process

    def push(self, name: str, data: bytes = b"{}", attributes: Mapping[str, str] | None = None, **event: Any) -> int:
        """One CloudEvent in binary mode, as Eventarc pushes it; returns the status."""
        body = {"subscription": "projects/p/subscriptions/s", "message": message(data, attributes, **event)}
        return self.post_event(name, body, event_id=event.get("id", "1"))

    def post_event(self, name: str, body: object, *, event_id: str = "1") -> int:
        headers = {
            "ce-id": event_id,
            "ce-source": "//pubsub.googleapis.com/projects/p/topics/t",
            "ce-specversion": "1.0",
            "ce-type": TYPE,
            "ce-time": NOW.isoformat(),
            "content-type": "application/json",
        }
        return post(self.url(name), json.dumps(body).encode(), headers)[0]

    # ---- what there is to see

    @property
    def store(self) -> SqliteStore:
        return SqliteStore(self.folder / "state.db")

    @property
    def cards(self) -> list[Any]:
        """The messages of the channel that are no replies."""
        return self.slack.messages(CHANNEL)

    @property
    def pages(self) -> list[dict[str, Any]]:
        return [json.loads(one.body) for one in self.pager.received]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        for _, process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for _, process in self.running.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextlib.contextmanager
def world(folder: Path, *, project: str = PROJECT) -> Iterator[World]:
    """A world at `NOW`: an empty state, a Slack workspace, a control plane, a queue and a pager."""
    clock = folder / "clock"
    write_clock(clock, NOW)

    def now() -> datetime:
        return datetime.fromisoformat(clock.read_text(encoding="ascii"))

    def signing_now() -> datetime:
        return datetime.now(UTC)

    people = [
        Person(id=OPS, name="Rita", email="rita@acme.example"),
        Person(id="U0ANA00000", name="Ana", email="ana@acme.example"),
        Person(id="U0RUI00000", name="Rui", email="rui@acme.example"),
    ]
    slack = SlackWorkspace(
        people=people,
        channels=[Channel(id=CHANNEL, name="finops")],
        now=now,
        signing_now=signing_now,
        signing_secret=SECRET,
        bot_token=TOKEN,
    )
    google = ControlPlane(now=now, projects=[project], operation_seconds=0, effect_seconds=0)
    with Receiver() as pager, LoopbackBroker(seed=1, now=now) as queue:
        served_slack, served_google = serve_slack(slack), serve_google(google)
        config = folder / "freio.yaml"
        config.write_text(
            CONFIG.format(
                account=ACCOUNT,
                table=table_name(ACCOUNT),
                project=project,
                ops=OPS,
                channel=CHANNEL,
                pager=f"{pager.url}/page",
            ),
            encoding="utf-8",
        )
        BillingExport(folder / "billing.duckdb", table_name(ACCOUNT), BillingAccount(id=ACCOUNT), seed=1)
        for topic in ("freio-clicks", "freio-watch"):
            queue.create_topic(topic)
        made = World(
            folder=folder,
            slack=slack,
            google=google,
            queue=queue,
            pager=pager,
            signing_now=signing_now,
            environment={
                "PYTHONPATH": str(ROOT / "shared"),
                "FREIO_CONFIG": str(config),
                "FREIO_STORE": f"sqlite:{folder / 'state.db'}",
                "FREIO_QUEUE": queue.url,
                "FREIO_WAREHOUSE": f"duckdb:{folder / 'billing.duckdb'}",
                "FREIO_GOOGLE_API_ENDPOINT": served_google.url,
                "FREIO_CLOCK": str(clock),
                "SLACK_API_URL": served_slack.api_url,
                "SLACK_BOT_TOKEN": TOKEN,
                "SLACK_SIGNING_SECRET": SECRET,
                "FREIO_LOCALE": "en",
                "FREIO_TIME_ZONE": "America/Sao_Paulo",
                "FREIO_CURRENCY": "USD",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "MPLCONFIGDIR": str(folder / "matplotlib"),
            },
        )
        try:
            yield made
        finally:
            made.stop()
            served_slack.stop()
            served_google.stop()
