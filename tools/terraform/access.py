"""Writes who may do what, identity by identity, into infra/terraform/README.md, from what the examples really make.

``python -m tools.terraform.access`` applies each example with `terraform test` and a mocked provider, and reads the
grants out of the state that this leaves: conditions, loops and the client's file are all evaluated. A custom role is
written as its permissions, a predefined one by its name. ``--check`` writes nothing, and ends with 1 where the README
says something else.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import bundle
from tools.terraform import readme
from tools.terraform.check import ROOT, folders

TEST = """
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "%(number)s" }
  }
  mock_data "google_bigquery_dataset" {
    defaults = { location = "EU" }
  }
}

run "state" {
}
"""
NUMBER = "112233445566"  # of Freio's own project: nobody's

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


def state(example: Path) -> list[dict[str, Any]]:
    """Return every resource that an example makes, as Terraform's state has it, by a mocked apply."""
    with tempfile.TemporaryDirectory() as folder:
        root = _copy(Path(folder)) / example.relative_to(ROOT)
        (root / "access").mkdir()
        (root / "access" / "state.tftest.hcl").write_text(TEST % {"number": NUMBER}, encoding="utf-8")
        # What is made up here and taken away again holds no brake (infra/terraform/release.tf).
        own = {"TF_CLI_CONFIG_FILE": str(_configuration(Path(folder))), "FREIO_RELEASE_CHECK": "true"}
        environment = {**os.environ, **own}
        _terraform(root, environment, "get", "-no-color", "-test-directory=access")
        said = _terraform(root, environment, "test", "-test-directory=access", "-json", "-verbose")
    events = [json.loads(line) for line in said.splitlines()]
    (found,) = [event["test_state"] for event in events if event["type"] == "test_state"]
    return list(_resources(found["root_module"]))


def _copy(folder: Path) -> Path:
    """Lay out the repository anew with a copy of infra/, so that a test's files are not written into the real one.

    With bundles of its own: nobody need have built them before.
    """
    for entry in ROOT.iterdir():
        if entry.name not in {"infra", "dist"}:
            (folder / entry.name).symlink_to(entry)
    subprocess.run(["cp", "-R", str(ROOT / "infra"), str(folder)], check=True)
    (folder / "dist").mkdir()
    for name in bundle.functions():
        bundle.build(name, folder / "dist" / f"{name}.zip")
    return folder


def _configuration(folder: Path) -> Path:
    """Write Terraform's own settings: the provider that tools/terraform_provider.sh brings."""
    brought = subprocess.run(
        [str(ROOT / "tools" / "terraform_provider.sh")], check=True, capture_output=True, text=True
    )
    provider = brought.stdout.splitlines()[-1]
    path = folder / "terraformrc"
    overrides = f'dev_overrides {{\n    "hashicorp/google" = "{provider}"\n  }}'
    text = f"disable_checkpoint = true\nprovider_installation {{\n  {overrides}\n  direct {{}}\n}}\n"
    path.write_text(text, encoding="utf-8")
    return path


def _terraform(root: Path, environment: dict[str, str], *arguments: str) -> str:
    """Run it; where it fails, end with its own words."""
    command = ["terraform", f"-chdir={root}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every resource of a module and its children."""
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


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
        things = ", ".join(f"`{name}`" for name in where)
        word = kind if len(where) == 1 else f"{kind}s" if not kind.endswith("y") else f"{kind[:-1]}ies"
        rows.append(
            (who, ", ".join(f"`{one}`" for one in may), f"{word} {things}", f"`{condition}`" if condition else "")
        )
    return readme.table(HEAD, rows)


def main() -> None:
    """Write the tables, or hold the README against them."""
    sections = {f"access:{path.name}": table(grants(state(path))) for path in folders()[1:]}
    readme.bring(sections, check="--check" in sys.argv[1:], command="make terraform-readme")


if __name__ == "__main__":
    main()
