"""Writes who may do what, identity by identity, into both READMEs, from what the examples really make.

``python -m tools.terraform.access`` reads the grants out of the state that an apply of each example leaves
(tools/terraform/mocked.py): conditions, loops and the client's file are all evaluated. A custom role is written as its
permissions, a predefined one by its name. infra/terraform/README.md has a line for each right, README.md one for each
thing, with all that somebody may do there. ``--check`` writes nothing, and ends with 1 where one says something else.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterable
from typing import Any

from tools.terraform import readme
from tools.terraform.check import ROOT, folders
from tools.terraform.mocked import NUMBER, state

# What a grant is on: the resource's kind → its word, and the attributes that name it.
ON = {
    "artifact_registry_repository": ("repository", ("repository",)),
    "bigquery_dataset": ("dataset", ("project", "dataset_id")),
    "bigquery_table": ("table", ("project", "dataset_id", "table_id")),
    "billing_account": ("billing account", ("billing_account_id",)),
    "cloud_run_v2_service": ("service", ("name",)),
    "cloudfunctions2_function": ("function", ("cloud_function",)),
    "folder": ("folder", ("folder",)),
    "kms_crypto_key": ("key", ("crypto_key_id",)),
    "organization": ("organization", ("org_id",)),
    "project": ("project", ("project",)),
    "pubsub_subscription": ("subscription", ("subscription",)),
    "pubsub_topic": ("topic", ("topic",)),
    "secret_manager_secret": ("secret", ("secret_id",)),
    "service_account": ("service account", ("service_account_id",)),
    "storage_bucket": ("bucket", ("bucket",)),
}
MEMBER = re.compile(r"google_(\w+)_iam_member")
CUSTOM = {"google_project_iam_custom_role", "google_organization_iam_custom_role"}
# These give rights too, in a way that this table could not show.
UNSHOWN = re.compile(
    r"google_\w+_iam_(binding|policy)|google_service_account_key|google_bigquery_dataset_access|\w+_acl"
)
ACCOUNT = re.compile(r"projects/[^/]+/serviceAccounts/([^@/]+)@[^/]+")
AGENTS = {
    "gcp-sa-pubsub": "Pub/Sub",
    "gcf-admin-robot": "Cloud Functions",
    "serverless-robot-prod": "Cloud Run",
    "gcp-sa-artifactregistry": "Artifact Registry",
    "gcp-sa-secretmanager": "Secret Manager",
    "gcp-sa-firestore": "Firestore",
    "gs-project-accounts": "Cloud Storage",
    "bigquery-encryption": "BigQuery",
    "system": "Cloud Billing",
}
HEAD = ("who", "may", "on", "only where")


@dataclasses.dataclass(frozen=True, order=True)
class Grant:
    """One right: who may do what, on which thing, under which condition."""

    rank: int
    who: str
    kind: str
    may: tuple[str, ...]
    condition: str
    where: str


def grants(resources: list[dict[str, Any]]) -> list[Grant]:
    """Return every right that the resources give, sorted: functions first, then Google's agents, then people."""
    managed = [one for one in resources if one["mode"] == "managed"]
    for one in managed:
        if UNSHOWN.fullmatch(one["type"]):
            sys.exit(f"{one['address']}: a {one['type']} gives rights, and the table cannot show it")
    names = _names(managed)
    roles = {one["values"]["name"]: one["values"]["permissions"] for one in managed if one["type"] in CUSTOM}
    functions = _functions(managed, names)
    found = set()
    for one in managed:
        match = MEMBER.fullmatch(one["type"])
        if not match:
            continue
        values = one["values"]
        if match[1] not in ON:
            sys.exit(f"{one['address']}: the table does not know what a {one['type']} is on")
        kind, keys = ON[match[1]]
        rank, who = _who(values["member"], functions)
        may = tuple(roles.get(values["role"], [values["role"]]))
        where = ".".join(_named(str(values[key]), names) for key in keys)
        condition = " and ".join(one["expression"] for one in values.get("condition") or [])
        found.add(Grant(rank, who, kind, may, condition.replace(NUMBER, "NUMBER"), where))
    return sorted(found)


def _names(managed: list[dict[str, Any]]) -> dict[str, str]:
    """Return what the mock made up for ids and names → the name that a person knows the thing by."""
    found = {}
    for one in managed:
        values = one["values"]
        given = [values.get(key) for key in ("account_id", "role_id", "secret_id", "repository_id", "name")]
        known = next((value for value in given if value), None)
        for key in ("id", "name", "email"):
            if known and isinstance(values.get(key), str):
                found[values[key]] = str(known)
    return found


def _named(value: str, names: dict[str, str]) -> str:
    """Return the name that a person knows a thing by; full names of service accounts and folders are cut."""
    account = ACCOUNT.fullmatch(value)
    return account[1] if account else names.get(value, value).removeprefix("folders/")


def _functions(managed: list[dict[str, Any]], names: dict[str, str]) -> dict[str, str]:
    """Return service account (its short name) → the function that runs as it."""
    found = {}
    for one in managed:
        if one["type"] == "google_cloudfunctions2_function":
            email = one["values"]["service_config"][0]["service_account_email"]
            found[names.get(email, email.partition("@")[0])] = one["values"]["build_config"][0]["entry_point"]
    return found


def _who(member: str, functions: dict[str, str]) -> tuple[int, str]:
    """Return whom a member is, and the place in the table."""
    kind, _, rest = member.partition(":")
    if member == "allUsers":
        return 4, "**anybody**"
    if kind != "serviceAccount":
        return 3, f"`{member}`"
    name, _, domain = rest.partition("@")
    if name in functions:
        return 0, f"`{functions[name]}`"
    agent = AGENTS.get(domain.partition(".")[0])
    if agent:
        return 2, f"{agent} (Google's own)"
    return (1, f"`{name}`") if name.startswith("freio-") else (3, f"`{member}`")


def table(found: list[Grant]) -> str:
    """Return the rights as Markdown; the same right on several things of one kind is one line."""
    lines: dict[tuple[int, str, str, tuple[str, ...], str], list[str]] = {}
    for one in found:
        lines.setdefault((one.rank, one.who, one.kind, one.may, one.condition), []).append(one.where)
    rows = []
    for (_, who, kind, may, condition), where in lines.items():
        rows.append((who, _code(may), _things(kind, where), f"`{condition}`" if condition else ""))
    return readme.table(HEAD, rows)


def matrix(found: list[Grant]) -> str:
    """Return the same, shorter: things of one kind at which somebody may do the same are one line, with all of it."""
    at: dict[tuple[int, str, str, str], set[tuple[str, str]]] = {}
    for one in found:
        at.setdefault((one.rank, one.who, one.kind, one.where), set()).update((may, one.condition) for may in one.may)
    lines: dict[tuple[int, str, str, tuple[tuple[str, str], ...]], list[str]] = {}
    for (rank, who, kind, where), may in at.items():
        lines.setdefault((rank, who, kind, tuple(sorted(may))), []).append(where)
    rows = [(who, _things(kind, where), _shortly(may)) for (_, who, kind, may), where in sorted(lines.items())]
    return readme.table(("who", "on", "may"), rows)


def _shortly(may: Iterable[tuple[str, str]]) -> str:
    """Return permissions in their order; of one with the same service and kind as the one before, the verb alone."""
    words, before = [], ""
    for name, condition in may:
        kind, _, verb = name.rpartition(".")
        short = f".{verb}" if kind == before and "/" not in name and not condition else name
        words.append(f"`{short}`" + (f" (where `{condition}`)" if condition else ""))
        before = kind
    return ", ".join(words)


def _things(kind: str, where: list[str]) -> str:
    plural = f"{kind}s" if not kind.endswith("y") else f"{kind[:-1]}ies"
    return f"{kind if len(where) == 1 else plural} {_code(where)}"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write the tables, or hold the READMEs against them."""
    check, command = "--check" in sys.argv[1:], "make terraform-readme"
    made = {f"access:{path.name}": grants(state(path)) for path in folders()[1:]}
    readme.bring({name: table(found) for name, found in made.items()}, check=check, command=command)
    short = {name: matrix(found) for name, found in made.items()}
    readme.bring(short, check=check, command=command, into=ROOT / "README.md")


if __name__ == "__main__":
    main()
