"""What a month of Freio does: ticks, calls, reads, bytes. Counts that the code itself sets, and named assumptions.

A month has 730 hours, as in Google's own sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from freio.domain.money import Money

HOURS = 730
DAYS = Decimal(HOURS) / 24
WATCH_TICKS = HOURS * 12  # every five minutes
SWEEP_TICKS = HOURS * 60  # every minute
BUDGET_MESSAGES = HOURS * 3  # of each app's budget: Google sends one every 20 to 30 minutes
KIB, MIB, GIB = 1024, 1024**2, 1024**3

# ---- counts of the code; tests hold them against it

WATCH_READS_AN_APP = 5  # its budget's status (twice), what is expected, an allowance, its open incident
WATCH_READS = 2  # open incidents, and notices that are due: an empty answer counts as one read
SWEEP_READS = 4  # brakes, incidents, notices that are due, the journal's copy
BUDGET_READS, BUDGET_WRITES = 6, 1  # of a message, with two thresholds that were crossed before; 4 with none
RECENT_CALLS_AN_HOUR = 12  # the last five hours in steps of five minutes, at each tick
HOURLY_CALLS_AN_HOUR = 3  # the last week in hours: until it is ten minutes old, and then once more to be kept
FORECAST_READS, FORECAST_READS_AN_APP = 2, 3  # a day: the forecast before (twice); budget, what is expected, incident
FORECAST_CHECKS_AN_APP = 23  # a day: once an hour, the budgets of an app for which the file names none
FORECAST_WRITES = 2  # the forecast and its entry in the journal; the spend is that of the tick, read anyway
REQUEST_CALLS_AN_HOUR = 12  # requests, in the same steps as tokens, of the projects where they may matter
CALLER_TICKS = 3  # from one question whose calls they are to the next: while nobody is named, the most there can be

# ---- the warehouse

MINIMUM_BYTES = 10 * MIB  # billed for each table of a statement
ROLLUP_ROW, ASKED_OF_ROW = 306, (223, 16, 32)  # bytes; of them read by hourly_costs, complete_until and usd_rate
ROLLUP_DAYS = Decimal("29.5")  # 28 days or the month that has begun, whichever is more: 28 to 31
CALENDAR_DAYS = Decimal(40)  # of it, where the file names a country: forecasts and detector look for a month's end
DRY_RUN_DAYS = 28  # of it that a dry run asks for
RECENT_DAYS, DEEP_DAYS = 2, 7  # partitions that one refresh reads: from a midnight on, so one more than it says
RUNS_READS = 3  # of the list of refreshes: before one, after it, and once the hour's questions are answered
EXPORT_ROW, READ_OF_ROW = 600, 213  # bytes of a row of the detailed export, and of the columns that are read
EXPORTED_OF_ROW = 8  # bytes of the one column that is read once more, for the watermark
ROLLUP_KEPT_DAYS = 400  # then its partitions expire

# ---- assumptions: measured roughly, or guessed and said

CALL_SECONDS = Decimal("0.2")  # one list of time series
READ_SECONDS = Decimal("0.02")  # one read of Firestore
JOB_SECONDS = Decimal("1.5")  # one statement of BigQuery
JOBS_AN_HOUR = RUNS_READS + 4  # one refresh and three questions
DEAR_PROJECTS = Decimal("0.25")  # in which a model costs more than the money gate an hour: guessed
APP_SECONDS = Decimal("0.02")  # to judge one app
COST_SECONDS = Decimal("0.00001")  # to add up one hourly cost, at each tick (measured: 6 microseconds)
FETCH_SECONDS = Decimal("0.0001")  # to fetch one hourly cost, each hour
FORECAST_SECONDS, FORECAST_APP_SECONDS = Decimal("2.5"), Decimal("0.05")  # of a day's: its imports, and each app
TICK_SECONDS = Decimal("0.5")  # of a tick besides
SWEEP_SECONDS = Decimal("0.3")
MESSAGE_SECONDS = Decimal("0.25")
CLICK_SECONDS = Decimal("0.3")
ROWS_A_COST = 3  # SKUs (input, output, cached) of one model under one set of labels
INCIDENT_TICKS = 12 * 12  # an incident is open for half a day
INCIDENT_READS, INCIDENT_WRITES, INCIDENT_SERIES = 30, 5, 30  # for each five minutes that it is open
# Requests by service x credential x reply: of all Google services that a project calls, and not of AI alone. Ten of
# them, five credentials, two kinds of replies. What a credential is called is looked up once by each process, in IAM
# (https://cloud.google.com/iam/docs/billing-questions: no charge) and the API Keys API (for which no price was found).
CALLER_SERIES = 100
INCIDENT_BYTES = MIB // 2  # in the store
STORE_MONTHS = 26  # records are kept for 800 days
INBOX_GIB, WATCH_GIB, LIGHT_GIB = Decimal("0.5"), Decimal(2), Decimal("0.5")  # each instance has one vCPU
MESSAGE_BYTES = 2000  # published and pushed; most are smaller than the least that is billed, 1,000 bytes each
SCHEDULED_JOBS = 3  # the watch's tick, the sweep's, the monthly drill's
SECRETS = 3  # Slack's token and signing secret, and freio.yaml
IMAGES_GIB = Decimal("1.2")  # the newest image of each function; older ones are the deployment's to delete
LOG_BYTES = 1500  # of one invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A client, as large as its running cost depends on.

    ``recent_bytes``  what one hourly refresh reads of the export; ``deep_bytes`` what the daily one reads.
    ``rollup_bytes_a_day`` what a day adds to the hourly rollup. ``costs`` are the hourly costs that one tick adds up.
    ``series`` are the time series (model x location x kind of tokens x way of asking) that one read of a project
    returns: four models with input and output at one or two endpoints; Claude's cached tokens are up to three more.
    ``request_series`` are the same of requests (model x reply x shared or dedicated): four models, answered or refused.
    ``rollup_days`` are those of the rollup that each hour asks for.
    ``incidents`` and ``clicks`` are those of a month; ``ai_spend`` is what Freio guards, None: not known.
    """

    apps: int
    projects: int
    recent_bytes: int
    deep_bytes: int
    rollup_bytes_a_day: int
    costs: int
    rollup_days: Decimal = ROLLUP_DAYS
    series: int = 12
    request_series: int = 8
    incidents: int = 20
    clicks: int = 60
    ai_spend: Money | None = None

    @classmethod
    def estimated(
        cls,
        *,
        apps: int,
        projects: int,
        export_gib: Decimal,
        rows_an_hour: int = 30,
        rollup_days: Decimal = ROLLUP_DAYS,
        ai_spend: Money | None = None,
    ) -> Size:
        """From the export's size alone.

        ``export_gib`` is what a month adds to the export (all services: BigQuery reads them all). ``rows_an_hour`` are
        the rows of AI that each app adds in an hour; the export cannot hold more rows than its size allows.

        >>> size = Size.estimated(apps=50, projects=20, export_gib=Decimal(5))
        >>> size.recent_bytes // MIB, size.rollup_bytes_a_day // MIB, size.costs
        (119, 10, 354000)
        """
        a_day = export_gib * GIB / DAYS
        rows = min(Decimal(apps * rows_an_hour * 24), a_day / EXPORT_ROW)
        read = a_day * READ_OF_ROW / EXPORT_ROW
        return cls(
            apps=apps,
            projects=projects,
            recent_bytes=int(RECENT_DAYS * read),
            deep_bytes=int(DEEP_DAYS * read),
            rollup_bytes_a_day=int(rows * ROLLUP_ROW),
            costs=int(rows / ROWS_A_COST * rollup_days),
            rollup_days=rollup_days,
            ai_spend=ai_spend,
        )


def refresh_bytes(size: Size) -> int:
    """What the rollup's upkeep is billed for in a month: hourly, as if the export changed each hour (it does at most).

    Each refresh locks (an update of one row), deletes the restated days (whose every column counts), reads the export,
    and reads it once more for its latest moment; the list of refreshes is read besides. One a day restates six days
    and today.

    By hand, where a day of the rollup is 300,000,000 bytes, two days of the export 213,000,000 and seven 745,500,000:
    the lock and the list are 4 x 10,485,760 bytes, 41,943,040. The hourly refresh deletes 600,000,000 and reads
    213,000,000 and, since 10,485,760 are the least, that for the latest moment (8 of 213 bytes are 8,000,000); the
    daily one 2,100,000,000, 745,500,000 and 28,000,000. A day is 23 x 865,428,800 + 2,915,443,040 bytes, a month
    730 / 24 days.

    >>> refresh_bytes(
    ...     Size(
    ...         apps=1, projects=1, recent_bytes=213_000_000, deep_bytes=745_500_000, rollup_bytes_a_day=300_000_000,
    ...         costs=0,
    ...     )
    ... )
    694117623800
    """
    lock, runs = MINIMUM_BYTES, RUNS_READS * MINIMUM_BYTES

    def refresh(export: int, days: int) -> int:
        latest = at_least(export * EXPORTED_OF_ROW // READ_OF_ROW)
        return lock + runs + at_least(size.rollup_bytes_a_day * days) + at_least(export) + latest

    a_day = 23 * refresh(size.recent_bytes, RECENT_DAYS) + refresh(size.deep_bytes, DEEP_DAYS)
    return int(a_day * DAYS)


def journal_bytes(size: Size) -> int:
    """What the journal's copy is billed for in a month: a statement every five minutes while an incident is open."""
    return size.incidents * INCIDENT_TICKS * MINIMUM_BYTES


def asked_bytes(size: Size) -> int:
    """What the three questions of each hour are billed for in a month; an export that has not changed is not asked."""
    held = int(size.rollup_bytes_a_day * size.rollup_days)
    return HOURS * sum(at_least(held * part // ROLLUP_ROW) for part in ASKED_OF_ROW)


def at_least(count: int) -> int:
    return max(MINIMUM_BYTES, count)


TOKEN_CALLS_AN_HOUR = RECENT_CALLS_AN_HOUR + HOURLY_CALLS_AN_HOUR  # lists of time series, for each project


def series_returned(size: Size) -> int:
    """Without the lists of each project's paces that a new process asks for: once a day, that is 0.3 % more."""
    tokens = HOURS * size.projects * TOKEN_CALLS_AN_HOUR * size.series
    requests = request_calls(size) * size.request_series
    return tokens + requests + size.incidents * INCIDENT_TICKS * INCIDENT_SERIES


def request_calls(size: Size) -> int:
    """Lists of requests in a month: of one project in four.

    >>> request_calls(Size.estimated(apps=50, projects=20, export_gib=Decimal(5)))  # 730 x 12 x 5
    43800
    """
    return HOURS * REQUEST_CALLS_AN_HOUR * math.ceil(size.projects * DEAR_PROJECTS)


def caller_calls(size: Size) -> int:
    """Lists of an incident's request counts: of each project of its app, as if nobody were named while it is open.

    Once somebody is named, it is asked again after an hour: a quarter of that. An app has as many projects as there are
    for each, one at least. What a gateway is asked about its own callers costs nothing at Google.

    >>> caller_calls(Size.estimated(apps=50, projects=120, export_gib=Decimal(5)))  # 20 x 48 x 3
    2880
    """
    return size.incidents * (INCIDENT_TICKS // CALLER_TICKS) * -(-size.projects // size.apps)


def store_reads(size: Size) -> int:
    watch = WATCH_TICKS * (WATCH_READS + WATCH_READS_AN_APP * size.apps)
    budgets = BUDGET_MESSAGES * size.apps * BUDGET_READS
    incidents = size.incidents * INCIDENT_TICKS * INCIDENT_READS
    return watch + SWEEP_TICKS * SWEEP_READS + budgets + incidents + forecast_reads(size)


def forecast_reads(size: Size) -> int:
    """Of the store: a forecast a day, made from what the tick has read of export and telemetry, and hourly looks at it.

    >>> forecast_reads(Size.estimated(apps=50, projects=20, export_gib=Decimal(5)))  # 1302 x 730 / 24
    39602
    """
    return int((FORECAST_READS + (FORECAST_READS_AN_APP + FORECAST_CHECKS_AN_APP) * size.apps) * DAYS)


def store_writes(size: Size) -> int:
    budgets = BUDGET_MESSAGES * size.apps * BUDGET_WRITES
    return budgets + size.incidents * INCIDENT_TICKS * INCIDENT_WRITES + int(FORECAST_WRITES * DAYS)


def watch_seconds(size: Size) -> Decimal:
    """How long one tick takes: mostly waiting for one reply after the other.

    >>> watch_seconds(Size.estimated(apps=50, projects=20, export_gib=Decimal(5)))
    Decimal('19.90500')
    """
    calls = size.projects * Decimal(TOKEN_CALLS_AN_HOUR) / 12 + Decimal(request_calls(size)) / WATCH_TICKS
    reads = WATCH_READS + WATCH_READS_AN_APP * size.apps
    export = JOBS_AN_HOUR * JOB_SECONDS + size.costs * FETCH_SECONDS
    return (
        TICK_SECONDS
        + calls * CALL_SECONDS
        + reads * READ_SECONDS
        + size.apps * APP_SECONDS
        + size.costs * COST_SECONDS
        + export / 12
    )


def now_and_then_seconds(size: Size) -> Decimal:
    """What the ticks of a month take besides: the first of a day forecasts, and those of an incident ask who calls.

    >>> size = Size.estimated(apps=50, projects=20, export_gib=Decimal(5))
    >>> round(now_and_then_seconds(size), 2)  # 5 x 730 / 24 + 960 x 0.2
    Decimal('344.08')
    """
    forecasts = (FORECAST_SECONDS + size.apps * FORECAST_APP_SECONDS) * DAYS
    return forecasts + caller_calls(size) * CALL_SECONDS


def invocations(size: Size) -> dict[str, int]:
    """By function. A click is one of `slack_inbox` and one of the enforcer."""
    return {
        "slack_inbox": size.clicks,
        "enforcer": SWEEP_TICKS + size.clicks,
        "spend_watch": WATCH_TICKS,
        "budget_alert": BUDGET_MESSAGES * size.apps,
    }


def active_seconds(size: Size) -> dict[str, Decimal]:
    """By function: how long its instances are billed as active."""
    times = invocations(size)
    return {
        "slack_inbox": times["slack_inbox"] * CLICK_SECONDS,
        "enforcer": times["enforcer"] * SWEEP_SECONDS,
        "spend_watch": times["spend_watch"] * watch_seconds(size) + now_and_then_seconds(size),
        "budget_alert": times["budget_alert"] * MESSAGE_SECONDS,
    }
