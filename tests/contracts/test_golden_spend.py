"""Golden rows: what a bill says, worked out by hand, on every engine and from every kind of file, to the last digit.

The rows hold what bills are made of: no credits, one and two; NULL where Google writes none; token prices far below a
cent; corrections; late rows; the edges of hours and of Pacific days, on the day too on which the clocks change; labels
that are missing; spend that is nobody's.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freio.adapters.warehouse.questions import Schema
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.schemas import READ
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.app import App, Match
from freio.domain.attribution import Traits, attribute
from freio.domain.spend import DIMENSIONS, Every, SpendLine
from freio.errors import CurrencyMismatch
from tests.contracts.export_rows import Row, lines
from tests.contracts.warehouses import NAMES, BigQueryWorld, DuckDbWorld, SqlWorld, emulated, file_warehouse

BIGQUERY = [pytest.mark.real, pytest.mark.xdist_group("bigquery")]
# Of the standard export, only what is not rolled: by its name alone it is another table than the detailed one.
READ_AS = ["standard", *(f"{schema}{rolled}" for schema in Schema for rolled in ("", "-rolled"))]
TABLES = [
    *(f"duckdb-{table}" for table in READ_AS),
    *(pytest.param(f"bigquery-{table}", marks=BIGQUERY) for table in READ_AS),
]
FILES = [f"{kind}-{schema}" for kind in ("parquet", "csv", "jsonl") for schema in Schema]


def _app(name: str, *, feature: str | None = None, **match: object) -> App:
    return App(
        name=name,
        team=f"team of {name}",
        cost_centre="CC-1",
        environment="production",
        owners=(),
        match=Match(**match),  # type: ignore[arg-type]  # what a test says of it
        feature_label=feature,
    )


APPS = (
    _app("chat", feature="feature", projects=frozenset({"acme-chat"}), labels=(("app", "chat"),)),
    _app("search", projects=frozenset({"acme-chat", "acme-search"}), models=frozenset({"gemini-2.5-pro"})),
    _app("quotes", labels=(("app", 'a "b" \\ c'),)),
    _app("hidden", service_accounts=frozenset({"x@acme.iam.gserviceaccount.com"})),
    _app("rest", projects=frozenset({"acme-chat"})),
)
PRO = "Gemini 2.5 Pro Global Text Output - Predictions"
FLASH = "Gemini 2.5 Flash Global Text Input - Predictions"
CHAT = {"app": "chat", "feature": "summary"}
FALL_BACK = datetime(2026, 11, 1, 6, tzinfo=UTC)  # 1 November 2026: 25 Pacific hours, from 07:00Z to 08:00Z
GOLDEN = (
    # The last hour of October and the first two of November, Pacific; the clocks go back at 09:00Z.
    Row(cost=1.0, at=FALL_BACK + timedelta(minutes=59), labels=CHAT),
    Row(cost=2.0, at=FALL_BACK + timedelta(minutes=60), labels=CHAT),
    Row(cost=4.0, at=FALL_BACK + timedelta(hours=25, minutes=59), labels=CHAT),
    Row(cost=8.0, at=FALL_BACK + timedelta(hours=26), labels=CHAT),
    # Credits: NULL, none, one, two; a cost that is not there; a correction, four days late.
    Row(cost=0.5, at=FALL_BACK + timedelta(hours=30), labels={"app": "chat"}, credits=None),
    Row(cost=0.5, at=FALL_BACK + timedelta(hours=30), labels={"app": "chat"}, credits=(-0.125,)),
    Row(cost=0.5, at=FALL_BACK + timedelta(hours=30), labels={"app": "chat"}, credits=(-0.125, -0.25)),
    Row(cost=None, at=FALL_BACK + timedelta(hours=30), labels={"app": "chat"}, credits=(-0.0625,)),
    Row(cost=-0.25, at=FALL_BACK + timedelta(hours=30), labels={"app": "chat"}, exported=FALL_BACK + timedelta(days=5)),
    # A thousand tokens' price, seven times; and one that a float can hardly hold.
    *(Row(cost=0.000000125, at=FALL_BACK + timedelta(hours=31), labels=None) for _ in range(7)),
    Row(cost=7654321.123456789, at=FALL_BACK + timedelta(hours=31), sku=PRO, endpoint="us-central1"),
    # Somebody's by its model, by a label that has to be escaped, and nobody's.
    Row(cost=3.0, at=FALL_BACK + timedelta(hours=32), sku=PRO, project="acme-search", endpoint=None),
    Row(cost=5.0, at=FALL_BACK + timedelta(hours=32), labels={"app": 'a "b" \\ c'}, project="acme-other"),
    Row(cost=7.0, at=FALL_BACK + timedelta(hours=32), project="acme-other", labels={"app": "Chat"}),
    Row(cost=9.0, at=FALL_BACK + timedelta(hours=32), project=None, labels={"app": "chat"}),
)


@contextmanager
def _table(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    """One of `TABLES`, empty; its schema is what the product takes it for by its name."""
    kind, name, *rolled = place.split("-")
    schema, rules, is_rolled = Schema.of(NAMES[name]), Rules.of(APPS), bool(rolled)
    if kind == "duckdb":
        yield DuckDbWorld(tmp_path / "export.duckdb", schema, rules, rolled=is_rolled, table=name)
    else:
        with emulated(request.getfixturevalue("bigquery_address")):
            yield BigQueryWorld(schema, rules, rolled=is_rolled, table=name)


@pytest.fixture(params=[*TABLES, *FILES])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWarehouse]:
    """The golden rows, wherever they may stand."""
    kind, name, *_ = request.param.split("-")
    if request.param in FILES:
        yield file_warehouse(_file(tmp_path / f"export.{kind}", Schema(name)), Rules.of(APPS))
        return
    with _table(request.param, request, tmp_path) as world:
        world.write(*GOLDEN)
        world.warehouse.refresh(FALL_BACK + timedelta(days=20))
        yield world.warehouse


def _file(path: Path, schema: Schema) -> Path:
    given = [row.of(schema) for row in GOLDEN]
    match path.suffix:
        case ".csv":
            with path.open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, list(given[0]))
                writer.writeheader()
                nested = (dict, list)
                for row in given:
                    writer.writerow({k: json.dumps(v) if isinstance(v, nested) else v for k, v in row.items()})
        case ".jsonl":
            path.write_text(lines(GOLDEN, schema), encoding="utf-8")
        case ".parquet":
            DuckDbWorld(path.with_suffix(".duckdb"), schema, Rules.of(APPS), rolled=False).write(*GOLDEN)
            with duckdb.connect(str(path.with_suffix(".duckdb"))) as connection:
                table = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()[0][0]
                connection.execute(f"COPY billing.{table} TO '{path}' (FORMAT parquet)")
    return path


def _spend(warehouse: SqlWarehouse, by: tuple[str, ...], every: Every = Every.ALL) -> list[SpendLine]:
    since, until = FALL_BACK - timedelta(days=1), FALL_BACK + timedelta(days=9)
    return warehouse.spend(since, until, by=by, every=every, as_of=FALL_BACK + timedelta(days=20))


def test_every_app_has_what_is_its_own(warehouse: SqlWarehouse) -> None:
    """By project, label and model, the first that matches; what is nobody's stays in the open."""
    found = {line.by["app"]: line.net.amount for line in _spend(warehouse, ("app",))}
    assert found == {
        "chat": Decimal("15.6875"),  # 1 + 2 + 4 + 8; 0.5 + 0.375 + 0.125 - 0.0625 - 0.25
        "search": Decimal("7654324.123456789"),
        "quotes": Decimal(5),
        "rest": Decimal("0.000000875"),
        "": Decimal(16),
    }


def test_days_are_the_days_that_google_bills(warehouse: SqlWarehouse) -> None:
    """From Pacific midnight to midnight: 1 November 2026 has 25 hours."""
    found = [
        (line.period, line.net.amount) for line in _spend(warehouse, ("app",), Every.DAY) if line.by["app"] == "chat"
    ]
    assert found == [
        ("2026-10-31", Decimal(1)),
        ("2026-11-01", Decimal(6)),
        ("2026-11-02", Decimal("8.6875")),
    ]


def test_hours_are_hours_of_utc(warehouse: SqlWarehouse) -> None:
    """Whatever the minute of use was."""
    found = [line.period for line in _spend(warehouse, ("app",), Every.HOUR) if line.by["app"] == "chat"]
    assert found == [
        "2026-11-01T06:00Z",
        "2026-11-01T07:00Z",
        "2026-11-02T07:00Z",
        "2026-11-02T08:00Z",
        "2026-11-02T12:00Z",
    ]


def test_spend_is_split_by_everything_that_was_asked_for(warehouse: SqlWarehouse) -> None:
    """And what was not asked for is not in the way."""
    found = {tuple(line.by.values()): line.net.amount for line in _spend(warehouse, DIMENSIONS) if line.by["app"]}
    flash = ("gemini-2.5-flash", FLASH)
    assert found == {
        ("chat", "team of chat", "CC-1", "summary", "acme-chat", "global", *flash): Decimal(15),
        ("chat", "team of chat", "CC-1", "", "acme-chat", "global", *flash): Decimal("0.6875"),
        ("search", "team of search", "CC-1", "", "acme-chat", "us-central1", "gemini-2.5-pro", PRO): Decimal(
            "7654321.123456789"
        ),
        ("search", "team of search", "CC-1", "", "acme-search", "", "gemini-2.5-pro", PRO): Decimal(3),
        ("quotes", "team of quotes", "CC-1", "", "acme-other", "global", *flash): Decimal(5),
        ("rest", "team of rest", "CC-1", "", "acme-chat", "global", *flash): Decimal("0.000000875"),
    }


def test_what_was_corrected_later_was_not_known_before(warehouse: SqlWarehouse) -> None:
    """As the export stood on the fourth day, the correction of the fifth had not come."""
    since, until = FALL_BACK - timedelta(days=1), FALL_BACK + timedelta(days=9)
    found = warehouse.spend(since, until, by=("app",), every=Every.ALL, as_of=FALL_BACK + timedelta(days=4))
    assert {line.by["app"]: line.net.amount for line in found}["chat"] == Decimal("15.9375")


def test_all_of_it_adds_up(warehouse: SqlWarehouse) -> None:
    """However it is split."""
    sums = {
        sum((line.net.amount for line in _spend(warehouse, by, every)), Decimal(0))
        for by, every in [((), Every.ALL), (("model",), Every.DAY), (DIMENSIONS, Every.HOUR)]
    }
    assert sums == {Decimal("7654360.810957664")}


@pytest.mark.parametrize("place", TABLES)
def test_two_currencies_are_refused_by_name(request: pytest.FixtureRequest, place: str, tmp_path: Path) -> None:
    """A billing account has one."""
    with _table(place, request, tmp_path) as world:
        world.write(Row(cost=1.0), Row(cost=1.0, currency="USD"))
        world.warehouse.refresh(FALL_BACK + timedelta(days=20))
        with pytest.raises(CurrencyMismatch, match="BRL and USD"):
            _spend(world.warehouse, ("app",))


# As Google's standard table has them: a record by its parts. It has many more, and none of the detailed one's resource.
STANDARD = {
    *("service.id", "service.description", "sku.id", "sku.description", "usage_start_time", "usage_end_time"),
    *("project.id", "project.number", "project.name", "labels.key", "labels.value", "location.location"),
    *("location.country", "location.region", "location.zone", "export_time", "cost", "cost_type", "currency"),
    *("currency_conversion_rate", "credits.name", "credits.amount", "credits.full_name", "credits.id", "credits.type"),
}


def test_what_is_read_stands_in_the_standard_export_too() -> None:
    """The same statements read both tables, so that neither may lack a column of theirs."""
    read = {
        f"{name}.{part}" if part else name
        for name, column in READ[Schema.DETAILED].items()
        for part in (column.fields or [""])
    }
    assert read <= STANDARD
    assert Schema.of(NAMES["standard"]) is Schema.DETAILED


# The rule in SQL and the rule of the domain are one

TEXTS = st.sampled_from(["chat", "Chat", "search", "", 'a "b"', "\\", "ü", "a,b", "{}", "chat2"])
LABELS = st.dictionaries(st.sampled_from(["app", "feature", "env", "ap"]), TEXTS, max_size=3)
MATCHES = st.builds(
    Match,
    projects=st.frozensets(st.sampled_from(["p-one", "p-two"]), max_size=2),
    labels=LABELS.map(lambda found: tuple(found.items())),
    models=st.frozensets(st.sampled_from(["gemini-2.5-flash", "gemini-2.5-pro"]), max_size=1),
    service_accounts=st.sampled_from([frozenset(), frozenset({"x@p.iam.gserviceaccount.com"})]),
)
SPEND = st.tuples(st.sampled_from(["p-one", "p-two", "p-three"]), st.booleans(), LABELS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(matches=st.lists(MATCHES, max_size=4), spend=st.lists(SPEND, min_size=1, max_size=12, unique_by=str))
def test_the_warehouse_attributes_as_the_domain_does(
    tmp_path_factory: pytest.TempPathFactory, matches: list[Match], spend: list[tuple[str, bool, dict[str, str]]]
) -> None:
    """Whatever the client's file says, and whatever the labels hold."""
    apps = [
        App(name=f"app-{at}", team="t", cost_centre="c", environment="e", owners=(), match=match)
        for at, match in enumerate(matches)
    ]
    world = DuckDbWorld(tmp_path_factory.mktemp("x") / "x.duckdb", Schema.DETAILED, Rules.of(apps), rolled=False)
    rows = [
        Row(cost=float(2**at), project=project, labels=labels, sku=PRO if is_pro else FLASH)
        for at, (project, is_pro, labels) in enumerate(spend)
    ]
    world.write(*rows)
    expected: dict[str, Decimal] = {}
    for row, (project, is_pro, labels) in zip(rows, spend, strict=True):
        model = "gemini-2.5-pro" if is_pro else "gemini-2.5-flash"
        owner = attribute(apps, Traits(project=project, model=model, labels=labels))
        name = owner.name if owner else ""
        expected[name] = expected.get(name, Decimal(0)) + row.net
    assert {line.by["app"]: line.net.amount for line in _spend(world.warehouse, ("app",))} == expected
