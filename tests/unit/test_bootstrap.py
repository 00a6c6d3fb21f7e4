"""The composition root: each part is made from its setting, late, and a wrong setting is named."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.local.clock import FileClock, SystemClock
from freio.adapters.local.pager import LogPager, Pagers
from freio.adapters.local.queue import LoopbackQueue
from freio.adapters.local.sqlite import SqliteStore
from freio.bootstrap import Freio
from freio.commands import probe, quotas
from freio.domain.journal import Kind
from freio.domain.lever import KINDS
from freio.errors import BadMessage, ConfigError, Rejected, SettingsError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "examples" / "freio.yaml"


def environment(**changes: str) -> dict[str, str]:
    sound = {
        "FREIO_CONFIG": str(EXAMPLE),
        "FREIO_STORE": "sqlite:state.db",
        "FREIO_QUEUE": "http://127.0.0.1:9",
        "FREIO_WAREHOUSE": "duckdb:billing.duckdb",
        "FREIO_GOOGLE_API_ENDPOINT": "http://127.0.0.1:9",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "secret",
    }
    return {**sound, **changes}


def test_every_use_case_can_be_put_together() -> None:
    """From one environment; nothing is connected to before it is used."""
    freio = Freio(environment())
    for part in (freio.door, freio.inbox, freio.budget_desk, freio.watcher, freio.sweeper, freio.warehouse):
        assert part is not None
    assert isinstance(freio.store, SqliteStore)
    assert isinstance(freio.queue, LoopbackQueue)
    assert isinstance(freio.clock, SystemClock)
    assert isinstance(freio.pager, Pagers)  # the example names a webhook; the log is told all the same
    assert freio.store is freio.store
    assert set(freio.levers) == set(freio.witnesses) == set(KINDS) - {"gateway"}  # the example names no gateway


def test_callers_are_told_apart_by_the_gateway_first_and_by_google_where_there_is_none(tmp_path: Path) -> None:
    """A gateway calls Google as one account, for everybody: what it says of its keys is said before that."""
    assert [type(one).__name__ for one in Freio(environment()).call_logs] == ["CredentialCalls"]
    behind = tmp_path / "freio.yaml"
    behind.write_text(f"{EXAMPLE.read_text(encoding='utf-8')}\ngateway: {{url: 'https://llm.acme.example'}}\n", "utf-8")
    freio = Freio(environment(FREIO_CONFIG=str(behind), FREIO_GATEWAY_KEY="sk-1"))
    assert [type(one).__name__ for one in freio.call_logs] == ["GatewayCalls", "CredentialCalls"]


def test_hard_levers_act_as_an_account_of_their_own_where_one_is_named() -> None:
    """Those whose powers Terraform gives to that account, and no others; else all act as the process does."""
    account = "freio-hard-levers@acme-freio.iam.gserviceaccount.com"
    apart = Freio(environment(FREIO_HARD_LEVERS_SERVICE_ACCOUNT=account))
    assert apart._hard_apis is not apart.apis
    assert apart._hard_apis._acting_as == account
    assert apart.apis._acting_as == ""
    acting = {name for name, lever in apart.levers.items() if _asks_through(lever, apart._hard_apis)}
    assert acting == {"allowed_models", "iam_deny", "disable_service", "unlink_billing"}
    assert all(_asks_through(apart.levers[name], apart.apis) for name in set(apart.levers) - acting)
    together = Freio(environment())
    assert all(_asks_through(lever, together.apis) for lever in together.levers.values())


def _asks_through(part: object, apis: GoogleApis) -> bool:
    """Whether a lever, or a part of it, holds these APIs, and none holds others."""
    held = vars(part).values()
    ours = [one for one in held if isinstance(one, GoogleApis)]
    parts = [one for one in held if type(one).__module__.startswith("freio.adapters.google")]
    return all(one is apis for one in ours) and all(_asks_through(one, apis) for one in parts if one not in ours)


def test_settings_choose_the_parts(tmp_path: Path) -> None:
    """A driven clock, Pub/Sub, and a pager that is a line in the log where the file names none."""
    config = tmp_path / "freio.yaml"
    config.write_text(EXAMPLE.read_text(encoding="utf-8").partition("\npager:")[0], encoding="utf-8")
    freio = Freio(environment(FREIO_CLOCK="clock", FREIO_QUEUE="pubsub:acme", FREIO_CONFIG=str(config)))
    assert isinstance(freio.clock, FileClock)
    assert type(freio.queue).__name__ == "PubSubQueue"
    assert isinstance(freio.pager, LogPager)


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("FREIO_STORE", "postgres:x", "store"),
        ("FREIO_STORE", "sqlite:", "store"),
        ("FREIO_QUEUE", "kafka:x", "queue"),
        ("FREIO_QUEUE", "pubsub:", "queue"),
        ("FREIO_WAREHOUSE", "", "warehouse"),
        ("FREIO_WAREHOUSE", "bigquery:x", "warehouse"),
        ("SLACK_BOT_TOKEN", "", "web"),
        ("SLACK_SIGNING_SECRET", "", "door"),
        ("SLACK_BOT_TOKEN", "", "door"),
        ("FREIO_LOCALE", "de", "door"),
        ("FREIO_TIME_ZONE", "Sao Paulo", "door"),
        ("FREIO_CURRENCY", "R$", "door"),
    ],
)
def test_a_wrong_setting_is_named_by_who_needs_it(name: str, value: str, part: str) -> None:
    """And by nobody else: a function is not asked for what it does not use."""
    spoken = {"FREIO_LOCALE": "en", "FREIO_TIME_ZONE": "UTC", "FREIO_CURRENCY": "BRL"}
    freio = Freio(environment(**{**spoken, name: value}))
    with pytest.raises(SettingsError, match=name):
        getattr(freio, part)
    assert freio.settings.config


def test_a_file_that_is_not_there_stops_the_door_and_not_a_click() -> None:
    """Unless the door is told how the client speaks, and needs no file."""
    with pytest.raises(ConfigError, match="nowhere"):
        _ = Freio(environment(FREIO_CONFIG="nowhere.yaml")).door
    spoken = {"FREIO_LOCALE": "en", "FREIO_TIME_ZONE": "UTC", "FREIO_CURRENCY": "BRL"}
    assert Freio(environment(FREIO_CONFIG="nowhere.yaml", **spoken)).door is not None


def test_importing_it_loads_no_part() -> None:
    """Heavy things arrive late: a function pays for what it uses alone."""
    code = (
        "import sys, freio.bootstrap; freio.bootstrap.Freio({})\n"
        "heavy = set('slack_sdk grpc googleapiclient duckdb pydantic numpy pyod matplotlib babel'.split())\n"
        "assert not heavy & {name.partition('.')[0] for name in sys.modules}, heavy & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


class _Event(dict[str, str]):
    data: ClassVar = {"message": "garbage"}


def test_what_nobody_can_use_is_kept_once_and_raised_each_time(tmp_path: Path) -> None:
    """The delivery fails, so that it ends as a dead letter; the journal has it, cut to size."""
    quiet = tmp_path / "freio.yaml"
    quiet.write_text(EXAMPLE.read_text(encoding="utf-8").partition("\npager:")[0], encoding="utf-8")
    freio = Freio(environment(FREIO_STORE=f"sqlite:{tmp_path / 'state.db'}", FREIO_CONFIG=str(quiet)))
    event = _Event(id="e-1")
    for _ in range(2):
        with pytest.raises(BadMessage), freio.rejecting(event):
            raise BadMessage("json", "no JSON")
    (entry,) = freio.store.entries()
    assert (entry.kind, entry.data["reason"], entry.data["message"]) == (Kind.REJECTED, "json", "e-1")
    assert "garbage" in entry.data["raw"]


def test_an_operators_commands_read_the_warehouse_as_the_watch_left_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the enforcer they may neither read the export nor write the rollup; and they are said to set nothing."""
    made: list[Any] = []

    def engine(*_: object, **__: object) -> Any:
        made.append(mock.Mock())
        made[-1].mark.side_effect = Rejected("403: the export may not be read")
        made[-1].session.side_effect = Rejected("403: nothing may be written")
        return made[-1]

    monkeypatch.setattr("freio.adapters.google.bigquery_engine.BigQueryEngine", engine)
    asked = environment(FREIO_WAREHOUSE="bigquery:acme-freio.freio")
    options = Namespace(file=str(EXAMPLE), sandbox=False)
    for freio in (probe._freio(ExitStack(), options, asked), quotas._freio(options, asked)):
        with pytest.raises(Rejected, match="nobody has filled it yet"):
            freio.warehouse.export(NOW - timedelta(days=1), NOW)
        made[-1].mark.assert_not_called()
    with pytest.raises(Rejected, match="the export may not be read"):
        Freio(asked).warehouse.export(NOW - timedelta(days=1), NOW)
