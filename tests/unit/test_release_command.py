"""`freio release --all`, with the functions down: the store and the levers are all that it needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from freio.bootstrap import Freio
from freio.cli import main
from freio.domain.click import Click, Verb
from freio.domain.incident import Incident, State
from freio.domain.target import Brake
from freio.sandbox.demo.stage import CONFIG
from tests.functions.test_loop import RUNAWAY, runs_away
from tests.functions.wire import NOW
from tests.functions.world import CHANNEL, OPS, PROJECT, World, world

SET, WRITE = "serviceusage.quotas.update", "importConsumerOverrides"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An app that ran away, and is throttled by a click; then every function is gone."""
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        runs_away(made)
        made.pass_time(minutes=5)
        made.serve(NOW, made.now, RUNAWAY)
        freio = Freio(dict(made.environment))
        freio.watcher.watch().raise_failures()
        (incident,) = freio.store.open_incidents()
        click = Click(
            id="k1",
            person=OPS,
            verb=Verb.THROTTLE,
            at=made.now,
            channel=CHANNEL,
            incident=incident.id,
            revision=incident.revision,
        )
        freio.sweeper.click(click)
        made.pass_time(minutes=1)
        freio.sweeper.sweep().raise_failures()
        assert incident_of(made).state is State.THROTTLED
        yield made


def incident_of(made: World) -> Incident:
    (name,) = {entry.incident for entry in made.store.entries() if entry.incident}
    incident = made.store.get(Incident, name)
    assert incident is not None
    return incident


def standing(made: World) -> int | str | None:
    (brake,) = made.store.every_brake()
    return Freio(dict(made.environment)).levers["quota"].read_back(brake.target)


def writes(made: World) -> int:
    return sum(1 for one in made.google.log if one.method_id.endswith(WRITE) or "consumerOverrides" in one.method_id)


def test_without_a_yes_it_says_what_it_would_do(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Whose brake, what stands there and what comes back; nothing is called, and the exit code says so."""
    before = writes(town)
    assert main(["release", "--all"]) == 2
    out, err = capsys.readouterr()
    row = next(line for line in out.split("\n") if line.startswith("chat"))
    assert PROJECT in row
    assert f"{standing(town):,}" in row
    assert "nothing" in row
    assert "add --yes" in err
    assert (writes(town), incident_of(town).state) == (before, State.THROTTLED)


def test_with_a_yes_everything_is_back_and_said_in_slack(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What stood before is read back from the service; the thread names who let go; a second run finds nothing held."""
    assert standing(town) is not None
    assert main(["release", "--all", "--yes"]) == 0
    out, err = capsys.readouterr()
    assert out.rstrip().split("\n")[-1].endswith("back")
    assert "STILL HELD" not in err
    assert standing(town) is None
    assert incident_of(town).state is State.RESOLVED
    (card,) = town.cards
    assert any("freio release, by" in message.text for message in town.slack.thread(CHANNEL, card.ts))
    town.pass_time(minutes=5)
    assert town.serve(town.now, town.now + timedelta(minutes=5), RUNAWAY) == RUNAWAY * 5
    assert main(["release", "--all"]) == 0
    (brake,) = town.store.every_brake()
    assert isinstance(brake, Brake)
    assert brake.leases == ()


def test_what_cannot_be_put_back_is_loud(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, with what stands there and why; people are paged, and the next run ends it."""
    town.google.deny(PROJECT, SET)
    assert main(["release", "--all", "--yes", "--wait", "0"]) == 1
    _, err = capsys.readouterr()
    assert "STILL HELD" in err
    assert SET in err
    assert incident_of(town).state is State.STUCK
    assert town.pages
    town.google.allow(PROJECT, SET)
    assert main(["release", "--all", "--yes"]) == 0
    assert standing(town) is None
    assert incident_of(town).state is State.RESOLVED


def test_it_goes_on_where_slack_cannot_be_told(
    town: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token is gone already: the brake is let go all the same, and that is said."""
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.delenv("FREIO_QUEUE")
    assert main(["release", "--app", "chat", "--yes"]) == 0
    assert "Slack was not told" in capsys.readouterr().err
    assert standing(town) is None


def test_a_record_that_cannot_be_read_keeps_nobody_else_braked(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What can be read is let go; the exit code and the name of the other say that nobody knows what it holds."""
    with sqlite3.connect(town.folder / "state.db") as db:
        db.execute(
            "INSERT INTO documents (kind, id, version, body) VALUES ('brake', 'odd', 1, '{}')",
        )
    assert main(["release", "--all", "--yes"]) == 1
    err = capsys.readouterr().err
    assert "CANNOT BE READ: odd" in err
    assert "STILL HELD" not in err
    assert incident_of(town).state is State.RESOLVED


def test_a_call_that_names_nothing_is_refused(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither all nor an app; an app that there is not; no store."""
    assert main(["release"]) == 2
    assert "--all" in capsys.readouterr().err
    assert main(["release", "--app", "chta"]) == 2
    assert "there are: chat" in capsys.readouterr().err
    assert incident_of(town).state is State.THROTTLED


@pytest.mark.parametrize("yes", [False, True])
def test_a_look_needs_no_gateways_key(
    yes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Terraform asks before a destroy, with the file and the store alone; who lets go needs it."""
    file = tmp_path / "freio.yaml"
    text = CONFIG.read_text(encoding="utf-8")
    file.write_text(f"{text}\ngateway: {{url: https://llm.acme.example}}\n", encoding="utf-8")
    for name in ("FREIO_GATEWAY_KEY", "FREIO_QUEUE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FREIO_CONFIG", str(file))
    monkeypatch.setenv("FREIO_STORE", f"sqlite:{tmp_path / 'state.db'}")
    monkeypatch.setenv("FREIO_WAREHOUSE", f"duckdb:{tmp_path / 'bill.duckdb'}")
    code = main(["release", "--all", *(["--yes"] if yes else [])])
    said = capsys.readouterr()
    assert code == (2 if yes else 0)
    assert ("FREIO_GATEWAY_KEY" in said.err) is yes
    assert ("Nothing is held." in said.out) is not yes
