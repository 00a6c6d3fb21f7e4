"""`freio probe`: app by lever, with nothing set; loudly, where an app has no brake."""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from freio.adapters.local.sqlite import SqliteStore
from freio.bootstrap import Freio
from freio.commands import probe
from freio.domain.rights import Answer, RightsReport
from freio.errors import Rejected
from freio.ports import Change
from freio.sandbox.demo.probing import sandboxed


def run(*words: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    parser = ArgumentParser()
    probe.arguments(parser)
    parser.set_defaults(sandboxed=sandboxed)
    out = io.StringIO()
    return probe.main(parser.parse_args(words), environment or {}, out), out.getvalue()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield sandboxed(stack)


@pytest.fixture
def environment(sandbox: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The sandbox, with a store that nobody else has written to."""
    return {**sandbox, "FREIO_STORE": f"sqlite:{tmp_path / 'state.db'}"}


@pytest.fixture(scope="module")
def probed() -> dict[str, Any]:
    code, said = run("--sandbox", "--every-lever", "--format", "json")
    assert code == 0
    found: dict[str, Any] = json.loads(said)
    return found


def row(probed: dict[str, Any], app: str, lever: str) -> dict[str, Any]:
    (found,) = [one for one in probed["probed"] if (one["app"], one["lever"]) == (app, lever)]
    return dict(found)


def test_each_app_is_probed_with_each_lever(probed: dict[str, Any]) -> None:
    """Six apps, seven levers; every app of the sandbox has a brake."""
    assert len({one["app"] for one in probed["probed"]}) == 6
    assert len({one["lever"] for one in probed["probed"]}) == 7
    assert probed["without_a_brake"] == []


def test_a_limit_says_how_far_and_what_it_would_refuse(probed: dict[str, Any]) -> None:
    """Of the last seven days' traffic."""
    found = row(probed, "support-chat", "quota")
    assert (found["binds"], found["stands"]) == (True, None)
    assert found["would_set"] > 20_000
    assert 0 < float(found["would_refuse"]) < 0.2


def test_a_stop_says_what_it_would_take(probed: dict[str, Any]) -> None:
    """The key carries the app's part of a project that two apps share: a third, and nobody else's."""
    found = row(probed, "catalogue-tagging", "api_key")
    assert (found["binds"], found["would_take"], found["shared_with"]) == (True, ["aiplatform.googleapis.com"], [])
    assert 0.1 < float(found["would_refuse"]) < 0.6
    assert row(probed, "catalogue-tagging", "quota")["shared_with"] == ["catalogue-search"]


def test_what_does_not_bind_says_why(probed: dict[str, Any]) -> None:
    """A missing key, a floor, an app that does not call through the gateway."""
    assert "names no API key" in row(probed, "translation", "api_key")["why_not"]
    assert "floor is 20000" in row(probed, "support-chat", "iam_deny")["why_not"]
    assert row(probed, "support-chat", "gateway")["why_not"].endswith(
        "names no team and no key of this app at the gateway"
    )


def test_the_gateway_s_team_and_key_are_probed(probed: dict[str, Any]) -> None:
    """Each in its own unit, by what its app's traffic there is worth."""
    team, key = row(probed, "research-agents", "gateway"), row(probed, "marketing-copy", "gateway")
    assert (team["binds"], key["binds"]) == (True, True)
    assert team["would_set"] > 5_000


def test_what_a_hard_lever_may_destroy_is_said(probed: dict[str, Any]) -> None:
    """Before anybody agrees to it."""
    assert "DESTROY DATA" in row(probed, "support-chat", "unlink_billing")["note"]


def test_an_app_without_a_brake_is_said_loudly_and_fails(environment: dict[str, str], tmp_path: Path) -> None:
    """A script that deploys a client must not go on in silence."""
    config = _with_keys_alone(environment, tmp_path / "freio.yaml")
    code, said = run("--format", "text", environment={**environment, "FREIO_CONFIG": config})
    assert code == 1
    assert "NO BRAKE: translation" in said


@pytest.mark.parametrize("form", ["json", "text"])
def test_rights_are_the_enforcers_where_it_has_looked(form: str, environment: dict[str, str]) -> None:
    """An operator who may all must not read that the enforcer may: it left in the store what it lacks."""
    freio = Freio(environment)
    now = freio.clock.now()
    (chat,) = (app.match.projects for app in freio.client.apps if app.name == "support-chat")
    (project,) = chat
    answer = Answer(lever="quota", project=project, at=now, due_at=now, lacks=("serviceusage.quotas.update",))
    freio.store.commit(Change(put=(RightsReport(answers=(answer,)),)))
    _, said = run("--format", form, environment=environment)
    if form == "text":
        assert f"Rights are the enforcer's, as it last looked ({now:%Y-%m-%d %H:%M} UTC or later)." in said
        assert "But these are YOUR OWN, and not the enforcer's, which has not looked: allowed_models in" in said
        return
    found = json.loads(said)
    quota = row(found, "support-chat", "quota")
    assert (quota["rights_of"], quota["binds"], quota["missing"]) == ("enforcer", False, ["serviceusage.quotas.update"])
    other = row(found, "translation", "quota")
    assert (other["rights_of"], other["missing"]) == ("you", [])


def test_rights_are_said_to_be_the_operators_own_where_nobody_has_looked(
    probed: dict[str, Any], environment: dict[str, str]
) -> None:
    """Before the first deployment there is no enforcer that could have."""
    assert row(probed, "support-chat", "quota")["rights_of"] == "you"
    _, said = run(environment=environment)
    assert "\nRights are YOUR OWN, and not the enforcer's, which has not looked: " in said


def test_a_store_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """The brakes are probed all the same."""

    def fails(*_: object) -> None:
        raise Rejected("403: no access to the database")

    monkeypatch.setattr(SqliteStore, "get", fails)
    _, said = run(environment=environment)
    assert "What the enforcer has found out could not be read: 403: no access to the database" in said


def _with_keys_alone(environment: dict[str, str], where: Path) -> str:
    """The same client, where nothing but a key that is not there may brake the translation."""
    text = Path(environment["FREIO_CONFIG"]).read_text(encoding="utf-8")
    begin = text.index("- name: translation")
    changed = text[begin:].replace("levers: [quota, allowed_models]", "levers: [api_key]", 1)
    where.write_text(text[:begin] + changed, encoding="utf-8")
    return str(where)


def test_without_an_environment_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, with the names."""
    code, _ = run("freio.yaml")
    assert code == 2
    assert "FREIO_STORE" in capsys.readouterr().err
