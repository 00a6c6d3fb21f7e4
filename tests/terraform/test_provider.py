"""`make terraform-test` finds what a provider refuses, with the provider that was brought."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.terraform.check import ROOT

RIGHT = """
terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

resource "google_pubsub_topic" "ticks" {
  name    = "ticks"
  project = "p"
  schema_settings {
    schema   = "projects/p/schemas/s"
    encoding = "JSON"
  }
}

resource "google_service_account" "enforcer" {
  project    = "p"
  account_id = "enforcer"
}
"""
TEST = """
mock_provider "google" {}

run "apply" {
  assert {
    condition     = google_pubsub_topic.ticks.name == "NAME"
    error_message = "the topic has another name"
  }
  assert {
    condition     = google_service_account.enforcer.email != ""
    error_message = "the mock gives no email"
  }
}
"""


@pytest.fixture
def root(tmp_path: Path, provider: Path) -> Path:
    """A small module with a test, beside the provider."""
    (tmp_path / "main.tf").write_text(RIGHT)
    (tmp_path / "ticks.tftest.hcl").write_text(TEST.replace("NAME", "ticks"))
    return tmp_path


def run(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "tools" / "terraform_test.sh"), str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_what_is_right_passes_and_leaves_nothing_behind(root: Path) -> None:
    done = run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success! The configuration is valid." in done.stdout
    assert "1 passed, 0 failed" in done.stdout
    assert sorted(path.name for path in root.iterdir()) == ["main.tf", "ticks.tftest.hcl"]


def test_a_failed_assertion_fails(root: Path) -> None:
    (root / "ticks.tftest.hcl").write_text(TEST.replace("NAME", "tocks"))
    done = run(root)
    assert done.returncode == 1
    assert "the topic has another name" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('name    = "ticks"', 'nam     = "ticks"', 'An argument named "nam" is not expected here'),
        ('name    = "ticks"', "", 'The argument "name" is required'),
        ('"JSON"', '"YAML"', "YAML"),
        ("schema_settings {", "schema_setting {", "Blocks of type"),
        ("google_pubsub_topic", "google_pubsub_topics", "does not support resource type"),
    ],
)
def test_what_the_provider_refuses_fails(root: Path, right: str, wrong: str, said: str) -> None:
    (root / "main.tf").write_text(RIGHT.replace(right, wrong))
    done = run(root)
    assert done.returncode == 1
    assert said in " ".join((done.stdout + done.stderr).split())
