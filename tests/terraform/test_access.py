"""The table of who may do what shows every grant, with custom roles as permissions and made-up ids as names."""

from __future__ import annotations

from typing import Any

import pytest

from tools.terraform.access import grants, matrix, table

ACCOUNT = {"account_id": "freio-enforcer", "name": "k3xq9m2a", "email": "zz81hd0q"}
ROLE = {
    "role_id": "freioEnforcer",
    "name": "p0d7wq1n",
    "permissions": ["serviceusage.quotas.get", "serviceusage.quotas.update"],
}
FUNCTION = {
    "name": "freio-enforcer",
    "build_config": [{"entry_point": "enforcer"}],
    "service_config": [{"service_account_email": "zz81hd0q"}],
}
ENFORCER = "serviceAccount:freio-enforcer@p.iam.gserviceaccount.com"


def resource(kind: str, **values: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": f"google_{kind}", "address": f"google_{kind}.x", "values": values}


def shown(*more: dict[str, Any]) -> list[str]:
    """The table's lines, below its head."""
    made = [
        resource("service_account", **ACCOUNT),
        resource("project_iam_custom_role", **ROLE),
        resource("cloudfunctions2_function", **FUNCTION),
    ]
    return table(grants([*made, *more])).splitlines()[2:]


def test_a_custom_role_is_its_permissions_and_an_account_its_function() -> None:
    assert shown(resource("project_iam_member", project="chat", role="p0d7wq1n", member=ENFORCER, condition=[])) == [
        "| `enforcer` | `serviceusage.quotas.get`, `serviceusage.quotas.update` | project `chat` |  |"
    ]


def test_the_same_right_on_several_things_is_one_line() -> None:
    both = [resource("pubsub_topic_iam_member", topic=name, role="roles/x", member=ENFORCER) for name in ("b", "a")]
    assert shown(*both) == ["| `enforcer` | `roles/x` | topics `a`, `b` |  |"]


def test_another_condition_is_another_line() -> None:
    narrow = {
        "project": "chat",
        "role": "roles/x",
        "member": ENFORCER,
        "condition": [{"expression": "resource.name == 'd'"}],
    }
    wide = {"project": "shop", "role": "roles/x", "member": ENFORCER, "condition": []}
    assert shown(resource("project_iam_member", **narrow), resource("project_iam_member", **wide)) == [
        "| `enforcer` | `roles/x` | project `shop` |  |",
        "| `enforcer` | `roles/x` | project `chat` | `resource.name == 'd'` |",
    ]


@pytest.mark.parametrize(
    ("member", "who"),
    [
        ("allUsers", "**anybody**"),
        ("user:ana@acme.example", "`user:ana@acme.example`"),
        ("serviceAccount:freio-push@p.iam.gserviceaccount.com", "`freio-push`"),
        (
            "serviceAccount:terraform@ops.iam.gserviceaccount.com",
            "`serviceAccount:terraform@ops.iam.gserviceaccount.com`",
        ),
        ("serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com", "Pub/Sub (Google's own)"),
        ("serviceAccount:billing-budget-alert@system.gserviceaccount.com", "Cloud Billing (Google's own)"),
    ],
)
def test_whom_a_member_is(member: str, who: str) -> None:
    assert shown(resource("folder_iam_member", folder="folders/7", role="roles/x", member=member)) == [
        f"| {who} | `roles/x` | folder `7` |  |"
    ]


@pytest.mark.parametrize("account", ["k3xq9m2a", "projects/p/serviceAccounts/freio-enforcer@p.iam.gserviceaccount.com"])
def test_an_account_is_named_where_the_state_holds_an_id_or_its_full_name(account: str) -> None:
    right = resource(
        "service_account_iam_member", service_account_id=account, role="roles/x", member="user:ana@acme.example"
    )
    assert shown(right) == ["| `user:ana@acme.example` | `roles/x` | service account `freio-enforcer` |  |"]


@pytest.mark.parametrize(
    "kind", ["project_iam_binding", "folder_iam_policy", "service_account_key", "storage_bucket_acl"]
)
def test_what_the_table_could_not_show_ends_it(kind: str) -> None:
    with pytest.raises(SystemExit, match="gives rights, and the table cannot show it"):
        shown(resource(kind))


def test_a_grant_on_something_new_ends_it() -> None:
    with pytest.raises(SystemExit, match="the table does not know what a google_spanner_instance_iam_member is on"):
        shown(resource("spanner_instance_iam_member", instance="i", role="roles/x", member=ENFORCER))


def test_the_short_table_says_all_that_somebody_may_do_at_a_thing_on_one_line() -> None:
    conditioned = {"project": "b", "role": "roles/y", "member": ENFORCER, "condition": [{"expression": "c == 1"}]}
    made = [
        resource("service_account", **ACCOUNT),
        resource("project_iam_custom_role", **ROLE),
        resource("cloudfunctions2_function", **FUNCTION),
        *(resource("project_iam_member", project=name, role="p0d7wq1n", member=ENFORCER) for name in ("a", "c")),
        resource("project_iam_member", project="b", role="roles/x", member=ENFORCER),
        resource("project_iam_member", **conditioned),
    ]
    assert matrix(grants(made)).splitlines()[2:] == [
        "| `enforcer` | project `b` | `roles/x`, `roles/y` (where `c == 1`) |",
        "| `enforcer` | projects `a`, `c` | `serviceusage.quotas.get`, `.update` |",
    ]
