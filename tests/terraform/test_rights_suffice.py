"""What the examples grant is what the levers ask for: enough for who sets them, and nothing of it for anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freio.adapters.google.api_key_lever import ApiKeyLever
from freio.adapters.google.billing_lever import UnlinkBillingLever
from freio.adapters.google.client import GoogleApis
from freio.adapters.google.deny_lever import DenyLever
from freio.adapters.google.models_lever import AllowedModelsLever
from freio.adapters.google.quota_lever import QuotaLever
from freio.adapters.google.service_lever import DisableServiceLever
from freio.config import load
from freio.domain.app import App
from freio.ports import Lever
from tools.terraform import mocked
from tools.terraform.access import Grant, grants
from tools.terraform.check import MODULE, ROOT, folders
from tools.terraform.mocked import state

ENFORCER, HARD, WATCH = "`enforcer`", "`freio-hard-levers`", "`spend_watch`"
# Of Google's own roles, what the levers ask for (https://cloud.google.com/iam/docs/roles-permissions); custom roles are
# written out in the state.
ROLES = {
    "roles/orgpolicy.policyAdmin": ("orgpolicy.policy.get", "orgpolicy.policy.set"),
    "roles/iam.denyAdmin": tuple(f"iam.denypolicies.{verb}" for verb in ("get", "create", "update", "delete")),
    "roles/iam.denyReviewer": ("iam.denypolicies.get",),
}
WRITES = {"create", "update", "delete", "set", "disable", "enable", "deleteBillingAssignment"}
ABOVE = {"folder", "organization"}
# Its one app names no project in match: `projects` says where it is billed.
LABELS = MODULE / "tests" / "files" / "labels.yaml"
BILLED = frozenset({"acme-billed", "acme-batch"})
ROOT_MODULE = f"""
provider "google" {{}}

module "freio" {{
  source      = "../.."
  project     = "acme-freio"
  config_file = "../../tests/files/{LABELS.name}"
  location    = {{ region = "europe-west1" }}
  alerts      = {{ emails = ["ana@acme.example"] }}
  own_budget  = {{ monthly = 30 }}
  projects    = {{ chat = {json.dumps(sorted(BILLED))} }}
}}
"""


@pytest.fixture(scope="module", params=folders()[1:], ids=lambda path: path.name)
def example(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def made(example: Path, provider: Path) -> list[Grant]:
    """Every grant that the example makes."""
    return grants(state(example))


def levers() -> dict[str, Lever]:
    """Google's, as they stand in the enforcer; none is called."""
    apis = GoogleApis(endpoint="http://127.0.0.1:9")
    found: list[Lever] = [
        QuotaLever(apis),
        AllowedModelsLever(apis, now=lambda: datetime.now(UTC)),
        ApiKeyLever(apis),
        DenyLever(apis),
        DisableServiceLever(apis, own_project=""),
        UnlinkBillingLever(apis, own_project=""),
    ]
    return {lever.name: lever for lever in found}


def needed(apps: Iterable[App]) -> Mapping[tuple[str, str], set[str]]:
    """What the apps' levers ask for: by lever and project."""
    found: dict[tuple[str, str], set[str]] = {}
    known = levers()
    for app in apps:
        for name in app.policy.levers:
            for project, permissions in known[name].needs(app).items() if name in known else ():
                found.setdefault((name, project), set()).update(permissions)
    return found


def held(made: list[Grant], who: str, project: str) -> set[str]:
    """What somebody may do in a project, with what folders and the organization grant."""
    return {
        permission
        for grant in made
        if grant.who == who and (grant.kind in ABOVE or (grant.kind, grant.where) == ("project", project))
        for one in grant.may
        for permission in ROLES.get(one, (one,))
    }


def lacking(made: list[Grant], apps: Iterable[App]) -> dict[str, list[str]]:
    """What a lever asks for, and who would set it may not do: by lever and project."""
    hard = {"allowed_models", "iam_deny", "disable_service", "unlink_billing"}
    lacks = {
        f"{name} in {project}": sorted(permissions - held(made, HARD if name in hard else ENFORCER, project))
        for (name, project), permissions in needed(apps).items()
    }
    return {where: permissions for where, permissions in lacks.items() if permissions}


def test_who_sets_a_lever_may_do_what_it_asks_for(example: Path, made: list[Grant]) -> None:
    assert lacking(made, load(example / "freio.yaml").apps) == {}


def test_an_app_without_projects_can_be_braked_where_it_is_billed(provider: Path, tmp_path: Path) -> None:
    assert provider.is_dir()
    copy = mocked.copied(tmp_path)
    root = copy / (MODULE / "examples" / "labels").relative_to(ROOT)
    root.mkdir()
    (root / "main.tf").write_text(ROOT_MODULE, encoding="utf-8")
    made = grants(mocked.applied(root, mocked.configured(copy)))
    (app,) = load(LABELS).apps
    assert app.match.projects == frozenset()
    apps = [replace(app, match=replace(app.match, projects=BILLED))]
    assert {project for _, project in needed(apps)} == BILLED
    assert lacking(made, apps) == {}


def test_what_sets_a_lever_is_granted_to_nobody_else(example: Path, made: list[Grant]) -> None:
    setting = {
        permission
        for permissions in needed(load(example / "freio.yaml").apps).values()
        for permission in permissions
        if permission.rpartition(".")[2] in WRITES
    }
    assert setting
    holders = {grant.who for grant in made for one in grant.may if setting & set(ROLES.get(one, (one,)))}
    assert holders <= {ENFORCER, HARD}


def test_the_watch_may_read_where_it_looks_and_write_nothing(example: Path, made: list[Grant]) -> None:
    projects = {project for _, project in needed(load(example / "freio.yaml").apps)}
    for project in projects:
        may = {one for one in held(made, WATCH, project) if not one.startswith("roles/")}
        assert {one for one in may if one.rpartition(".")[2] in WRITES} == set()
