"""What a month of Freio costs a client: `running_work` at `google_prices`, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from freio.domain import google_prices as prices
from freio.domain import running_work as work
from freio.domain.google_prices import Price
from freio.domain.running_work import Size
from freio.errors import CurrencyMismatch

AIM_USD = Decimal(15)
AIM_SHARE = Decimal("0.001")
_SECONDS = work.HOURS * 3600
_TIB = Decimal(work.GIB * work.KIB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """So much of something in a month, the first ``free`` of it for nothing; ``how`` says where the quantity is from.

    >>> calls = Item(
    ...     name="reads", quantity=Decimal(1_500_000), unit="series", free=Decimal(1_000_000),
    ...     unit_price_usd=Decimal("0.0000005"), how="",
    ... )
    >>> calls.cost_usd, calls.cost_without_free_usd
    (Decimal('0.2500000'), Decimal('0.7500000'))
    """

    name: str
    quantity: Decimal
    unit: str
    free: Decimal
    unit_price_usd: Decimal
    how: str

    @property
    def cost_usd(self) -> Decimal:
        return max(Decimal(0), self.quantity - self.free) * self.unit_price_usd

    @property
    def cost_without_free_usd(self) -> Decimal:
        """Where other workloads have used the free tier up."""
        return self.quantity * self.unit_price_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCost:
    """A month, with every free tier to itself (``total_usd``) and with none (``total_without_free_usd``)."""

    size: Size
    items: tuple[Item, ...]

    @property
    def total_usd(self) -> Decimal:
        return sum((item.cost_usd for item in self.items), Decimal(0))

    @property
    def total_without_free_usd(self) -> Decimal:
        return sum((item.cost_without_free_usd for item in self.items), Decimal(0))

    @property
    def share(self) -> Decimal | None:
        """Of the AI spend that it guards; None: that is not known, or nothing."""
        return self._of_spend(self.total_usd)

    @property
    def share_without_free(self) -> Decimal | None:
        return self._of_spend(self.total_without_free_usd)

    def _of_spend(self, usd: Decimal) -> Decimal | None:
        spend = self.size.ai_spend
        if spend is None or spend.amount <= 0:
            return None
        if spend.currency != "USD":
            raise CurrencyMismatch(f"the prices are in USD, and the AI spend in {spend.currency}")
        return usd / spend.amount


def running_cost(size: Size) -> RunningCost:
    """Every item of a month.

    By hand, for 50 apps in 20 projects with 5 GiB of export a month: the warm instance is idle for 730 x 3600 =
    2,628,000 s, at 1 vCPU and 0.5 GiB: 2,628,000 x 0.0000025 + 1,314,000 x 0.0000025 = 6.57 + 3.285 USD. Monitoring:
    730 h x 20 projects x 15 calls x 12 series = 2,628,000, 730 x 5 projects x 12 calls x 8 series of requests =
    350,400, and 20 incidents x 144 x 30 = 86,400 more; 1,000,000 are free, so 2,064,800 x 0.0000005 = 1.0324 USD. Who
    drives those incidents: 20 x 48 reads of one project, 100 series each, x 0.0000005 = 0.048 USD.

    >>> cost = running_cost(Size.estimated(apps=50, projects=20, export_gib=Decimal(5)))
    >>> [str(item.cost_usd.normalize()) for item in cost.items if "warm" in item.name or "Monitoring" in item.name]
    ['6.57', '3.285', '1.0324', '0.048']
    """
    return RunningCost(
        size=size,
        items=(*_functions(size), *_monitoring(size), *_warehouse(size), *_store(size), *_around(size)),
    )


def _item(name: str, quantity: Decimal | int, price: Price, how: str, *, used: Decimal = Decimal(0)) -> Item:
    """``used`` is how much of the free tier another item has taken."""
    return Item(
        name=name,
        quantity=Decimal(quantity),
        unit=price.unit,
        free=max(Decimal(0), price.free - used),
        unit_price_usd=price.usd,
        how=how,
    )


def _functions(size: Size) -> tuple[Item, ...]:
    active = work.active_seconds(size)
    gib = {"spend_watch": work.WATCH_GIB}
    memory = sum((seconds * gib.get(name, work.LIGHT_GIB) for name, seconds in active.items()), Decimal(0))
    times = work.invocations(size)
    watch = work.watch_seconds(size).quantize(Decimal("0.1"))
    return (
        _item("slack_inbox, warm: CPU", _SECONDS, prices.RUN_CPU_IDLE, "1 vCPU kept, idle rate, 730 h"),
        _item(
            "slack_inbox, warm: memory",
            _SECONDS * work.INBOX_GIB,
            prices.RUN_MEMORY_IDLE,
            f"{work.INBOX_GIB} GiB kept, 730 h",
        ),
        _item(
            "functions: CPU",
            sum(active.values(), Decimal(0)),
            prices.RUN_CPU_ACTIVE,
            f"watch {watch} s a tick, sweep {work.SWEEP_SECONDS} s, message {work.MESSAGE_SECONDS} s; 1 vCPU",
        ),
        _item("functions: memory", memory, prices.RUN_MEMORY, f"watch {work.WATCH_GIB} GiB, others {work.LIGHT_GIB}"),
        _item(
            "functions: invocations",
            sum(times.values()),
            prices.RUN_REQUESTS,
            ", ".join(f"{name} {count:,}" for name, count in times.items()),
        ),
    )


def _monitoring(size: Size) -> tuple[Item, ...]:
    spend = work.series_returned(size)
    callers = work.caller_calls(size)
    return (
        _item(
            "Monitoring reads",
            spend,
            prices.MONITORING_SERIES,
            f"{work.TOKEN_CALLS_AN_HOUR} reads an hour and project, {size.series} series each;"
            f" {work.request_calls(size):,} of requests, {size.request_series} each",
        ),
        _item(
            "Monitoring reads: who calls",
            callers * work.CALLER_SERIES,
            prices.MONITORING_SERIES,
            f"{callers:,} reads in incidents, {work.CALLER_SERIES} series each",
            used=Decimal(spend),
        ),
    )


def _warehouse(size: Size) -> tuple[Item, ...]:
    recent, deep = (Decimal(count) / work.MIB for count in (size.recent_bytes, size.deep_bytes))
    refresh, asked = work.refresh_bytes(size) / _TIB, work.asked_bytes(size) / _TIB
    held = size.rollup_bytes_a_day * Decimal(work.ROLLUP_KEPT_DAYS) / work.GIB
    return (
        _item(
            "scans: export into rollup",
            refresh,
            prices.BIGQUERY_SCAN,
            f"hourly {recent:,.0f} MiB of the export, once a day {deep:,.0f}",
        ),
        _item(
            "scans: questions to rollup",
            asked,
            prices.BIGQUERY_SCAN,
            f"three an hour over {'28 to 31' if size.rollup_days == work.ROLLUP_DAYS else size.rollup_days} days of it",
            used=refresh,
        ),
        _item(
            "scans: journal's copy",
            Decimal(work.journal_bytes(size)) / _TIB,
            prices.BIGQUERY_SCAN,
            "every five minutes while an incident is open, 10 MiB at least",
            used=refresh + asked,
        ),
        _item("rollup: storage", held, prices.BIGQUERY_STORAGE, f"{work.ROLLUP_KEPT_DAYS} days of it"),
    )


def _store(size: Size) -> tuple[Item, ...]:
    writes = work.store_writes(size)
    kept = Decimal(size.incidents * work.INCIDENT_BYTES * work.STORE_MONTHS) / work.GIB
    return (
        _item(
            "Firestore: reads",
            work.store_reads(size),
            prices.FIRESTORE_READS,
            f"watch {work.WATCH_READS_AN_APP} an app and tick, sweep {work.SWEEP_READS}, message {work.BUDGET_READS},"
            f" forecast {work.FORECAST_READS_AN_APP + work.FORECAST_CHECKS_AN_APP} an app and day",
        ),
        _item("Firestore: writes", writes, prices.FIRESTORE_WRITES, "one a budget message, forecasts, and incidents"),
        _item(
            "Firestore: deletes",
            size.incidents * work.INCIDENT_TICKS * work.INCIDENT_WRITES,
            prices.FIRESTORE_DELETES,
            "by time to live, at most what incidents wrote",
        ),
        _item("Firestore: storage", kept, prices.FIRESTORE_STORAGE, f"{work.STORE_MONTHS} months of incidents"),
    )


def _around(size: Size) -> tuple[Item, ...]:
    times = sum(work.invocations(size).values())
    return (
        _item(
            "Pub/Sub",
            Decimal(times * work.MESSAGE_BYTES) / work.GIB,
            prices.PUBSUB,
            "published and pushed, 1,000 B each",
        ),
        _item("Scheduler", work.SCHEDULED_JOBS, prices.SCHEDULER_JOBS, "the ticks of watch, sweep and drill"),
        _item("Secret Manager", work.SECRETS, prices.SECRET_VERSIONS, "Slack's token and signing secret, freio.yaml"),
        _item("Artifact Registry", work.IMAGES_GIB, prices.ARTIFACTS, "the newest image of each function"),
        _item(
            "Logging", Decimal(times * work.LOG_BYTES) / work.GIB, prices.LOGS, f"{work.LOG_BYTES:,} B an invocation"
        ),
    )
