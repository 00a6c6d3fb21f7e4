"""An upgrade loses no state: what the real provider plans where an older version, or another file, has been applied."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.terraform import mocked, planned
from tools.terraform.check import ROOT
from tools.terraform.planned import Change, Resource

# Each of these tests waits for Terraform, and they share what they plan on.
pytestmark = pytest.mark.xdist_group("upgrade")

MODULE = Path("infra/terraform")
EXAMPLE = MODULE / "examples" / "organisation"
ADDRESSES = Path(__file__).parent / "addresses.txt"
# What cannot be made again from the files: what is written in it, addressed to it, or granted to it would be gone.
HOLDS_STATE = {
    "google_bigquery_dataset",
    "google_bigquery_table",
    "google_firestore_backup_schedule",
    "google_firestore_database",
    "google_firestore_field",
    "google_pubsub_subscription",
    "google_pubsub_topic",
    "google_secret_manager_secret",
    "google_service_account",
    "google_storage_bucket",
}
ADVISOR = """advisor = {
      size        = { cpu = "1", memory = "1Gi", concurrency = 1, min_instances = 0, max_instances = 1, timeout = 90 }
      is_public   = false
      reads_file  = true
      keeps_state = true
      secrets     = { SLACK_BOT_TOKEN = "slack-bot-token" }
      publishes   = []
      environment = { FREIO_WAREHOUSE = local.warehouse }
    }
    slack_inbox = {"""
APP = """  - name: newcomer
    team: care
    cost_centre: CC-1042
    environment: production
    owners: [ana@acme.example]
    match: {projects: [acme-newcomer]}
    budget: {monthly: 100}
    levers: [quota, disable_service]

  # Nothing runs there"""


# A mock names an account at random, which the provider refuses where an older version of the module passes it on.
ACCOUNT = "freio-any@acme-freio.iam.gserviceaccount.com"
ACCOUNTS = f"""mock_resource "google_service_account" {{
  defaults = {{
    name   = "projects/acme-freio/serviceAccounts/{ACCOUNT}"
    email  = "{ACCOUNT}"
    member = "serviceAccount:{ACCOUNT}"
  }}
}}"""


@dataclass(frozen=True)
class Standing:
    """A deployment, and the tree that it was made from."""

    folder: Path
    environment: Mapping[str, str]
    resources: Sequence[Resource]

    def plan(self, *edits: tuple[Path, str, str]) -> list[Change]:
        """What an apply would do once (file, what stands there, what is put there instead)."""
        with ExitStack() as stack:
            for path, old, new in edits:
                stack.enter_context(_edited(self.folder / path, old, new))
            return planned.changes(self.folder / EXAMPLE, self.environment, self.resources)


@contextmanager
def _edited(path: Path, old: str, new: str) -> Iterator[None]:
    before = path.read_text(encoding="utf-8")
    assert before.count(old) == 1, f"{old!r} stands {before.count(old)} times in {path.name}"
    path.write_text(before.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


@pytest.fixture(scope="module")
def standing(provider: Path, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The organisation of the example, as this version makes it."""
    return _stands(tmp_path_factory.mktemp("standing"), ROOT / "infra")


def _stands(folder: Path, infra: Path, more: str = "") -> Standing:
    copy = mocked.copied(folder, infra)
    environment = mocked.configured(copy)
    root = copy / EXAMPLE
    made = planned.settled(root, environment, mocked.applied(root, environment, more))
    return Standing(copy, environment, made)


def done(changes: Sequence[Change], *what: str, types: Sequence[str] = ()) -> set[str]:
    """Addresses at which any of these is done: ``create``, ``update``, ``delete``."""
    return {
        one["address"].removeprefix("module.freio.")
        for one in changes
        if set(what) & set(one["change"]["actions"]) and (not types or one["type"] in types)
    }


def lost(changes: Sequence[Change]) -> set[str]:
    """What holds state, and would be destroyed or made anew."""
    return done(changes, "delete", types=sorted(HOLDS_STATE))


def test_where_nothing_changes_nothing_is_destroyed_or_made(standing: Standing) -> None:
    changes = standing.plan()
    assert len(changes) > 200
    assert done(changes, "create", "delete") == set()
    # Bytes that the mock knows nothing of: the archives', and whether the file's is base64.
    assert {one.partition("[")[0] for one in done(changes, "update")} <= {
        "google_storage_bucket_object.bundle",
        "google_secret_manager_secret_version.config",
    }


def test_new_archives_are_a_new_build_and_nothing_else(standing: Standing) -> None:
    archive = standing.folder / "dist" / "enforcer.zip"
    before = archive.read_bytes()
    archive.write_bytes(before + b"\0")
    try:
        changes = standing.plan()
    finally:
        archive.write_bytes(before)
    assert done(changes, "delete") == {'google_storage_bucket_object.bundle["enforcer"]'}
    assert done(changes, "update", types=["google_cloudfunctions2_function"]) == {
        'google_cloudfunctions2_function.freio["enforcer"]'
    }


def test_a_new_function_is_added_and_the_others_stay(standing: Standing) -> None:
    archive = standing.folder / "dist" / "advisor.zip"
    archive.write_bytes((standing.folder / "dist" / "enforcer.zip").read_bytes())
    changes = standing.plan((MODULE / "functions.tf", "slack_inbox = {\n      size", f"{ADVISOR}\n      size"))
    assert done(changes, "delete") == set()
    assert {'google_cloudfunctions2_function.freio["advisor"]', 'google_service_account.function["advisor"]'} <= done(
        changes, "create"
    )


def test_an_app_that_is_added_takes_nothing_from_another(standing: Standing) -> None:
    changes = standing.plan((EXAMPLE / "freio.yaml", "  # Nothing runs there", APP))
    assert done(changes, "delete") == {"google_secret_manager_secret_version.config"}
    assert 'google_billing_budget.app["newcomer"]' in done(changes, "create")


def test_an_app_that_is_renamed_has_a_new_budget_and_nothing_else(standing: Standing) -> None:
    changes = standing.plan((EXAMPLE / "freio.yaml", "- name: translation", "- name: vega-translation"))
    assert done(changes, "delete") == {
        "google_secret_manager_secret_version.config",
        'google_billing_budget.app["translation"]',
    }


def test_an_app_that_is_removed_takes_its_own_rights_alone_with_it(standing: Standing) -> None:
    text = (standing.folder / EXAMPLE / "freio.yaml").read_text(encoding="utf-8")
    begins = text.index("  # The subsidiary pays by itself.")
    app = text[begins : text.index("  # Nothing runs there")]
    changes = standing.plan((EXAMPLE / "freio.yaml", app, ""))
    gone = done(changes, "delete") - {"google_secret_manager_secret_version.config"}
    assert lost(changes) == set()
    assert {one for one in gone if "vega-translate" not in one} == {'google_billing_budget.app["translation"]'}
    # Refused while a brake is held there.
    assert 'terraform_data.nothing_is_held["vega-translate"]' in gone


def test_another_schedule_is_set_where_it_stands(standing: Standing) -> None:
    changes = standing.plan((EXAMPLE / "main.tf", "own_budget =", 'drill_schedule = "0 9 2 * *"\n  own_budget ='))
    assert done(changes, "create", "delete") == set()
    assert done(changes, "update", types=["google_cloud_scheduler_job"]) == {
        'google_cloud_scheduler_job.tick["freio-drill"]'
    }


def test_where_the_functions_move_the_state_stays_where_it_is(standing: Standing) -> None:
    """What cannot be moved is not made anew in another place."""
    moved = [
        (EXAMPLE / "main.tf", 'default     = "southamerica-east1"', 'default     = "us-central1"'),
        (EXAMPLE / "main.tf", "locations/southamerica-east1/keyRings", "locations/us-central1/keyRings"),
    ]
    changes = standing.plan(*moved)
    assert len(done(changes, "delete", types=["google_cloudfunctions2_function"])) == 4
    # Another key is in another place too, and a database is never encrypted anew.
    assert lost(changes) <= {"google_firestore_database.state"}


def test_other_keys_would_need_a_new_database_and_new_tables_and_those_are_protected(standing: Standing) -> None:
    """Which the README of the module says: keys are chosen once."""
    changes = standing.plan(
        (EXAMPLE / "main.tf", "kms = { key = var.keys.region, warehouse_key = var.keys.warehouse }", "")
    )
    assert {one.partition("[")[0] for one in lost(changes)} == {
        "google_firestore_database.state",
        "google_bigquery_table.freio",
    }
    before = [one["change"]["before"] for one in changes if "delete" in one["change"]["actions"]]
    assert all(one["deletion_protection"] for one in before if "table_id" in one)
    assert [one["delete_protection_state"] for one in before if "delete_protection_state" in one] == [
        "DELETE_PROTECTION_ENABLED"
    ]


def test_a_loss_would_be_seen(standing: Standing) -> None:
    """The provider's own word that something cannot be changed where it stands."""
    changes = standing.plan((MODULE / "warehouse.tf", 'dataset       = "freio"', 'dataset = "brake"'))
    assert {"google_bigquery_dataset.freio", 'google_bigquery_table.freio["journal_lines"]'} <= lost(changes)


def test_functions_that_are_taken_away_again_are_asked_for_first(standing: Standing) -> None:
    """`secrets_ready = false`, said of what runs: refused while a brake is held, and no state goes with it."""
    changes = standing.plan((EXAMPLE / "main.tf", "= var.secrets_ready", "= false"))
    assert 'terraform_data.nothing_is_held["functions"]' in done(changes, "delete")
    assert {one.partition(".")[0] for one in lost(changes)} == {"google_pubsub_subscription"}


# ---- from nothing


@pytest.mark.parametrize("example", ["small", "organisation"])
def test_the_provider_takes_every_value_of_an_example(standing: Standing, example: str) -> None:
    """A mock takes what the schema takes; the provider itself also looks at names, forms and what goes together."""
    changes = planned.changes(standing.folder / EXAMPLE.parent / example, standing.environment, [])
    assert len(changes) > 150
    assert {tuple(one["change"]["actions"]) for one in changes} == {("create",)}


# ---- from version to version


def test_everything_that_holds_state_keeps_its_address(standing: Standing) -> None:
    """addresses.txt lists what an earlier version has made: nothing leaves it without a `moved` block in the module."""
    landed = set(ADDRESSES.read_text(encoding="utf-8").splitlines())
    here = {one["address"] for one in standing.resources if one["type"] in HOLDS_STATE and one["mode"] == "managed"}
    moved = "".join(file.read_text(encoding="utf-8") for file in (ROOT / MODULE).glob("*.tf"))
    left = {
        one for one in landed - here if f"from = {one.removeprefix('module.freio.').partition('[')[0]}" not in moved
    }
    assert left == set(), "an upgrade would destroy these"
    assert here - landed == set(), f"new: list them in {ADDRESSES.relative_to(ROOT)}"


def _versions() -> list[str]:
    """Commits of the module: the one that it landed with, and the last one before what stands here."""
    git = ["git", "-C", str(ROOT)]
    files = ["--", "infra/terraform/*.tf", "infra/terraform/examples/organisation/*"]
    found = subprocess.run([*git, "log", "--format=%H", *files], capture_output=True, text=True, check=False)
    commits = found.stdout.split()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", *files], capture_output=True, check=False).returncode
    before = commits if changed else commits[1:]
    return list(dict.fromkeys([*before[-1:], *before[:1]]))


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "the last before"])
def test_an_upgrade_destroys_nothing_that_holds_state(provider: Path, tmp_path: Path, which: int) -> None:
    """The example as it was is applied, and the example as it is now is planned on that."""
    versions = _versions()
    if which >= len(versions):
        pytest.skip("this clone has no history of the module: `git fetch --unshallow` brings it")
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", versions[which], "infra"], capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(tmp_path / "before", filter="data")
    (tmp_path / "tree").mkdir()
    before = _stands(tmp_path / "tree", tmp_path / "before" / "infra", ACCOUNTS)
    shutil.rmtree(before.folder / "infra")
    shutil.copytree(ROOT / "infra", before.folder / "infra")
    changes = before.plan()
    assert len(changes) > 150
    assert lost(changes) == set()
