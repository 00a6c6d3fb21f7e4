"""A deny policy of ours: its name, its text, and what of somebody else's stays beside it.

One policy for each service account, so that two incidents about two of them never write the same one. Deny policies
take effect whatever roles the account has (https://cloud.google.com/iam/docs/deny-overview).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from freio.adapters.google.quota_catalogue import VERTEX

# What prompt requests take (https://cloud.google.com/vertex-ai/generative-ai/docs/access-control), in the format of
# deny policies. Batch jobs take another permission and go on: each further one is a risk, since a single permission
# that deny policies do not support has the whole policy refused.
PREDICTION = (f"{VERTEX}/endpoints.predict",)
KEPT = ("displayName", "annotations", "rules")  # of a policy: all that is not the service's own


def policy_id(email: str) -> str:
    """3 to 63 of a-z, 0-9, `-` and `.`, a letter first, and the same for the same account.

    >>> policy_id("chat@acme-chat-prod.iam.gserviceaccount.com")
    'freio-chat-3c9abc9fee'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", email.partition("@")[0].lower()).strip("-")
    return f"freio-{plain[:40]}-{hashlib.sha256(email.encode()).hexdigest()[:10]}"


def parent(project: str) -> str:
    """Where a project's deny policies stand; the slashes of its full resource name are encoded.

    >>> parent("acme")
    'policies/cloudresourcemanager.googleapis.com%2Fprojects%2Facme/denypolicies'
    """
    return f"policies/cloudresourcemanager.googleapis.com%2Fprojects%2F{project}/denypolicies"


def principal(email: str) -> str:
    return f"principal://iam.googleapis.com/projects/-/serviceAccounts/{email}"


def home(email: str) -> str | None:
    """The project that a service account is of, where its address tells.

    >>> home("chat@acme-chat-prod.iam.gserviceaccount.com"), home("12-compute@developer.gserviceaccount.com")
    ('acme-chat-prod', None)
    """
    found = re.fullmatch(r"[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com", email)
    return found.group(1) if found else None


def denying(found: Mapping[str, Any] | None, email: str, permissions: Iterable[str]) -> dict[str, Any]:
    """The policy that denies these to this account; one that was found under our name keeps its own rules.

    >>> denying(None, "a@b.c", ["s.com/x.y"])["rules"][0]["denyRule"]["deniedPermissions"]
    ['s.com/x.y']
    >>> once = denying(None, "a@b.c", ["s.com/x.y"])
    >>> denying(once, "a@b.c", ["s.com/x.y"]) == once
    True
    """
    rule = {
        "description": "A brake of Freio: it is taken away again when the incident ends",
        "denyRule": {"deniedPrincipals": [principal(email)], "deniedPermissions": sorted(set(permissions))},
    }
    if found is None:
        return {"displayName": f"Freio: {email}"[:63], "rules": [rule]}
    rules = list(found.get("rules", ()))
    return {**found, "rules": rules if rule in rules else [*rules, rule]}


def kept(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy without what the service adds: its name, kind, etag, uid and times."""
    return {name: policy[name] for name in KEPT if policy.get(name)}
