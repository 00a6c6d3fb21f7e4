"""The client's file about its gateway: what it means, what it refuses, and how it says so."""

from __future__ import annotations

import json

import pytest

from freio.config import parse
from freio.config.remarks import remarks
from freio.config.schema import schema
from freio.domain.gateway import Callers, Counts, Gateway
from freio.errors import ConfigError

SOUND = """\
client: acme
locale: en
time_zone: UTC
currency: USD
billing: {account: 01D4EE-079462-DFD6EC, export: acme-finops.billing.export_v1}
gateway: {url: https://llm.acme.example}
apps:
  - name: chat
    team: care
    cost_centre: CC-1
    environment: production
    owners: [ana@acme.example]
    match: {projects: [acme-shared]}
    levers: [gateway, quota]
    gateway: {teams: [care], keys: [chat]}
  - name: search
    team: care
    cost_centre: CC-1
    environment: production
    owners: [ana@acme.example]
    match: {labels: {app: search}}
approvals:
  ops: [S01OPS0000]
  cost_owners: {CC-1: [rui@acme.example]}
slack: {channel: C0FINOPS00}
"""
ROOT, APP = "gateway: {url: https://llm.acme.example}", "gateway: {teams: [care], keys: [chat]}"
SEARCH = "match: {labels: {app: search}}"


def faults(old: str, new: str) -> list[str]:
    assert SOUND.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        parse(SOUND.replace(old, new))
    return caught.value.faults


def test_a_gateway_and_its_callers_mean_what_they_say() -> None:
    """One proxy for the client; teams and keys for each app."""
    client = parse(SOUND)
    assert client.gateway == Gateway(url="https://llm.acme.example", counts=Counts.TOTAL)
    assert [app.callers for app in client.apps] == [Callers(teams=("care",), keys=("chat",)), Callers()]


def test_what_its_limits_count_is_said_in_the_file() -> None:
    """As the proxy's own settings say it."""
    client = parse(SOUND.replace(ROOT, "gateway: {url: http://127.0.0.1:4000, counts: input}"))
    assert client.gateway == Gateway(url="http://127.0.0.1:4000", counts=Counts.INPUT)
    assert client.gateway.unit == "input_tokens_per_minute"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (ROOT, "gateway: {}", "freio.yaml:6: gateway.url: is missing; must be an https address without a slash"),
        (ROOT, "gateway: {url: llm.acme.example}", "6: gateway.url: 'llm.acme.example' is not a gateway's address"),
        (ROOT, "gateway: {url: http://llm.acme.example}", "is not a gateway's address; may be an https address"),
        (ROOT, "gateway: {url: https://me:secret@llm.acme.example}", "is not a gateway's address"),
        (
            ROOT,
            "gateway: {url: https://llm.acme.example, counts: both}",
            "counts: 'both' is not what a gateway's",
        ),
        (
            ROOT,
            "gateway: {url: https://llm.acme.example, key: x}",
            "6: gateway.key: is no key here; may be url,",
        ),
        (APP, "gateway: {keys: [sk-1234]}", "keys[0]: 'sk-1234' is not a key's alias or hash; may be its alias or its"),
        (APP, "gateway: {teams: ['']}", "freio.yaml:15: apps[0].gateway.teams[0]: '' is not a team's id"),
        (
            APP,
            "gateway: {}",
            "freio.yaml:15: apps[0].gateway: says nothing; may be a mapping with at least one of",
        ),
        (APP, "gateway: {team: [care]}", "freio.yaml:15: apps[0].gateway.team: is no key here; did you mean teams?"),
        (APP, "gateway: {teams: care}", "apps[0].gateway.teams: 'care' is not a list; may be a list of: the id of"),
        (
            ROOT,
            "money_gate: 25.00",
            "freio.yaml:15: apps[0].gateway: stands here, and the file says no gateway; may stand beside gateway:",
        ),
        (
            SEARCH,
            SEARCH + "\n    gateway: {teams: [sales, care]}",
            "freio.yaml:22: apps[1].gateway.teams[1]: 'care' is of apps[0] already; may be any that is this app's",
        ),
        (
            SEARCH,
            SEARCH + "\n    gateway: {keys: [chat]}",
            "freio.yaml:22: apps[1].gateway.keys[0]: 'chat' is of apps[0] already",
        ),
    ],
)
def test_each_fault_names_line_and_key_and_what_may_stand_there(old: str, new: str, fault: str) -> None:
    """A secret, a name of two apps, a gateway that is none."""
    assert any(fault in said for said in faults(old, new))


def test_a_team_and_a_key_may_have_one_name() -> None:
    """They are looked up apart."""
    client = parse(SOUND.replace(SEARCH, SEARCH + "\n    gateway: {keys: [care]}"))
    assert client.apps[1].callers == Callers(keys=("care",))


def test_a_lever_without_callers_and_callers_without_the_lever_are_told() -> None:
    """Both are sound, and do less than one may think."""
    said = remarks(parse(SOUND.replace("levers: [gateway, quota]", "levers: [quota]")))
    assert "chat: has teams or keys at the gateway, and not the lever gateway: nothing limits them" in said
    said = remarks(parse(SOUND.replace("    " + APP + "\n", "")))
    assert "chat: has the lever gateway, and no team and no key at one: that lever limits nothing" in said


def test_an_editor_knows_the_keys() -> None:
    """Both mappings stand in the schema, closed."""
    definitions = json.loads(schema())["$defs"]
    assert set(definitions["GatewayKeys"]["properties"]) == {"url", "counts"}
    assert set(definitions["CallerKeys"]["properties"]) == {"teams", "keys"}
    assert definitions["GatewayKeys"]["additionalProperties"] is False
