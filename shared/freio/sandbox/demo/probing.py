"""The demo's client for `freio probe --sandbox`: its Google Cloud and its bill on one evening, and nobody in Slack."""

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
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.server import serve
from freio.sandbox.spend.billing_export import BillingExport
from freio.sandbox.spend.billing_rows import BillingAccount
from freio.sandbox.spend.world import SpendWorld, generated

SEED = 7
EVENING = datetime(2026, 11, 23, 21, tzinfo=UTC)
HISTORY = timedelta(days=28)


def sandboxed(stack: ExitStack) -> dict[str, str]:
    """Start it, and return the environment that leads there; `stack` ends it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freio-probe-")))
    client = load(CONFIG)
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
        "FREIO_CONFIG": str(CONFIG),
        "FREIO_STORE": f"sqlite:{folder / 'state.db'}",
        "FREIO_QUEUE": "http://127.0.0.1:9",
        "FREIO_WAREHOUSE": f"duckdb:{warehouse}",
        "FREIO_GOOGLE_API_ENDPOINT": server.url,
        "FREIO_CLOCK": str(folder / "now"),
    }
