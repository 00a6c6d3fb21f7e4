"""What the functions write is what the alerts of infra/terraform count: each line against each filter."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stderr

import pytest

from freio.adapters.local.pager import LogPager
from freio.domain import sentences
from tests.functions.wire import NOW
from tests.functions.world import World
from tests.logging_query import entries, matches, written_filter

SERVICES = " OR ".join(
    f'resource.labels.service_name="freio-{name}"'
    for name in ("slack-inbox", "budget-alert", "spend-watch", "enforcer")
)
STUCK = 'jsonPayload.message=~"^Freio is stuck on "'
PAGES = {
    "stuck": written_filter("monitoring_alert_policy.page", local__services=SERVICES, each__value__filter=STUCK),
    "pages": written_filter(
        "monitoring_alert_policy.page", local__services=SERVICES, each__value__filter=f"NOT {STUCK}"
    ),
}


def tick_filter(function: str, tick: str) -> str:
    """Of the metric freio-tick-<tick>."""
    names = {"local__function_names[each__key]": f"freio-{function.replace('_', '-')}", "each__value__tick": tick}
    return written_filter("logging_metric.tick", **names)


@pytest.fixture
def town(town: World) -> World:
    """As Terraform sets a function up: it names the execution in each line."""
    town.environment = {**town.environment, "LOG_EXECUTION_ID": "true"}
    return town


def counted(town: World, function: str, query: str) -> int:
    service = f"freio-{function.replace('_', '-')}"
    return sum(matches(query, entry) for entry in entries(town.log(function), service))


@pytest.mark.parametrize(
    ("function", "tick", "attributes"),
    [("spend_watch", "watch", {}), ("enforcer", "sweep", {"tick": "sweep"})],
)
def test_a_tick_that_was_handled_is_a_line_that_the_alert_counts(
    town: World, function: str, tick: str, attributes: Mapping[str, str]
) -> None:
    town.bill(NOW.replace(day=20), NOW, 3_600_000)
    query = tick_filter(function, tick)
    for number in (1, 2):
        assert town.push(function, attributes=attributes, id=f"tick-{number}") == 200, town.log(function)
    assert counted(town, function, query) == 2, town.log(function)
    assert counted(town, function, tick_filter(function, "another")) == 0


def test_one_project_that_cannot_be_read_is_no_silence(town: World) -> None:
    """The tick fails, and that is paged by itself; all the other apps were looked at."""
    town.bill(NOW.replace(day=20), NOW, 3_600_000)
    town.google.deny("acme-chat-prod", "monitoring.timeSeries.list")
    assert town.push("spend_watch") == 500
    assert counted(town, "spend_watch", tick_filter("spend_watch", "watch")) == 1


def test_a_tick_that_sees_nothing_is_silence(town: World) -> None:
    """The export cannot be read, and so nobody was looked at."""
    town.environment = {**town.environment, "FREIO_WAREHOUSE": f"duckdb:{town.folder / 'nowhere' / 'bill.duckdb'}"}
    assert town.push("spend_watch") == 500
    assert counted(town, "spend_watch", tick_filter("spend_watch", "watch")) == 0


def test_a_click_is_no_sweep(town: World) -> None:
    """What nobody can use fails, and pages: by a line that the other alert counts, once."""
    assert town.push("enforcer", b"no click") == 500
    assert counted(town, "enforcer", tick_filter("enforcer", "sweep")) == 0
    assert counted(town, "enforcer", PAGES["pages"]) == 1, town.log("enforcer")
    assert counted(town, "enforcer", PAGES["stuck"]) == 0


@pytest.mark.parametrize("name", sorted(name for name in vars(sentences) if name.startswith("PAGE_")))
def test_each_page_is_counted_by_one_alert(name: str) -> None:
    """What is stuck by the critical one, all else by the other."""
    err = io.StringIO()
    with redirect_stderr(err):
        LogPager().page("k", getattr(sentences, name), {"app": "chat"})
    (entry,) = entries(err.getvalue(), "freio-enforcer")
    assert {alert: matches(query, entry) for alert, query in PAGES.items()} == {
        "stuck": name == "PAGE_STUCK",
        "pages": name != "PAGE_STUCK",
    }
