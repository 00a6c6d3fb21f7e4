"""Terraform code is held against the google provider's schema, and each kind of mistake is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.terraform import hcl
from tools.terraform.check import Schema, check

TOPIC = """
resource "google_pubsub_topic" "ticks" {
  name = "ticks"
}
"""
SUBSCRIPTION = """
resource "google_pubsub_subscription" "ticks" {
  name  = "ticks"
  topic = google_pubsub_topic.ticks.id

  push_config {
    push_endpoint = "https://example.com"

    oidc_token {
      service_account_email = "push@example.com"
    }
  }
}
"""


def faults(folder: Path, schema: Schema, text: str) -> list[str]:
    """What is found wrong in one file: ``line: where: what``."""
    (folder / "main.tf").write_text(text)
    return [str(fault).removeprefix(f"{folder / 'main.tf'}:") for fault in check(folder, schema)]


def test_what_is_right_is_let_through(tmp_path: Path, schema: Schema) -> None:
    right = """
    resource "google_service_account" "functions" {
      for_each   = toset(["enforcer"])
      project    = "p"
      account_id = "freio-${each.key}"
      lifecycle {
        ignore_changes = [description]
      }
    }
    data "google_project" "here" {
      project_id = "p"
    }
    resource "google_billing_budget" "app" {
      billing_account = "01D4EE-079462-DFD6EC"
      amount {
        specified_amount {
          units = 10
        }
      }
      dynamic "budget_filter" {
        for_each = [1]
        content {
          projects = ["projects/${data.google_project.here.number}"]
        }
      }
      threshold_rules { threshold_percent = 0.5 }
      threshold_rules { threshold_percent = 1.0 }
    }
    output "emails" {
      value = [for account in google_service_account.functions : account.email]
    }
    resource "terraform_data" "anything" {
      input = google_service_account.functions["enforcer"].email
    }
    """
    assert faults(tmp_path, schema, TOPIC + SUBSCRIPTION + right) == []


def test_an_unknown_argument_names_the_closest(tmp_path: Path, schema: Schema) -> None:
    (fault,) = faults(tmp_path, schema, TOPIC.replace("name =", 'kms_key_nam = "k"\n  name ='))
    assert fault == "3: google_pubsub_topic.ticks: no argument 'kms_key_nam'; closest is kms_key_name"


def test_an_unknown_argument_of_a_nested_block(tmp_path: Path, schema: Schema) -> None:
    (fault,) = faults(tmp_path, schema, TOPIC + SUBSCRIPTION.replace("service_account_email", "service_account"))[:1]
    assert (
        "google_pubsub_subscription.ticks.push_config.oidc_token: service_account_email is required, and missing"
        in fault
    )


def test_an_unknown_argument_of_a_dynamic_block(tmp_path: Path, schema: Schema) -> None:
    dynamic = SUBSCRIPTION.replace(
        "oidc_token {", 'dynamic "oidc_token" {\n for_each = [1]\n content {\n audence = "x"'
    )
    (fault,) = faults(tmp_path, schema, TOPIC + dynamic.replace("    }\n  }", "    }\n    }\n  }"))
    assert fault == (
        "16: google_pubsub_subscription.ticks.push_config.oidc_token: no argument 'audence'; closest is audience"
    )


def test_an_unknown_nested_block(tmp_path: Path, schema: Schema) -> None:
    (fault,) = faults(tmp_path, schema, TOPIC + SUBSCRIPTION.replace("push_config", "push_configuration"))
    assert fault == "10: google_pubsub_subscription.ticks: no block 'push_configuration'; closest is push_config"


def test_a_missing_required_argument(tmp_path: Path, schema: Schema) -> None:
    (fault,) = faults(tmp_path, schema, TOPIC + SUBSCRIPTION.replace("topic = google_pubsub_topic.ticks.id", ""))
    assert fault == "6: google_pubsub_subscription.ticks: topic is required, and missing"


def test_a_missing_required_block(tmp_path: Path, schema: Schema) -> None:
    (fault,) = faults(tmp_path, schema, 'resource "google_billing_budget" "app" {\n billing_account = "a"\n}\n')
    assert fault == "1: google_billing_budget.app: amount is required, and missing"


@pytest.mark.parametrize(
    ("kind", "name", "closest"),
    [("resource", "google_pubsub_topics", "google_pubsub_topic"), ("data", "google_projct", "google_project")],
)
def test_an_unknown_type(tmp_path: Path, schema: Schema, kind: str, name: str, closest: str) -> None:
    (fault,) = faults(tmp_path, schema, f'{kind} "{name}" "x" {{\n}}\n')
    assert f"no {kind} type '{name}'; closest is {closest}" in fault


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("google_pubsub_topic.ticks.nam", "no attribute 'nam'; closest is name"),
        ("google_pubsub_topic.ticks[0].schema_settings[0].encodin", "no attribute 'encodin'; closest is encoding"),
        ("google_pubsub_topic.tick.name", "which this folder does not declare; closest is google_pubsub_topic.ticks"),
        ("google_pubsub_topics.ticks.name", "no resource type 'google_pubsub_topics'"),
        ("data.google_pubsub_topic.ticks.name", "which this folder does not declare"),
        ("[for one in [1] : google_pubsub_topic.ticks.nam if one > 0]", "no attribute 'nam'; closest is name"),
        ('"a-${google_pubsub_topic.ticks.nam}-b"', "no attribute 'nam'; closest is name"),
        ("<<-END\n  first\n  ${google_pubsub_topic.ticks.nam}\n  END", "no attribute 'nam'; closest is name"),
        ("google_pubsub_topic.ticks.name.first", "'first' is asked of a string"),
    ],
)
def test_a_reference_to_what_is_not_there(tmp_path: Path, schema: Schema, expression: str, what: str) -> None:
    (fault,) = faults(tmp_path, schema, f'{TOPIC}output "x" {{\n  value = {expression}\n}}\n')
    assert what in fault
    assert "output.x: refers to" in fault


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ("effective_labels = {}", "effective_labels is decided by Google and cannot be set"),
        ("schema_settings = []", "schema_settings stands as an argument; it is a block: schema_settings { … }"),
        ("labels { }", "labels stands as a block; it is an argument: labels = …"),
        ("lifecycle {\n ignore_changes = [labls]\n}", "no 'labls'; closest is labels"),
        (
            'schema_settings {\n schema = "s"\n}\nschema_settings {\n schema = "s"\n}',
            "schema_settings stands 2 times; it may stand once",
        ),
        (
            'schema_settings {\n schema = "s"\n encoding = "YAML"\n}',
            "encoding is 'YAML'; may be ENCODING_UNSPECIFIED, JSON, BINARY",
        ),
    ],
)
def test_what_else_a_provider_would_refuse(tmp_path: Path, schema: Schema, wrong: str, what: str) -> None:
    (fault,) = faults(tmp_path, schema, TOPIC.replace("name =", f"{wrong}\n  name ="))
    assert what in fault


def test_a_file_that_is_no_hcl_is_named_with_its_line(tmp_path: Path, schema: Schema) -> None:
    with pytest.raises(hcl.BadHcl, match=r"main\.tf:5: is no HCL"):
        faults(tmp_path, schema, TOPIC + 'resource "a" "b" = {\n')
