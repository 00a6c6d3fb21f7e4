"""`freio slack-manifest`: the scopes that the adapters' calls need, and no others; in the form that Slack takes."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from slack_sdk import WebClient

import freio.adapters.slack
from freio.adapters.slack.chat import SlackChat
from freio.adapters.slack.commands import COMMANDS
from freio.adapters.slack.directory import SlackDirectory
from freio.adapters.slack.manifest import manifest
from freio.adapters.slack.messages import INCIDENT, Messages
from freio.cli import main
from freio.domain.notice import Card
from freio.errors import Rejected
from freio.i18n.catalogue import Language
from freio.ports import Line
from freio.sandbox.slack import Channel, ServerHandle
from freio.sandbox.slack.api import METHODS
from freio.sandbox.slack.scopes import EMAIL, HISTORY, SCOPES
from tests.unit.slack.conftest import ANA, OUT, RUI
from tests.unit.slack.examples import CHANNEL, incident, request

URL = "https://slack-inbox-abc123-uc.a.run.app/"
ENGLISH = Language("en", "UTC")
EXAMPLE = Path(__file__).parents[3] / "examples" / "freio.yaml"


def sdk_calls() -> Iterator[str]:
    """Each method of slack_sdk's client that stands in an adapter."""
    for path in Path(freio.adapters.slack.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and "_" in node.attr and callable(getattr(WebClient, node.attr, None)):
                yield node.attr


def api_methods(sdk_method: str) -> set[str]:
    """What a method of slack_sdk calls at Slack, by its own source: ``files_upload_v2`` calls two."""
    source = inspect.getsource(getattr(WebClient, sdk_method))
    found = set(re.findall(r'self\.api_call\(\s*"([\w.]+)"', source))
    for inner in set(re.findall(r"self\.(\w+)\(", source)) - {"api_call", sdk_method}:
        found |= api_methods(inner) if inner.startswith(sdk_method.partition("_")[0] + "_") else set()
    return found


def test_the_scopes_are_those_of_the_methods_that_the_adapters_call() -> None:
    """Each by Slack's documentation; beside them the slash command's, and people's addresses."""
    called = set().union(*(api_methods(name) for name in sdk_calls()))
    assert {"chat.postMessage", "files.completeUploadExternal", "files.getUploadURLExternal", "views.open"} <= called
    assert called <= set(METHODS), "the sandbox's Slack knows them all"
    needed = {SCOPES[method] for method in called if method in SCOPES} | {"commands", EMAIL}
    for private, history in ((False, "channels:history"), (True, "groups:history")):
        asked = manifest(URL, ENGLISH, private_channel=private)["oauth_config"]["scopes"]["bot"]
        assert asked == sorted(needed - {HISTORY} | {history})


def everything(chat: SlackChat, web: WebClient, directory: SlackDirectory) -> dict[str, Callable[[], object]]:
    """What Freio does in Slack."""

    def address() -> None:
        person = directory.person(ANA.id)
        assert person is not None
        if person.email != ANA.email:
            raise Rejected("no address")

    posted: list[str] = []
    card = Card(id="inc-7", channel=CHANNEL, ts="")
    return {
        "post": lambda: posted.append(chat.show(incident(), card)),
        "thread": lambda: chat.thread(Card(id="inc-7", channel=CHANNEL, ts=posted[0]), Line(text="hello"), "k"),
        "ask": lambda: chat.ask(request(), (RUI.id,), Card(id="inc-7", channel=CHANNEL, ts=posted[0]), "a"),
        "whisper": lambda: chat.whisper(CHANNEL, ANA.id, Line(text="hello")),
        "write directly": lambda: chat.whisper(CHANNEL, OUT.id, Line(text="hello")),
        "find": lambda: Messages(web).in_channel(CHANNEL, INCIDENT, lambda _: True),
        "chart": lambda: chat.upload_chart(b"\x89PNG\r\n\x1a\nx", "t", "a"),
        "who": lambda: directory.person(RUI.id),
        "address": address,
        "by mail": lambda: directory.address(RUI.email),
    }


def test_an_app_made_from_the_manifest_may_do_all_that_freio_does(
    chat: SlackChat, web: WebClient, directory: SlackDirectory, slack: ServerHandle
) -> None:
    """With a public channel, and with a private one by its own scope."""
    slack.workspace.install(manifest(URL, ENGLISH))
    for does in everything(chat, web, directory).values():
        does()
    slack.workspace.directory.put_channel(Channel(id=CHANNEL, name="finops", is_private=True))
    with pytest.raises(Rejected, match="missing_scope"):
        chat.find(CHANNEL, "inc-7")
    slack.workspace.install(manifest(URL, ENGLISH, private_channel=True))
    assert chat.find(CHANNEL, "inc-7")


@pytest.mark.parametrize("scope", sorted(set(manifest(URL, ENGLISH)["oauth_config"]["scopes"]["bot"]) - {"commands"}))
def test_no_scope_is_there_for_nothing(
    scope: str, chat: SlackChat, web: WebClient, directory: SlackDirectory, slack: ServerHandle
) -> None:
    """Without any one of them, something that Freio does is refused."""
    slack.workspace.install(manifest(URL, ENGLISH))
    doing = everything(chat, web, directory)
    doing["post"]()
    slack.workspace.scopes = slack.workspace.scopes and slack.workspace.scopes - {scope}
    refused = 0
    for does in doing.values():
        try:
            does()
        except Rejected:
            refused += 1
    assert refused


@pytest.mark.parametrize("tag", ["en", "pt-BR"])
def test_the_manifest_has_the_form_that_slack_takes(tag: str) -> None:
    """The limits of Slack's manifest reference, in each language; direct messages need the Messages tab."""
    made = manifest(URL, Language(tag, "UTC"))
    about, features = made["display_information"], made["features"]
    assert len(about["name"]) <= 35
    assert 0 < len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", features["bot_user"]["display_name"])
    assert features["app_home"]["messages_tab_enabled"] is True
    (command,) = features["slash_commands"]
    assert command["command"] == "/freio"
    assert command["usage_hint"] == COMMANDS, "it follows what the command knows"
    assert len(COMMANDS) <= 1000
    assert 0 < len(command["description"]) <= 2000
    assert command["url"] == made["settings"]["interactivity"]["request_url"] == URL
    assert set(made) == {"_metadata", "display_information", "features", "oauth_config", "settings"}


def test_the_command_prints_json_or_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    """The same in both; what to do with it stands beside it."""
    assert main(["slack-manifest", str(EXAMPLE), "--url", URL]) == 0
    out, err = capsys.readouterr()
    made: dict[str, Any] = json.loads(out)
    assert made == manifest(URL, Language("pt-BR", "America/Sao_Paulo"))
    assert "api.slack.com/apps" in err
    assert main(["slack-manifest", str(EXAMPLE), "--url", URL, "--format", "yaml"]) == 0
    assert YAML(typ="safe").load(capsys.readouterr().out) == made
    assert main(["slack-manifest", "--url", URL, "--private-channel"]) == 0
    assert "groups:history" in capsys.readouterr().out


@pytest.mark.parametrize(
    "url", ["http://slack-inbox.example/", "slack-inbox.example", "https://", "https://a b.example/"]
)
def test_an_address_that_slack_would_not_take_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what may stand there."""
    assert main(["slack-manifest", "--url", url]) == 2
    assert "https address" in capsys.readouterr().err
