"""Who calls: API keys with their restrictions, and service accounts with the deny policies that name them.

Assumed, since it was not seen: that a refused request is counted with its credential, as an accepted one is; and what
a restriction or a denial does to a request, from Google's documents.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from freio.sandbox.google.catalogue import VERTEX
from freio.sandbox.google.errors import not_found
from freio.sandbox.google.history import AT_ONCE, History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from freio.sandbox.google.projects import Project

PREDICT = f"{VERTEX}/endpoints.predict"  # the permission that every call of a model takes


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Exactly one of the two: the id of an API key, or the e-mail address of a service account."""

    api_key: str = ""
    service_account: str = ""


@dataclass(kw_only=True)
class Key:
    """An API key; its restrictions are as the API writes them, {} for none."""

    key_id: str
    uid: str
    display_name: str
    restrictions: History[Mapping[str, Any]]
    created: float
    updated: float
    version: int = 1

    @property
    def etag(self) -> str:
        return f'W/"{zlib.crc32(f"{self.uid}/{self.version}".encode()):08x}"'


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A deny policy as it was written, and its version."""

    body: Mapping[str, Any]
    version: int
    created: float
    updated: float

    @property
    def etag(self) -> str:
        return f"MTI{zlib.crc32(f'{self.created}/{self.version}'.encode()):08x}"


@dataclass
class Credentials:
    """All keys, service accounts and deny policies; `ignored` callers pass whatever is set: it binds nothing."""

    now: Callable[[], datetime]
    ignored: set[Caller] = field(default_factory=set)
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    unique_ids: dict[str, str] = field(default_factory=dict)
    policies: dict[tuple[str, str], History[Policy | None]] = field(default_factory=dict)

    def add_key(self, project: Project, key_id: str, restrictions: Mapping[str, Any]) -> Key:
        now = self.now().timestamp()
        key = Key(
            key_id=key_id,
            uid=str(uuid5(NAMESPACE_URL, f"{project.number}/{key_id}")),  # not the id, as with keys that were named
            display_name=f"Key {key_id}",
            restrictions=History(first=dict(restrictions)),
            created=now,
            updated=now,
        )
        return self.keys.setdefault((project.project_id, key_id), key)

    def key(self, project: Project, key_id: str) -> Key:
        key = self.keys.get((project.project_id, key_id))
        if key is None:
            raise not_found(f"Key {key_id} not found in projects/{project.number}")
        return key

    def add_service_account(self, email: str) -> str:
        """Its unique id, 21 digits."""
        return self.unique_ids.setdefault(email, f"1{zlib.crc32(email.encode()):020d}")

    def policy(self, project: Project, policy_id: str) -> History[Policy | None]:
        return self.policies.setdefault((project.project_id, policy_id), History[Policy | None](first=None))

    def of_project(self, project: Project) -> Iterator[tuple[str, History[Policy | None]]]:
        return ((name[1], one) for name, one in sorted(self.policies.items()) if name[0] == project.project_id)

    def credential_id(self, project: Project, caller: Caller) -> str:
        """The label of a caller's requests: `apikey:` with the key's uid, `serviceaccount:` with the unique id."""
        if caller.api_key:
            return f"apikey:{self.key(project, caller.api_key).uid}"
        return f"serviceaccount:{self.unique_ids[caller.service_account]}"

    def refuses(self, project: Project, caller: Caller, service: str, moment: float) -> bool:
        """Whether a request of this caller gets a 403 at that moment, from a restriction or a denial."""
        if caller in self.ignored:
            return False
        if caller.api_key:
            return not allows(self.key(project, caller.api_key).restrictions.felt(moment), service)
        principal = f"principal://iam.googleapis.com/projects/-/serviceAccounts/{caller.service_account}"
        felt = (policy.felt(moment) for _, policy in self.of_project(project))
        return service == VERTEX and any(_denies(one.body, principal) for one in felt if one is not None)

    def change_key(self, project: Project, key_id: str, restrictions: Mapping[str, Any]) -> None:
        """As somebody else does, at this moment."""
        key = self.key(project, key_id)
        now = self.now().timestamp()
        key.restrictions.change(dict(restrictions), at=now, delays=AT_ONCE)
        key.version, key.updated = key.version + 1, now

    def change_policy(self, project: Project, policy_id: str, body: Mapping[str, Any] | None) -> None:
        """As somebody else does, at this moment; None deletes it."""
        history = self.policy(project, policy_id)
        history.change(self.written(history.asked, body), at=self.now().timestamp(), delays=AT_ONCE)

    def written(self, before: Policy | None, body: Mapping[str, Any] | None) -> Policy | None:
        """The next version of a policy."""
        if body is None:
            return None
        now = self.now().timestamp()
        version, created = (before.version + 1, before.created) if before else (1, now)
        return Policy(body=dict(body), version=version, created=created, updated=now)


def allows(restrictions: Mapping[str, Any], service: str) -> bool:
    """Whether a key may call some method of a service; without any target it may call all of them."""
    targets = restrictions.get("apiTargets", ())
    return not targets or any(target["service"].lower() == service for target in targets)


def _denies(policy: Mapping[str, Any], principal: str) -> bool:
    rules = (rule.get("denyRule", {}) for rule in policy.get("rules", ()))
    return any(
        principal in rule.get("deniedPrincipals", ())
        and principal not in rule.get("exceptionPrincipals", ())
        and PREDICT in rule.get("deniedPermissions", ())
        and PREDICT not in rule.get("exceptionPermissions", ())
        and "denialCondition" not in rule
        for rule in rules
    )
