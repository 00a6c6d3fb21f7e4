"""The parts that a client runs, on Google's emulators: Firestore, Pub/Sub with push subscriptions, BigQuery.

What the emulators do not show (IAM, the signature of a push, what a scan costs, how late things are) is not shown here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from google.cloud.bigquery import Client

from freio.adapters.google.bigquery_engine import connected
from freio.adapters.google.firestore_store import FirestoreStore
from freio.sandbox.demo.parts import DUPLICATES, LATE, QUEUE_PROJECT, Parts, Wanted
from freio.sandbox.emulators import BIGQUERY, FIRESTORE, PUBSUB
from freio.sandbox.emulators.pubsub_broker import PubSubBroker
from freio.sandbox.queue import Delivery
from freio.sandbox.spend.bigquery_export import BigQueryExport

DATASET = "freio"  # Freio's own, for the rollup and the journal's copy
# Seconds. The first watch, which fills the rollup, takes about 12; a failure that the emulator has lost rests as long.
ANSWERS_WITHIN = 30.0


def emulated(stack: ExitStack, wanted: Wanted) -> Parts:
    """Starts the three emulators. EmulatorMissing says which is not installed, and what brings it."""
    project = wanted.client.billing_export.partition(".")[0]
    queue = stack.enter_context(PUBSUB.running(QUEUE_PROJECT))
    hosts = {
        FIRESTORE.variable: stack.enter_context(FIRESTORE.running(QUEUE_PROJECT)),
        BIGQUERY.variable: "http://" + stack.enter_context(BIGQUERY.running(project)),
    }
    stack.enter_context(_told(hosts))
    bigquery = connected(project)
    stack.callback(bigquery.close)
    bigquery.create_dataset(f"{project}.{DATASET}")
    delivery = Delivery(duplicates=DUPLICATES, late=LATE, attempts=5, timeout=ANSWERS_WITHIN)
    broker = PubSubBroker(queue, seed=wanted.seed, now=wanted.clock.now, delivery=delivery, project=QUEUE_PROJECT)
    stack.callback(broker.stop)
    store = FirestoreStore(QUEUE_PROJECT, now=wanted.clock.now)
    stack.callback(store.close)
    return Parts(
        store=store,
        broker=broker,
        bill=BigQueryExport(bigquery, wanted.client.billing_export, wanted.account, wanted.seed, now=wanted.clock.now),
        environment={
            "FREIO_STORE": f"firestore:{QUEUE_PROJECT}",
            "FREIO_WAREHOUSE": f"bigquery:{project}.{DATASET}",
            **hosts,
            **broker.environment,
        },
        copied=lambda: _count(bigquery, f"{project}.{DATASET}.journal"),
    )


def _count(client: Client, table: str) -> int:
    [[rows]] = client.query_and_wait(f"SELECT COUNT(*) FROM `{table}`")  # noqa: S608  the name is our own
    return int(rows)


@contextmanager
def _told(hosts: Mapping[str, str]) -> Iterator[None]:
    """Google's client libraries, in this process, go to these meanwhile."""
    before = {name: os.environ.get(name) for name in hosts}
    os.environ.update(hosts)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
