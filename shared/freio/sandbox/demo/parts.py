"""What a stage stands on: a store, a queue and a bill, and how the functions find them. Here, on this machine alone.

`demo.emulated` makes the same from Google's emulators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from freio.adapters.local.clock import FileClock
from freio.adapters.local.sqlite import SqliteStore
from freio.domain.app import Client
from freio.ports import Journal, Store
from freio.sandbox.queue import Counts, Delivery, LoopbackBroker
from freio.sandbox.spend.billing_export import BillingExport
from freio.sandbox.spend.billing_rows import Bill, BillingAccount

PER_USD = Decimal("5.40")  # BRL a dollar, in the demo
QUEUE_PROJECT = "acme-freio"
DUPLICATES = 0.10  # of all pushes come twice
LATE = 0.05  # of all pushes are overtaken


class State(Store, Journal, Protocol):
    """The incidents and the journal, as the demo reads them."""


class Broker(Protocol):
    """The queue: it pushes to the functions, and says how much."""

    def publish(
        self,
        topic: str,
        data: bytes,
        attributes: Mapping[str, str] | None = None,
        *,
        published: datetime | None = None,
    ) -> str: ...
    def subscribe(self, topic: str, url: str, *, name: str = "") -> None: ...
    def drain(self, timeout: float) -> bool: ...
    def counts(self) -> Counts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What parts are made for. `folder` is theirs to write to, `clock` the simulated one."""

    client: Client
    folder: Path
    clock: FileClock
    seed: int

    @property
    def account(self) -> BillingAccount:
        return BillingAccount(id=self.client.billing_account, currency=self.client.currency, per_usd=PER_USD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """``environment`` is what the functions are told of them.

    ``copied`` counts the entries of the journal's copy (None: the journal is kept whole where it is).
    """

    store: State
    broker: Broker
    bill: Bill
    environment: Mapping[str, str]
    copied: Callable[[], int] | None = None


MakeParts = Callable[[ExitStack, Wanted], Parts]
"""Starts the parts; the stack ends them."""


def embedded(stack: ExitStack, wanted: Wanted) -> Parts:
    """SQLite, DuckDB and a queue on loopback: nothing to install."""
    state, warehouse = wanted.folder / "state.db", wanted.folder / "billing.duckdb"
    delivery = Delivery(duplicates=DUPLICATES, late=LATE, attempts=5)
    broker = LoopbackBroker(seed=wanted.seed, now=wanted.clock.now, delivery=delivery, project=QUEUE_PROJECT)
    stack.callback(broker.stop)
    store = SqliteStore(state)
    stack.callback(store.close)
    return Parts(
        store=store,
        broker=broker,
        bill=BillingExport(warehouse, wanted.client.billing_export.rpartition(".")[2], wanted.account, wanted.seed),
        environment={
            "FREIO_STORE": f"sqlite:{state}",
            "FREIO_WAREHOUSE": f"duckdb:{warehouse}",
            "FREIO_QUEUE": broker.url,
        },
    )
