"""The client's file: what it means, what it refuses, and how it says so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freio.cli import main
from freio.config import check, idle_levers, load, parse
from freio.config.remarks import remarks
from freio.config.schema import WHERE, schema
from freio.domain.app import Level, Match, Mode
from freio.domain.money import Money
from freio.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "examples" / "freio.yaml"

SOUND = """\
client: acme
locale: en
time_zone: UTC
currency: USD
billing: {account: 01D4EE-079462-DFD6EC, export: acme-finops.billing.export_v1}
apps:
  - name: chat
    team: care
    cost_centre: CC-1
    environment: production
    owners: [ana@acme.example]
    match: {projects: [acme-chat]}
    budget: {monthly: 40000.00}
    floor: {requests_per_minute: 10}
    grace: 15m
approvals:
  ops: [S01OPS0000]
  cost_owners: {CC-1: [rui@acme.example]}
slack: {channel: C0FINOPS00}
"""

SECOND_APP = """\
  - {name: search, team: care, cost_centre: CC-1, environment: production, owners: [ana@acme.example],
     match: {projects: [acme-search]}}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.faults


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1, f"{old!r} stands {SOUND.count(old)} times in the sound file"
    return SOUND.replace(old, new)


def only_fault(old: str, new: str) -> str:
    [fault] = faults(changed(old, new))
    return fault


def with_second_app(old: str = "", new: str = "") -> str:
    assert old in SECOND_APP
    return changed("approvals:\n", SECOND_APP.replace(old, new) + "approvals:\n")


# What a sound file means.


def test_the_example_means_what_it_says() -> None:
    """The checked-in example maps to the domain's types, with nothing lost."""
    client = load(EXAMPLE)
    app = client.app("support-chat")
    assert app is not None
    assert (client.name, client.locale, client.time_zone) == ("acme", "pt-BR", "America/Sao_Paulo")
    assert client.billing_account == "01D4EE-079462-DFD6EC"
    assert client.money_gate == Money(Decimal("25.00"), "BRL")
    assert client.pager_webhook == "https://events.example/acme"
    assert app.match == Match(
        projects=frozenset({"acme-chat-prod"}),
        labels=(("app", "support-chat"),),
        service_accounts=frozenset({"chat@acme-chat-prod.iam.gserviceaccount.com"}),
    )
    assert app.feature_label == "feature"
    assert app.quotas == {"input_tokens_per_minute": 2_000_000}
    assert app.floor == {"input_tokens_per_minute": 200_000}
    assert (app.policy.grace, app.policy.lease) == (timedelta(minutes=15), timedelta(hours=6))
    assert app.policy.levers == ("quota", "allowed_models")
    [event] = app.expected
    assert (event.start, event.end, event.factor) == (date(2026, 11, 27), date(2026, 11, 30), Decimal(4))
    assert client.approvals.cost_owners == {"CC-1042": ("rui@acme.example",)}


def test_what_is_left_out_has_its_default() -> None:
    """A file without the optional keys gets the documented defaults."""
    client = parse(SOUND.replace("    grace: 15m\n", ""))
    [app] = client.apps
    assert client.alerts_per_app_week == Decimal("0.25")
    assert client.money_gate == Money(Decimal("25.00"), "USD")
    assert client.pager_webhook is None
    assert client.approvals.ops_may_raise is False
    assert app.policy.modes == dict.fromkeys(Level, Mode.APPROVE)
    assert (app.policy.grace, app.policy.lease) == (timedelta(minutes=15), timedelta(hours=6))
    assert app.policy.levers == ("quota",)


@pytest.mark.parametrize("written", ["40000.00", "'40000.00'", "40_000.00"])
def test_an_amount_keeps_its_digits(written: str) -> None:
    """Amounts are exact decimals with the digits of the file, quoted or not."""
    [app] = parse(changed("40000.00", written)).apps
    assert str(app.budget) == "40000.00 USD"
    assert app.budget is not None
    assert app.budget.amount.as_tuple() == Decimal("40000.00").as_tuple()


def test_an_amount_that_no_float_can_hold_is_exact() -> None:
    """Digits that a binary float would lose are kept."""
    [app] = parse(changed("40000.00", "900719925474099.31")).apps
    assert app.budget == Money(Decimal("900719925474099.31"), "USD")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("30s", {"seconds": 30}), ("6h", {"hours": 6}), ("1h30m", {"minutes": 90}), ("2d", {"days": 2})],
)
def test_a_duration_is_read(written: str, meant: dict[str, int]) -> None:
    """Durations are numbers with s, m, h or d, largest first."""
    [app] = parse(changed("15m", written)).apps
    assert app.policy.grace == timedelta(**meant)


def test_a_level_left_out_of_the_mode_asks() -> None:
    """A mode per level leaves the other level at approve."""
    [app] = parse(changed("grace: 15m", "mode: {critical: enforce}")).apps
    assert app.policy.modes == {Level.WARNING: Mode.APPROVE, Level.CRITICAL: Mode.ENFORCE}


def test_anchors_aliases_and_merge_keys_are_followed() -> None:
    """What an alias stands for is read as if it were written there, and a key beside a merge wins."""
    text = SOUND.replace("  - name: chat", "  - &chat\n    name: chat").replace(
        "approvals:\n", "  - <<: *chat\n    name: search\n    match: {projects: [acme-search]}\napprovals:\n"
    )
    chat, search = parse(text).apps
    assert (search.name, search.team, search.owners) == ("search", chat.team, chat.owners)
    assert search.match.projects == {"acme-search"}


def test_words_that_older_yaml_reads_as_truth_stay_words() -> None:
    """In YAML 1.2 `no` is a word, so a team may be called that."""
    [app] = parse(changed("team: care", "team: no")).apps
    assert app.team == "no"


def test_international_labels_are_labels() -> None:
    """Google allows lowercase letters of any script in labels."""
    [app] = parse(changed("{projects: [acme-chat]}", "{labels: {área: atenção}}")).apps
    assert app.match.labels == (("área", "atenção"),)


# What it refuses, one key at a time.

WRONG = [
    ("client: acme", "client: Acme Corp", "freio.yaml:1: client: 'Acme Corp' is not a name; may be 1 to 63 lower"),
    ("locale: en", "locale: fr", "freio.yaml:2: locale: 'fr' is not a locale of Freio; may be pt-BR or en"),
    ("UTC", "America/Sao_Paolo", "did you mean America/Sao_Paulo?"),
    (
        "UTC",
        "America",
        "is not a time zone; may be a name of the IANA list, such as America/Sao_Paulo; America has many: name a city",
    ),
    ("UTC", "../etc/passwd", "freio.yaml:3: time_zone: '../etc/passwd' is not a time zone"),
    (
        "currency: USD",
        "currency: usd",
        "'usd' is not a currency; may be an ISO 4217 code, such as BRL; did you mean USD?",
    ),
    ("currency: USD", "currency: XYZ", "freio.yaml:4: currency: 'XYZ' is not a currency"),
    ("currency: USD", "currency: XXX", "freio.yaml:4: currency: 'XXX' is not a currency"),
    ("currency: USD", "currency: DEM", "freio.yaml:4: currency: 'DEM' is not a currency"),
    ("01D4EE-079462-DFD6EC", "01D4EE", "freio.yaml:5: billing.account: '01D4EE' is not a billing account"),
    (
        "acme-finops.billing.export_v1",
        "billing.export",
        "freio.yaml:5: billing.export: 'billing.export' is not a table",
    ),
    ("acme-finops.billing.export_v1", "acme-finops.billing.a`b", "is not a table; may be project.dataset.table"),
    ("name: chat", "name: [chat]", "freio.yaml:7: apps[0].name: a list is not a name"),
    ("team: care", "team:", "freio.yaml:8: apps[0].team: nothing stands there; must be one line"),
    ("team: care", "team: 0123", "freio.yaml:8: apps[0].team: 0123 is not a team; may be one line of"),
    ("[ana@acme.example]", "[Ana Lima]", "freio.yaml:11: apps[0].owners[0]: 'Ana Lima' is not a person or a group"),
    ("[ana@acme.example]", "[]", "freio.yaml:11: apps[0].owners: is empty; must have at least one: an e-mail"),
    ("[ana@acme.example]", "ana@acme.example", "apps[0].owners: 'ana@acme.example' is not a list; may be a list of: "),
    ("[acme-chat]", "[A]", "freio.yaml:12: apps[0].match.projects[0]: 'A' is not a project id"),
    ("projects: [acme-chat]", "labels: {App: x}", "apps[0].match.labels.App: the key 'App' is not a label's key"),
    ("projects: [acme-chat]", "labels: {app: X}", "apps[0].match.labels.app: 'X' is not a label's value"),
    ("projects: [acme-chat]", "labels: {app: 1}", "apps[0].match.labels.app: 1 is not a label's value"),
    ("projects: [acme-chat]", "service_accounts: [a@b.c]", "service_accounts[0]: 'a@b.c' is not a service account"),
    (
        "projects: [acme-chat]",
        "api_keys: [AIzaSyA]",
        "api_keys[0]: 'AIzaSyA' is not an API key's id; may be the id, never",
    ),
    ("projects: [acme-chat]", "", "apps[0].match: says nothing; may be a mapping with at least one of projects"),
    ("40000.00", "-1", "freio.yaml:13: apps[0].budget.monthly: -1 is not a budget; may be an amount"),
    ("40000.00", "0", "apps[0].budget.monthly: 0 is not a budget"),
    ("40000.00", ".nan", "apps[0].budget.monthly: .nan is not a budget"),
    ("40000.00", ".inf", "apps[0].budget.monthly: .inf is not a budget"),
    ("40000.00", "1e400", "apps[0].budget.monthly: 1e400 is not a budget"),
    (
        "40000.00",
        "'40.000,00'",
        "apps[0].budget.monthly: '40.000,00' is not a budget; may be an amount without thousands",
    ),
    ("40000.00", "40.000", "40.000 is not a budget; may be an amount without thousands separators above 0, such as"),
    ("40000.00", "40.000", "; 40.000 reads as 40; write 40000.00, or 40.00"),
    ("40000.00", "'1.234'", "; 1.234 reads as 1.234; write 1234.00, or 1.2340"),
    ("client: acme", "client: acme\nmoney_gate: 1.500", "freio.yaml:2: money_gate: 1.500 is not an amount; may be"),
    ("40000.00", "true", "apps[0].budget.monthly: true is not a budget"),
    (
        "40000.00",
        "40000.00, names: [1]",
        "apps[0].budget.names[0]: 1 is not a budget's name; may be one line of 1 to 60",
    ),
    ("minute: 10", "minute: -1", "apps[0].floor.requests_per_minute: -1 is not a floor; may be a whole number from 0"),
    ("minute: 10", "minute: 1.5", "apps[0].floor.requests_per_minute: 1.5 is not a floor"),
    ("15m", "15 minutes", "freio.yaml:15: apps[0].grace: '15 minutes' is not a duration; may be a number with s, m"),
    ("15m", "15", "freio.yaml:15: apps[0].grace: 15 is not a duration"),
    ("15m", "0m", "apps[0].grace: '0m' is not a duration"),
    ("15m", "32d", "apps[0].grace: '32d' is not a duration"),
    (
        "grace: 15m",
        "mode: stop",
        "freio.yaml:15: apps[0].mode: 'stop' is not a mode; may be observe, approve or enforce",
    ),
    ("grace: 15m", "mode: {critical: stop}", "freio.yaml:15: apps[0].mode.critical: 'stop' is not a mode"),
    ("grace: 15m", "mode: {warn: observe}", "freio.yaml:15: apps[0].mode.warn: is no key here; did you mean warning?"),
    (
        "grace: 15m",
        "levers: [quotas]",
        "apps[0].levers[0]: 'quotas' is not a lever; may be gateway, quota, allowed_models",
    ),
    ("[S01OPS0000]", "[]", "freio.yaml:17: approvals.ops: is empty; must have at least one"),
    (
        "[S01OPS0000]",
        "[S01OPS0000]\n  ops_may_raise: yes",
        "freio.yaml:18: approvals.ops_may_raise: 'yes' is not true or",
    ),
    ("[S01OPS0000]", "[a@b.cd]\n  hard_levers: [S01OPS0000]", "hard_levers[0]: 'S01OPS0000' is not a named person"),
    ("C0FINOPS00", "'#finops'", "freio.yaml:19: slack.channel: '#finops' is not a channel; may be Slack's id"),
    (
        "client: acme",
        "client: acme\npager: {webhook: 'http://a.example'}",
        "pager.webhook: 'http://a.example' is not a webhook",
    ),
    ("client: acme", "client: acme\nmoney_gate: -5", "freio.yaml:2: money_gate: -5 is not an amount"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_a_wrong_value_is_told_with_its_place(old: str, new: str, said: str) -> None:
    """A fault names line and key, what stands there and what may stand there, and nothing else is faulted."""
    fault = only_fault(old, new)
    assert said in fault
    assert fault.isprintable()


EVENTS = [
    ("{from: 2026-11-30, until: 2026-11-29, factor: 2, why: x}", "until: 2026-11-29 is before 2026-11-30"),
    ("{from: 2026-11-32, until: 2026-12-29, factor: 2, why: x}", "from: '2026-11-32' is not a day"),
    ("{from: 2026-11-01, until: 2026-12-29, factor: 1, why: x}", "factor: 1 is not a factor; may be a number above 1"),
    ("{from: 2026-11-01, until: 2026-12-29, factor: 2}", "why: is missing; must be one line"),
]


@pytest.mark.parametrize(("event", "said"), EVENTS)
def test_an_expected_event_must_make_sense(event: str, said: str) -> None:
    """An event ends on or after the day it begins, and expects more than usual."""
    assert f"freio.yaml:15: apps[0].expected[0].{said}" in only_fault("grace: 15m", f"expected: [{event}]")


def test_a_missing_key_is_told_where_its_mapping_begins() -> None:
    """The line of a missing key is that of the mapping that lacks it."""
    said = "freio.yaml:7: apps[0].team: is missing; must be one line of 1 to 100 characters, such as customer-care"
    assert only_fault("    team: care\n", "") == said


def test_a_misspelt_key_gets_its_nearest_neighbour() -> None:
    """An unknown key suggests the key that was probably meant."""
    assert (
        only_fault("grace: 15m", "gracee: 15m") == "freio.yaml:15: apps[0].gracee: is no key here; did you mean grace?"
    )


@pytest.mark.parametrize("key", ["'<word>'", "'<levels>'", "'[key]'", "''", "'a.b'", "1", "~"])
def test_a_key_may_look_like_anything(key: str) -> None:
    """Odd keys are unknown keys, at the root and further in, and nothing breaks over them."""
    for old, new in (("client:", f"{key}: 1\nclient:"), ("15m", f"15m\n    mode: {{{key}: observe}}")):
        assert "is no key here" in only_fault(old, new)
    assert "is not a label's key" in only_fault("projects: [acme-chat]", f"labels: {{{key}: x}}")


def test_an_amount_that_its_comma_cut_in_two_is_explained() -> None:
    """In {} a comma begins a new key, which nobody who writes 40.000,00 has in mind."""
    said = faults(changed("40000.00", "40.000,00"))
    assert [fault.partition(": ")[2].partition(":")[0] for fault in said] == [
        "apps[0].budget.00",
        "apps[0].budget.monthly",
    ]
    assert said[0].endswith("; inside {} a comma ends a value: write an amount like 40000.00")
    assert "comma" not in only_fault("40000.00", "40000.00, extra: ")


def test_a_key_like_no_other_gets_the_whole_list() -> None:
    """Where nothing is near, every known key is told."""
    assert only_fault("{channel:", "{zzz: 1, channel:") == "freio.yaml:19: slack.zzz: is no key here; may be channel"


# Keys together.


def test_a_name_is_used_once() -> None:
    """Two apps of one name are a fault at the second."""
    [fault] = faults(with_second_app("name: search", "name: chat"))
    assert fault == "freio.yaml:16: apps[1].name: 'chat' is the name of apps[0] already; may be any other"


def test_a_compressed_file_means_the_same(tmp_path: Path) -> None:
    """So Terraform hands it to the functions: a version of a secret holds 64 KiB."""
    compressed = tmp_path / "freio.yaml.gz"
    compressed.write_bytes(gzip.compress(EXAMPLE.read_bytes()))
    assert load(compressed) == load(EXAMPLE)


@pytest.mark.parametrize(
    "broken", [b"client: acme", gzip.compress(SOUND.encode())[:40], b""], ids=["plain", "cut short", "empty"]
)
def test_a_compressed_file_that_is_none_is_told(tmp_path: Path, broken: bytes) -> None:
    """With its name, like any other that cannot be read."""
    path = tmp_path / "freio.yaml.gz"
    path.write_bytes(broken)
    with pytest.raises(ConfigError, match=r"freio\.yaml\.gz"):
        load(path)


def test_a_budget_may_be_of_another_account() -> None:
    """That of whoever pays for the app's projects."""
    other = SOUND.replace("{monthly: 40000.00}", "{monthly: 40000.00, account: 02AAAA-BBBBBB-CCCCCC}")
    assert parse(other).apps[0].budget_account == "02AAAA-BBBBBB-CCCCCC"
    assert parse(SOUND).apps[0].budget_account is None
    with pytest.raises(ConfigError, match=r"budget\.account: '02aaaa' is not a billing account"):
        parse(SOUND.replace("{monthly: 40000.00}", "{monthly: 40000.00, account: 02aaaa}"))


def test_a_budget_may_have_display_names_of_its_own() -> None:
    """Budgets that were there before Freio keep their names, and the app is found by them."""
    app = parse(changed("40000.00}", "40000.00, names: [Vertex monthly, Vertex monthly, old]}")).apps[0]
    assert app.budget_names == ("Vertex monthly", "old")


@pytest.mark.parametrize("name", ["chat", "freio-chat", "shared"])
def test_a_budget_is_of_one_app(name: str) -> None:
    """Its messages could be told about one app alone, so a second app may not claim it, by whatever name."""
    text = changed("40000.00}", "40000.00, names: [shared]}").replace("approvals:", f"{SECOND_APP}approvals:")
    text = text.replace(
        "match: {projects: [acme-search]}",
        f"match: {{projects: [acme-search]}}, budget: {{monthly: 1.00, names: [{name}]}}",
    )
    assert [fault.partition(": ")[2] for fault in faults(text)] == [
        f"apps[1].budget.names[0]: '{name}' is a budget of apps[0]; may be any other"
    ]


def test_two_identical_matches_are_a_fault() -> None:
    """The second of two apps with one match could never have any spend."""
    [fault] = faults(with_second_app("acme-search", "acme-chat"))
    assert fault.startswith("freio.yaml:17: apps[1].match: is the same as that of apps[0], which always wins")


def test_every_cost_centre_has_cost_owners() -> None:
    """An app whose cost centre nobody decides about is a fault that lists those that there are."""
    [fault] = faults(with_second_app("CC-1", "CC-2"))
    assert fault == "freio.yaml:16: apps[1].cost_centre: 'CC-2' is no key of approvals.cost_owners; may be 'CC-1'"


@pytest.mark.parametrize("mode", ["enforce", "{critical: enforce}"])
def test_enforcing_needs_a_floor_and_a_budget(mode: str) -> None:
    """Nothing is braked without a click where there is nothing to aim at or to stop at."""
    text = with_second_app("match:", f"mode: {mode}, match:")
    [fault] = faults(text)
    assert "apps[1].mode: enforce needs a floor and a budget, and this app has no floor and no budget" in fault


def test_an_empty_floor_is_no_floor() -> None:
    """A floor without a number does not satisfy what enforce needs."""
    text = changed("grace: 15m", "mode: enforce").replace("{requests_per_minute: 10}", "{requests_per_minute: }")
    [fault] = faults(text)
    assert fault.startswith(
        "freio.yaml:15: apps[0].mode: enforce needs a floor and a budget, and this app has no floor;"
    )


def test_a_floor_is_not_above_its_quota() -> None:
    """A floor above the standing quota could never hold."""
    fault = only_fault("grace: 15m", "quotas: {requests_per_minute: 9}")
    assert fault == (
        "freio.yaml:14: apps[0].floor.requests_per_minute: 10 is above the app's quota of 9; may be at most 9"
    )


def test_all_faults_come_at_once_by_line() -> None:
    """Faults of values, of keys and of keys together stand in one list, in the file's order."""
    text = (
        with_second_app("name: search", "name: chat")
        .replace("locale: en", "locale: fr")
        .replace("team: care\n", "team: care\n    team: other\n")
        .replace("15m", "soon")
        .replace("slack:", "slak:")
    )
    found = faults(text)
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == sorted(lines)
    assert [fault.split(": ")[1] for fault in found] == [
        "slack", "locale", "apps[0].team", "apps[0].grace", "apps[1].name", "slak"
    ]  # fmt: skip


# Text that is no such file at all.

BROKEN = [
    ("", "freio.yaml:1: the file is empty"),
    ("# nothing\n", "freio.yaml:1: the file is empty"),
    ("- a\n", "freio.yaml:1: a list is not a mapping; may be a mapping with client, locale"),
    ("acme\n", "freio.yaml:1: 'acme' is not a mapping"),
    ("a: 1\nb: c: d\n", "freio.yaml:2: column 5: not YAML 1.2: mapping values are not allowed here"),
    ("a: [1\n", "column 1: not YAML 1.2: while parsing a flow sequence"),
    ("a: *b\n", "freio.yaml:1: column 4: not YAML 1.2: found undefined alias 'b'"),
    ("a: 1\n--- \nb: 2\n", "expected a single document in the stream"),
    ("a: 1\nb: \x07\n", "freio.yaml:2: column 4: not YAML 1.2: the character U+0007 may not stand in a file"),
    ('a: "\\UFFFFFFFF"\n', "freio.yaml:1: column 1: not YAML 1.2: 'Python int too large"),
    ("%YAML 1.99\n---\na: 1\n", "not YAML 1.2"),
    ("[" * 3000, "not YAML 1.2: maximum depth of data structure exceeded"),
    ("&a [*a]\n", "freio.yaml:1: [0]: an alias stands inside what it stands for"),
    ("a: {<<: 3}\n", "freio.yaml:1: a.<<: is no alias of a mapping; must be one, such as *chat"),
    ("a: !!python/object/apply:os.system [ls]\n", "a: the tag '!!python/object/apply:os.system' means nothing here"),
    ("[a]: 1\n", "freio.yaml:1: a mapping or a list stands as a key; must be a word"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_what_is_no_such_file_is_told(text: str, said: str) -> None:
    """Syntax errors, empty files, wrong roots and unsafe tags are faults with a line."""
    found = faults(text)
    assert any(said in fault for fault in found), found


def test_a_key_stands_once() -> None:
    """A second value for a key is a fault, and not the silent winner."""
    fault = only_fault("    team: care\n", "    team: care\n    team: other\n")
    assert fault == "freio.yaml:9: apps[0].team: stands here and in line 8; may stand once"


def test_aliases_of_aliases_do_not_exhaust_the_memory() -> None:
    """A few lines that stand for billions of values are refused."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert any("says more than" in fault for fault in faults("\n".join(lines)))


def test_what_cannot_be_printed_is_escaped() -> None:
    """A fault stays one printable line whatever stands in the file or in its name."""
    with pytest.raises(ConfigError) as caught:
        parse(changed("client: acme", 'client: "a\\nb\\e[31m"'), name="odd\nname")
    [fault] = caught.value.faults
    assert fault.isprintable()
    assert fault.startswith("odd\\nname:1: client: 'a\\nb\\x1b[31m' is not a name")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file and a folder are faults, not tracebacks."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            load(path)


def test_bytes_that_are_not_utf8_are_told_with_their_line(tmp_path: Path) -> None:
    """A file in another encoding names the first byte that gives it away."""
    path = tmp_path / "freio.yaml"
    path.write_bytes("client: acme\nlocale: é\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="2: the byte 0xe9 is not UTF-8"):
        load(path)


# Check: faults, warnings, client.


def test_check_gives_the_client_of_a_sound_file() -> None:
    """The example is sound, and nothing in it does less than one may think."""
    found, warnings, client = check(EXAMPLE)
    assert (found, warnings) == ([], [])
    assert client == load(EXAMPLE)


@pytest.mark.parametrize(
    ("levers", "said"),
    [
        ("gateway", "the lever gateway does nothing: the file names no gateway"),
        ("api_key", "the lever api_key does nothing: the app has no match.api_keys"),
        ("iam_deny", "the lever iam_deny does nothing: the app has no match.service_accounts"),
        ("unlink_billing", "approvals.hard_levers names too few people to approve it"),
    ],
)
def test_a_lever_that_could_do_nothing_is_told(levers: str, said: str) -> None:
    """What the file lacks for it, at the check and not in the night."""
    told = idle_levers(parse(changed("grace: 15m", f"levers: [quota, {levers}]")))
    assert any(said in line for line in told), told


def test_check_gives_the_faults_and_no_client(tmp_path: Path) -> None:
    """A file with faults has neither warnings nor a client."""
    path = tmp_path / "freio.yaml"
    path.write_text(changed("15m", "soon"), encoding="utf-8")
    found, warnings, client = check(path)
    assert len(found) == 1
    assert (warnings, client) == ([], None)


def test_an_app_without_a_lever_of_this_version_is_told() -> None:
    """An app that nothing can brake is said so."""
    client = parse(changed("grace: 15m", "levers: [gateway]"))
    assert idle_levers(client)[-1] == "chat: none of its levers can do anything: nothing can brake it"


def test_a_match_that_no_source_shows_is_told(tmp_path: Path) -> None:
    """Service accounts alone are accepted with a warning: billing rows do not show them."""
    path = tmp_path / "freio.yaml"
    text = changed("projects: [acme-chat]", "service_accounts: [chat@acme-chat.iam.gserviceaccount.com]")
    path.write_text(text, encoding="utf-8")
    [warning] = check(path)[1]
    assert warning.startswith("chat: matches by service accounts or API keys alone")


# The schema for editors.


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for value in node.values():
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)


def test_the_checked_in_schema_is_current() -> None:
    """After a change of the model, `python -m freio.config` has to be run."""
    assert WHERE.read_text(encoding="utf-8") == schema()


def test_the_schema_explains_every_key_and_allows_no_other() -> None:
    """An editor can show a sentence for each key, and underlines a key that is unknown."""
    objects = list(_objects(json.loads(schema())))
    assert len(objects) == 16
    for found in objects:
        assert found["additionalProperties"] is False
        assert found["description"]
        assert [key for key, value in found["properties"].items() if "description" not in value] == []


def test_the_schema_spells_defaults_as_the_file_does() -> None:
    """A default in the schema could be written into the file as it stands."""
    root = json.loads(schema())
    app = root["$defs"]["AppKeys"]["properties"]
    assert (app["grace"]["default"], app["lease"]["default"]) == ("15m", "6h")
    assert root["properties"]["alerts_per_app_week"]["default"] == 0.25


# Any text at all.

_PIECES = st.sampled_from(
    [*SOUND.splitlines(keepends=True), *SOUND.split(), "\n", "  ", "- ", ": ", "{", "}", "[", "]", "&a ", "*a",
     "<<: *a", "!!int ", "!x ", "null", "~", ".nan", "1e999999999", "0x", "2026-02-30", '"\\U00110000"', "|\n", ">-\n",
     "? ", "'", "%YAML 1.1\n---\n"]
)  # fmt: skip


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """The sound file with a few stretches replaced by other pieces of YAML."""
    text = SOUND
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(_PIECES) + text[end:]
    return text


@settings(max_examples=200, deadline=None)
@given(st.one_of(_damaged(), st.text(), st.lists(_PIECES, max_size=20).map("".join)))
def test_any_text_parses_or_is_faulted(text: str) -> None:
    """Whatever stands in a file, there is a client or a list of printable faults, and no other exception."""
    try:
        parse(text)
    except ConfigError as exc:
        found = exc.faults
    else:
        return
    assert found
    assert all(fault.isprintable() and fault.startswith("freio.yaml:") for fault in found)


@pytest.mark.parametrize(
    ("first", "second", "is_shadowed"),
    [
        ("{projects: [acme-chat, acme-search]}", "{projects: [acme-search]}", True),
        ("{projects: [acme-search]}", "{projects: [acme-search], models: [gemini-2.5-flash]}", True),
        ("{projects: [acme-search]}", "{projects: [acme-search], labels: {app: search}}", True),
        ("{labels: {app: search}}", "{labels: {app: search, team: x}}", True),
        ("{projects: [acme-search], labels: {app: chat}}", "{projects: [acme-search], labels: {app: search}}", False),
        ("{projects: [acme-search], models: [gemini-2.5-flash]}", "{projects: [acme-search]}", False),
        ("{projects: [acme-chat]}", "{projects: [acme-chat, acme-search]}", False),
        ("{projects: [acme-chat]}", "{labels: {app: search}}", False),
        ("{labels: {app: search}}", "{projects: [acme-search], labels: {app: search}}", False),
        ("{service_accounts: [x@acme-chat.iam.gserviceaccount.com]}", "{projects: [acme-search]}", False),
    ],
)
def test_an_app_that_comes_too_late_is_warned_about(first: str, second: str, is_shadowed: bool) -> None:
    """The first match wins, so behind a broader one an app would wait for spend for ever."""
    text = with_second_app("{projects: [acme-search]}", second).replace("{projects: [acme-chat]}", first, 1)
    said = [line for line in remarks(parse(text)) if line.startswith("search: all that it matches")]
    assert bool(said) is is_shadowed
    if said:
        assert said == ["search: all that it matches is matched by chat before it: no spend will be its own"]


@pytest.mark.parametrize(("grace", "is_warned"), [("15m", False), ("109m", False), ("110m", True), ("8h", True)])
def test_a_grace_that_makes_every_alert_critical_is_warned_about(grace: str, is_warned: bool) -> None:
    """A gate an hour, for two hours with the ten minutes of a brake, is what makes one critical."""
    said = [line for line in remarks(parse(changed("grace: 15m", f"grace: {grace}"))) if "every alert" in line]
    assert bool(said) is is_warned


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND, "1 app, no faults"),
        (with_second_app(), "2 apps, no faults"),
        (changed("UTC", "Mars"), ": 1 fault\n"),
        (changed("UTC", "Mars").replace("locale: en", "locale: fr"), ": 2 faults\n"),
    ],
)
def test_the_command_counts_as_people_do(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One fault, two faults."""
    (tmp_path / "freio.yaml").write_text(text, encoding="utf-8")
    assert main(["check", str(tmp_path / "freio.yaml")]) == (0 if "no faults" in said else 1)
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


def test_a_country_is_one_of_iso_3166() -> None:
    """By its code in capitals; a part of it stands beside it alone."""
    assert parse(SOUND + "country: BR\nsubdivision: SP\n").country == "BR"
    assert parse(SOUND).country is None
    assert "did you mean BR?" in faults(SOUND + "country: br\n")[0]
    assert "an ISO 3166-1 code" in faults(SOUND + "country: Brazil\n")[0]
    assert "the file says no country" in faults(SOUND + "subdivision: SP\n")[0]
