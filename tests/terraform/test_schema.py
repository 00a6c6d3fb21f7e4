"""The schema that is read out of the npm package is the provider's own."""

from __future__ import annotations

from typing import Any

import pytest

from tools.terraform.check import Schema

ATTRIBUTE = [
    ("google_pubsub_topic", "name", {"type": "string", "required": True}),
    ("google_pubsub_topic", "labels", {"type": ["map", "string"], "optional": True}),
    ("google_pubsub_topic", "effective_labels", {"type": ["map", "string"], "computed": True}),
    ("google_project_iam_custom_role", "permissions", {"type": ["set", "string"], "required": True}),
    ("google_service_account", "email", {"type": "string", "computed": True}),
    ("google_firestore_database", "delete_protection_state", {"type": "string", "optional": True, "computed": True}),
    ("google_bigquery_table", "clustering", {"type": ["list", "string"], "optional": True}),
    ("google_cloud_scheduler_job", "attempt_deadline", {"type": "string", "optional": True}),
]


@pytest.mark.parametrize(("resource", "name", "expected"), ATTRIBUTE, ids=lambda value: str(value)[:30])
def test_an_attribute_is_typed_and_flagged(schema: Schema, resource: str, name: str, expected: dict[str, Any]) -> None:
    block = schema.block("resource", resource)
    assert block is not None
    found = {key: value for key, value in block["attributes"][name].items() if key != "description"}
    assert found == expected


def test_a_nested_block_says_how_often_it_may_stand(schema: Schema) -> None:
    budget = schema.block("resource", "google_billing_budget")
    assert budget is not None
    nested = budget["block_types"]
    limits = {name: (one["nesting_mode"], one.get("min_items"), one.get("max_items")) for name, one in nested.items()}
    assert limits == {
        "all_updates_rule": ("list", None, 1),
        "amount": ("list", 1, 1),
        "budget_filter": ("list", None, 1),
        "threshold_rules": ("list", None, None),
        "timeouts": ("single", None, None),
    }


def test_possible_values_belong_to_the_block_that_lists_them(schema: Schema) -> None:
    """One resource may use the same word in two blocks, each with values of its own."""
    function = schema.block("resource", "google_cloudfunctions2_function")
    assert function is not None
    service = function["block_types"]["service_config"]["block"]["attributes"]
    assert '"ALLOW_INTERNAL_ONLY"' in service["ingress_settings"]["description"]
    assert "description" not in service["available_memory"]


def test_no_type_is_left_open(schema: Schema) -> None:
    """Each of some 1,470 resources and data sources has a type for every attribute, and a flag."""
    count = 0
    for kind in ("resource", "data"):
        for name in schema.names(kind):
            block = schema.block(kind, name)
            assert block is not None
            for attribute in block["attributes"].values():
                assert {"computed", "optional", "required"} & set(attribute)
                assert "dynamic" not in _flat(attribute["type"])
                count += 1
    assert count > 10_000


def _flat(kind: Any) -> list[str]:
    """The types that stand in one type."""
    if isinstance(kind, str):
        return [kind]
    if isinstance(kind, dict):
        return [inner for field in kind.values() for inner in _flat(field)]
    return [inner for part in kind for inner in _flat(part)]
