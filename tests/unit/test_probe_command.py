"""`freio probe`: app by lever, with nothing set; loudly, where an app has no brake."""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from freio.commands import probe
from freio.sandbox.demo.probing import sandboxed


def run(*words: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    parser = ArgumentParser()
    probe.arguments(parser)
    parser.set_defaults(sandboxed=sandboxed)
    out = io.StringIO()
    return probe.main(parser.parse_args(words), environment or {}, out), out.getvalue()


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
    """A missing key, a floor, a gateway that the file does not name."""
    assert "names no API key" in row(probed, "translation", "api_key")["why_not"]
    assert "floor is 20000" in row(probed, "support-chat", "iam_deny")["why_not"]
    assert row(probed, "support-chat", "gateway")["why_not"] == "the file names no gateway"


def test_what_a_hard_lever_may_destroy_is_said(probed: dict[str, Any]) -> None:
    """Before anybody agrees to it."""
    assert "DESTROY DATA" in row(probed, "support-chat", "unlink_billing")["note"]


def test_an_app_without_a_brake_is_said_loudly_and_fails() -> None:
    """A script that deploys a client must not go on in silence."""
    with ExitStack() as stack:
        environment = sandboxed(stack)
        code, said = run("--format", "text", environment={**environment, "FREIO_CONFIG": _with_keys_alone(environment)})
    assert code == 1
    assert "NO BRAKE: translation" in said


def _with_keys_alone(environment: dict[str, str]) -> str:
    """The same client, where nothing but a key that is not there may brake the translation."""
    text = Path(environment["FREIO_CONFIG"]).read_text(encoding="utf-8")
    where = Path(environment["FREIO_CLOCK"]).with_name("freio.yaml")
    begin = text.index("- name: translation")
    changed = text[begin:].replace("levers: [quota, allowed_models]", "levers: [api_key]", 1)
    where.write_text(text[:begin] + changed, encoding="utf-8")
    return str(where)


def test_without_an_environment_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, with the names."""
    code, _ = run("freio.yaml")
    assert code == 2
    assert "FREIO_STORE" in capsys.readouterr().err
