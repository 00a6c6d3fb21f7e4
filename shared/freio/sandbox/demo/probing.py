"""The demo's client for `freio probe --sandbox`: its Google Cloud and its bill on one evening, and nobody in Slack.

Two of its apps call through a gateway as well, one as a team and one by a key, so that this brake is in the table too.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freio.adapters.local.clock import write_clock
from freio.config import load
from freio.sandbox.demo.cast import APPS, set_up_callers
from freio.sandbox.demo.parts import PER_USD
from freio.sandbox.demo.stage import CONFIG, live_through
from freio.sandbox.gateway.proxy import Proxy
from freio.sandbox.gateway.server import serve as serve_gateway
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.server import serve
from freio.sandbox.spend.billing_export import BillingExport
from freio.sandbox.spend.billing_rows import BillingAccount
from freio.sandbox.spend.world import SpendWorld, generated

SEED = 7
EVENING = datetime(2026, 11, 23, 21, tzinfo=UTC)
HISTORY = timedelta(days=28)
ADMIN_KEY = "sk-sandbox-admin"
CALLERS = {"research-agents": "{teams: [research]}", "marketing-copy": "{keys: [marketing-copy]}"}


def sandboxed(stack: ExitStack) -> dict[str, str]:
    """Start it, and return the environment that leads there; `stack` ends it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freio-probe-")))
    gateway = _gateway()
    front = serve_gateway(gateway)
    stack.callback(front.stop)
    config = folder / "freio.yaml"
    config.write_text(_through(front.url), encoding="utf-8")
    client = load(config)
    plane = ControlPlane(now=lambda: EVENING, projects=sorted({app.project for app in APPS}))
    set_up_callers(plane, client)
    server = serve(plane)
    stack.callback(server.stop)
    world = SpendWorld(APPS, generated(APPS, SEED, EVENING))
    account = BillingAccount(id=client.billing_account, currency=client.currency, per_usd=PER_USD)
    warehouse = folder / "billing.duckdb"
    bill = BillingExport(warehouse, client.billing_export.rpartition(".")[2], account, SEED)
    world.backfill(bill, EVENING - HISTORY, EVENING)
    live_through(plane, world, EVENING)
    write_clock(folder / "now", EVENING)
    return {
        "FREIO_CONFIG": str(config),
        "FREIO_GATEWAY_KEY": ADMIN_KEY,
        "FREIO_STORE": f"sqlite:{folder / 'state.db'}",
        "FREIO_QUEUE": "http://127.0.0.1:9",
        "FREIO_WAREHOUSE": f"duckdb:{warehouse}",
        "FREIO_GOOGLE_API_ENDPOINT": server.url,
        "FREIO_CLOCK": str(folder / "now"),
    }


def _gateway() -> Proxy:
    """Each model of the apps is asked for by its own name; a team and a key call."""
    proxy = Proxy(now=lambda: EVENING, admin_key=ADMIN_KEY)
    for model in sorted({app.model for app in APPS}):
        proxy.rows.add_model(model, f"vertex_ai/{model}")
    proxy.rows.add_team("research")
    proxy.rows.add_key("sk-research", alias="research-agents", team="research")
    proxy.rows.add_key("sk-marketing", alias="marketing-copy")
    return proxy


def _through(url: str) -> str:
    """The demo's file, with a gateway and who calls it."""
    text = CONFIG.read_text(encoding="utf-8")
    for app, callers in CALLERS.items():
        text = text.replace(f"  - name: {app}\n", f"  - name: {app}\n    gateway: {callers}\n", 1)
    return f'{text}\ngateway: {{url: "{url}"}}\n'
