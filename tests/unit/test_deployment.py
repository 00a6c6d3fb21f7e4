"""What Terraform makes is what the code stands on: names, columns, sizes and permissions are the same in both."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from freio.adapters.codec import kind_of
from freio.adapters.google.api_key_lever import ApiKeyLever
from freio.adapters.google.api_key_probe import LIST
from freio.adapters.google.billing_lever import UnlinkBillingLever
from freio.adapters.google.client import GoogleApis
from freio.adapters.google.deny_lever import DenyLever
from freio.adapters.google.models_lever import AllowedModelsLever
from freio.adapters.google.quota_lever import QuotaLever
from freio.adapters.google.service_lever import DisableServiceLever
from freio.cli import main
from freio.domain import running_work, sentences
from freio.domain.app import App, Match
from freio.domain.lever import KINDS
from freio.ports import Lever
from freio.settings import PUSH, REQUIRED, SPOKEN
from tests.records import record_types
from tools.bundle import functions

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "infra" / "terraform"
QUOTED = re.compile(r'"([^"]*)"')

# Documents that never expire: see firestore_documents.
FOR_EVER = {"brake", "open", "quotabook"}
# What Google grants by a role of its own alone: it is in no custom role.
PREDEFINED = {
    "orgpolicy.policy.get": "roles/orgpolicy.policyAdmin",
    "orgpolicy.policy.set": "roles/orgpolicy.policyAdmin",
    **{f"iam.denypolicies.{verb}": "roles/iam.denyAdmin" for verb in ("get", "create", "update", "delete")},
}
# Beyond what a lever asks for before it is offered: what its calls need besides.
BESIDES = {
    "quota": {"serviceusage.operations.get", "cloudquotas.quotas.get", "cloudquotas.quotas.update"},
    "allowed_models": {"monitoring.timeSeries.list"},
    "api_key": {LIST},
    "disable_service": {"serviceusage.operations.get"},
}


def text(name: str) -> str:
    """A file of the module, without its comments."""
    return re.sub(r"(^|\s)#.*", "", (MODULE / name).read_text(encoding="utf-8"))


def block(within: str, name: str) -> str:
    """What stands in `name = {…}` or `name = […]`, brackets counted."""
    found = re.search(rf"(?m)^\s*{re.escape(name)}\s*= ([{{\[])", within)
    assert found is not None, f"no {name} there"
    depth, start = 0, found.start(1)
    for at in range(start, len(within)):
        depth += (within[at] in "{[(") - (within[at] in "}])")
        if depth == 0:
            return within[start + 1 : at]
    raise AssertionError(f"{name} does not end")


def listed(within: str, name: str) -> set[str]:
    return set(QUOTED.findall(block(within, name)))


# ---- functions


def test_every_function_is_an_entry_and_no_other() -> None:
    """The bundles are those of functions/."""
    entries = block(text("functions.tf"), "functions")
    assert sorted(re.findall(r"(?m)^    (\w+) = \{", entries)) == functions()


@pytest.mark.parametrize(
    ("function", "gib"),
    [
        ("slack_inbox", running_work.INBOX_GIB),
        ("budget_alert", running_work.LIGHT_GIB),
        ("enforcer", running_work.LIGHT_GIB),
        ("spend_watch", running_work.WATCH_GIB),
    ],
)
def test_a_function_has_the_size_that_freio_cost_reckons_with(function: str, gib: Decimal) -> None:
    """One vCPU, and its memory; one of them kept warm."""
    entry = block(block(text("functions.tf"), "functions"), function)
    memory = re.search(r'memory = "(\d+)(Mi|Gi)"', entry)
    assert memory is not None
    assert Decimal(memory[1]) / (1024 if memory[2] == "Mi" else 1) == gib
    assert 'cpu = "1"' in entry
    assert f"min_instances = {int(function == 'slack_inbox')}" in entry


def test_the_ticks_are_those_that_freio_cost_reckons_with() -> None:
    """Every five minutes, every minute, and the drill."""
    ticks = text("schedule.tf")
    assert '"*/5 * * * *"' in ticks
    assert '"* * * * *"' in ticks
    assert running_work.HOURS * 12 == running_work.WATCH_TICKS
    assert running_work.HOURS * 60 == running_work.SWEEP_TICKS
    assert len(re.findall(r'"freio-\w+" = \{', ticks)) == running_work.SCHEDULED_JOBS


def test_the_secrets_are_those_that_freio_cost_reckons_with() -> None:
    """Slack's two and freio.yaml; a gateway's key is one more."""
    always = re.findall(r'"(slack-[a-z-]+)"\s*=', text("secrets.tf"))
    assert len([*always, "config"]) == running_work.SECRETS
    assert text("secrets.tf").count('resource "google_secret_manager_secret" ') == 2


def test_a_function_is_told_nothing_that_nobody_reads() -> None:
    """A name in the environment that is misspelt would be silently left out."""
    told = set(re.findall(r"\b(FREIO_\w+|SLACK_\w+)\b", text("functions.tf") + text("outputs.tf")))
    readers = (ROOT / "shared" / "freio" / "settings.py").read_text(encoding="utf-8")
    assert {name for name in told if f'"{name}"' not in readers} == set()
    assert set(REQUIRED) | set(SPOKEN) | set(PUSH) <= told


# ---- state


def test_every_collection_that_may_expire_has_its_policy() -> None:
    """A kind of record without one would be kept for ever, and grow."""
    expiring = {name.removeprefix("freio-") for name in listed(text("state.tf"), "expiring")}
    kinds = {kind_of(one) for one in record_types()}
    assert expiring == (kinds | {"journal", "once"}) - FOR_EVER


# ---- warehouse

TABLES = {
    "rollup": "hourly_spend",
    "rollup_runs": "hourly_spend_runs",
    "rollup_lock": "hourly_spend_lock",
    "journal_lines": "journal_lines",
}


def statement(name: str) -> str:
    return (files("freio") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def columns(sql: str) -> dict[str, list[tuple[str, str, str]]]:
    """By table: name, type and mode of each column, as a schema file of BigQuery says them."""
    found = {}
    for name, body in re.findall(r"CREATE TABLE IF NOT EXISTS `(\w+)` \(\n(.*?)\n\)", sql, re.DOTALL):
        words = [line.strip().rstrip(",").split(" ", 2) for line in body.splitlines()]
        found[name] = [
            (word[0], {"INT64": "INTEGER"}.get(word[1], word[1]), "REQUIRED" if word[2:] else "NULLABLE")
            for word in words
        ]
    return found


def test_the_tables_have_the_columns_that_the_statements_write() -> None:
    """Terraform makes them, the functions fill them; on one's own machine the statements make them."""
    told = {**columns(statement("rollup_tables")), **columns(statement("journal_table"))}
    told["rollup_lock"] = [("number", "INTEGER", "NULLABLE")]  # CREATE TABLE … AS SELECT 0 AS number
    assert set(told) == set(TABLES)
    for name, table in TABLES.items():
        made = json.loads((MODULE / "tables" / f"{table}.json").read_text(encoding="utf-8"))
        assert [(one["name"], one["type"], one["mode"]) for one in made] == told[name], table


@pytest.mark.parametrize("table", ["rollup", "journal_lines"])
def test_the_tables_are_cut_and_kept_alike(table: str) -> None:
    """Partitions, clusters, expiry."""
    sql = statement("rollup_tables" if table == "rollup" else "journal_table")
    cut = re.search(r"PARTITION BY TIMESTAMP_TRUNC\((\w+), (\w+)\)\nCLUSTER BY ([\w, ]+)", sql)
    kept = re.search(r"partition_expiration_days = (\d+)", sql)
    assert cut is not None
    made = block(block(text("warehouse.tf"), "tables"), TABLES[table])
    assert f'type = "{cut[2]}", field = "{cut[1]}"' in made
    assert QUOTED.findall(block(made, "clusters")) == cut[3].split(", ")
    assert ("400 * local.days" in made) == (kept is not None and int(kept[1]) == running_work.ROLLUP_KEPT_DAYS)


def test_the_journal_is_read_by_the_same_view() -> None:
    """Each line once."""
    told = re.search(r"SELECT DISTINCT (.*)\nFROM `journal_lines`", statement("journal_table"))
    assert told is not None
    assert f"SELECT DISTINCT {told[1]}\n" in (MODULE / "warehouse.tf").read_text(encoding="utf-8")


# ---- rights


def levers() -> dict[str, Lever]:
    apis = GoogleApis(endpoint="http://127.0.0.1:9")
    made: list[Lever] = [
        QuotaLever(apis),
        AllowedModelsLever(apis, now=lambda: datetime(2026, 11, 1, tzinfo=UTC)),
        ApiKeyLever(apis),
        DenyLever(apis),
        DisableServiceLever(apis, own_project="acme-freio"),
        UnlinkBillingLever(apis, own_project="acme-freio"),
    ]
    return {lever.name: lever for lever in made}


APP = App(
    name="chat",
    team="care",
    cost_centre="CC-1",
    environment="production",
    owners=("ana@acme.example",),
    match=Match(
        projects=frozenset({"acme-chat"}),
        api_keys=frozenset({"k-1"}),
        service_accounts=frozenset({"chat@acme-chat.iam.gserviceaccount.com"}),
    ),
)


def granted(lever: str) -> dict[str, set[str]]:
    """By who: what levers.tf gives in an app's project."""
    entry = block(block(text("levers.tf"), "lever_permissions"), lever)
    if "\n" not in entry.strip():  # on one line
        return {who: set() for who in ("watch", "enforcer", "hard")}
    return {who: listed(entry, who) for who in ("watch", "enforcer", "hard")}


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"gateway"}))
def test_who_sets_a_lever_gets_what_it_asks_for_and_nothing_more(name: str) -> None:
    """From a custom role, or from the role that Google grants alone; hard powers are of one identity, all of them."""
    needs = {permission for asked in levers()[name].needs(APP).values() for permission in asked}
    by_role = needs & set(PREDEFINED)
    gives = granted(name)
    setter = gives["hard"] if name in listed(text("client.tf"), "hard_levers") else gives["enforcer"]
    assert setter == (needs - by_role) | BESIDES.get(name, set())
    hard = text("hard_levers.tf")
    assert all(f'"{PREDEFINED[permission]}"' in hard for permission in by_role)


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"gateway"}))
def test_the_readme_says_what_a_lever_is_granted(name: str) -> None:
    """The last column of its table of levers; `a.b.get`, `.update` is `a.b.get` and `a.b.update`."""
    (row,) = re.findall(rf"(?m)^\| `{name}` \|.*$", (MODULE.parents[1] / "README.md").read_text(encoding="utf-8"))
    told: list[str] = []
    for word in re.findall(r"`([\w./]+)`", row.split("|")[-2]):
        told.append(f"{told[-1].rpartition('.')[0]}{word}" if word.startswith(".") else word)
    needs = {permission for asked in levers()[name].needs(APP).values() for permission in asked}
    gives = granted(name)
    setter = gives["hard"] if name in listed(text("client.tf"), "hard_levers") else gives["enforcer"]
    assert set(told) == setter | {PREDEFINED[one] for one in needs & set(PREDEFINED)}


def test_the_hard_levers_are_those_that_act_as_an_account_of_their_own() -> None:
    """Terraform's list is that of the composition root (see test_bootstrap)."""
    assert listed(text("client.tf"), "hard_levers") == {
        "allowed_models",
        "iam_deny",
        "disable_service",
        "unlink_billing",
    }
    assert listed(text("client.tf"), "known_levers") == set(KINDS)


def test_the_watch_reads_and_sets_nothing() -> None:
    """It offers a brake, and pulls none."""
    assert all(
        permission.rpartition(".")[2] in {"get", "list"}
        for name in KINDS
        for permission in granted(name)["watch"] | listed(block(text("levers.tf"), "always"), "watch")
    )


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("rights.tf", '"google_project_iam_custom_role" "enforcer"'),
        ("hard_levers.tf", '"google_project_iam_custom_role" "hard_levers"'),
        ("functions.tf", '"google_cloudfunctions2_function" "freio"'),
    ],
)
def test_what_a_brake_stands_on_changes_only_after_the_look_whether_one_is_held(name: str, resource: str) -> None:
    """Terraform destroys what something depends on before it changes that: the check fails first."""
    body = text(name).partition(f"resource {resource} {{")[2].partition("\nresource ")[0]
    assert "terraform_data.lever_is_let_go" in body.partition("\n  depends_on = [")[2].partition("]")[0]


# ---- alerts


def test_what_is_stuck_is_told_by_how_its_page_begins() -> None:
    """Pages are in English, whatever the client speaks."""
    begins = "Freio is stuck on "
    assert sentences.PAGE_STUCK.startswith(begins)
    assert text("alerts.tf").count(f'jsonPayload.message=~\\"^{begins}\\"') == 2
    others = [value for name, value in vars(sentences).items() if name.startswith("PAGE_") and name != "PAGE_STUCK"]
    assert others
    assert not any(value.startswith(begins) for value in others)


# ---- examples


@pytest.mark.parametrize("example", ["small", "organisation"])
def test_an_example_is_a_file_without_faults(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As `freio check` says, without a warning."""
    assert main(["check", str(MODULE / "examples" / example / "freio.yaml")]) == 0
    told = capsys.readouterr()
    assert "no faults" in told.out
    assert "warning" not in told.err


def test_what_is_rare_in_the_modules_tests_is_what_freio_check_accepts() -> None:
    """The module refuses no such file (tests/edges.tftest.hcl), and the functions read it."""
    assert main(["check", str(MODULE / "tests" / "files" / "edges.yaml")]) == 0
