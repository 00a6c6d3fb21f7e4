"""Google's list prices of what Freio uses, as read 2026-11.

In USD, for us-central1 and other regions of the first price tier, without discounts. Prices change, and regions of the
second tier (southamerica-east1 is one) cost more: on Cloud Run about two fifths more. Each free tier is one for a whole
billing account, except Firestore's (one database of each project) and Cloud Logging's (each project): what other
workloads have used of it is gone.

``confirmed`` says how sure a price is: *page* is a copy of Google's own page; *cited* is what several people wrote in
2026 that Google's page says, where no copy of its price table could be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

AS_READ = "2026-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """``usd`` for one ``unit``, beyond the first ``free`` units of a month."""

    usd: Decimal
    unit: str
    free: Decimal
    source: str
    confirmed: str


_DAYS = Decimal(365) / 12  # of a month: Firestore's free tier is for each day
_MILLION = Decimal(10**6)
_RUN = "https://cloud.google.com/run/pricing"
_BIGQUERY = "https://cloud.google.com/bigquery/pricing"
_FIRESTORE = "https://cloud.google.com/firestore/pricing"

# Request-based billing: an instance that serves a request is active, one that is kept warm is idle. The free tier is a
# discount on active time; whether idle time may use it was not found, so that here it may not.
RUN_CPU_ACTIVE = Price(
    usd=Decimal("0.000024"), unit="vCPU-s", free=Decimal(180_000), source=_RUN, confirmed="page, cited 2026"
)
RUN_CPU_IDLE = Price(usd=Decimal("0.0000025"), unit="vCPU-s", free=Decimal(0), source=_RUN, confirmed="cited 2026")
RUN_MEMORY = Price(
    usd=Decimal("0.0000025"), unit="GiB-s", free=Decimal(360_000), source=_RUN, confirmed="page, cited 2026"
)
RUN_MEMORY_IDLE = Price(usd=Decimal("0.0000025"), unit="GiB-s", free=Decimal(0), source=_RUN, confirmed="cited 2026")
RUN_REQUESTS = Price(
    usd=Decimal("0.40") / _MILLION, unit="requests", free=2 * _MILLION, source=_RUN, confirmed="page, cited 2026"
)

# Since 2025-10-02 a read is paid by the time series that it returns, at least one, and not by the call.
MONITORING_SERIES = Price(
    usd=Decimal("0.50") / _MILLION,
    unit="series",
    free=_MILLION,
    source="https://cloud.google.com/stackdriver/pricing",
    confirmed="cited 2026 (checked there 2026-10-08)",
)

# On demand. At least 10 MiB of each table that a statement refers to.
BIGQUERY_SCAN = Price(
    usd=Decimal("6.25"), unit="TiB", free=Decimal(1), source=_BIGQUERY, confirmed="cited 2026 (us-central1, 2026-09-08)"
)
BIGQUERY_STORAGE = Price(
    usd=Decimal("0.023"),
    unit="GiB",
    free=Decimal(10),
    source=_BIGQUERY,
    confirmed="cited 2026 (us-central1, active, logical)",
)

# One region. Time to live has no free deletes.
FIRESTORE_READS = Price(
    usd=Decimal("0.03") / 100_000,
    unit="reads",
    free=50_000 * _DAYS,
    source=_FIRESTORE,
    confirmed="page (free tier), cited 2026-10",
)
FIRESTORE_WRITES = Price(
    usd=Decimal("0.09") / 100_000,
    unit="writes",
    free=20_000 * _DAYS,
    source=_FIRESTORE,
    confirmed="page (free tier), cited 2026-10",
)
FIRESTORE_DELETES = Price(
    usd=Decimal("0.01") / 100_000, unit="deletes", free=Decimal(0), source=_FIRESTORE, confirmed="not confirmed"
)
FIRESTORE_STORAGE = Price(
    usd=Decimal("0.15"), unit="GiB", free=Decimal(1), source=_FIRESTORE, confirmed="page (free tier), price cited"
)

# Publishing and each push count at least 1,000 bytes.
PUBSUB = Price(
    usd=Decimal(40) / 1024,
    unit="GiB",
    free=Decimal(10),
    source="https://cloud.google.com/pubsub/pricing",
    confirmed="page",
)
SCHEDULER_JOBS = Price(
    usd=Decimal("0.10"),
    unit="jobs",
    free=Decimal(3),
    source="https://cloud.google.com/scheduler/pricing",
    confirmed="page",
)
SECRET_VERSIONS = Price(
    usd=Decimal("0.06"),
    unit="versions",
    free=Decimal(6),
    source="https://cloud.google.com/secret-manager/pricing",
    confirmed="page",
)
ARTIFACTS = Price(
    usd=Decimal("0.10"),
    unit="GiB",
    free=Decimal("0.5"),
    source="https://cloud.google.com/artifact-registry/pricing",
    confirmed="cited 2026 (price; the free part by memory alone)",
)
LOGS = Price(
    usd=Decimal("0.50"),
    unit="GiB",
    free=Decimal(50),
    source="https://cloud.google.com/stackdriver/pricing",
    confirmed="page",
)

PRICES = (
    RUN_CPU_ACTIVE,
    RUN_CPU_IDLE,
    RUN_MEMORY,
    RUN_MEMORY_IDLE,
    RUN_REQUESTS,
    MONITORING_SERIES,
    BIGQUERY_SCAN,
    BIGQUERY_STORAGE,
    FIRESTORE_READS,
    FIRESTORE_WRITES,
    FIRESTORE_DELETES,
    FIRESTORE_STORAGE,
    PUBSUB,
    SCHEDULER_JOBS,
    SECRET_VERSIONS,
    ARTIFACTS,
    LOGS,
)
