"""IAM v2: the deny policy of ours for a service account, on its project.

The name of a policy holds the project with encoded slashes, which the client encodes once more; Google was seen to
take it so (`…googleapis.com%252Fprojects%252F…`), and decodes once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from googleapiclient.errors import HttpError

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.deny_policy import kept, parent, policy_id
from freio.adapters.google.errors import Missing, translated
from freio.adapters.google.long_running import PAUSES, wait
from freio.errors import Unavailable

TAKEN = 409


class DenyPolicies:
    """`sleep` waits between looks at a running operation."""

    def __init__(self, apis: GoogleApis, *, sleep: Callable[[float], None]) -> None:
        self._apis = apis
        self._sleep = sleep

    def get(self, project: str, email: str) -> dict[str, Any] | None:
        """The policy as IAM shows it, with its etag; None where there is none."""
        try:
            with translated(f"reading the deny policy of {email} in {project}"):
                found: dict[str, Any] = self._policies().get(name=_name(project, email)).execute()
        except Missing:
            return None
        return None if "deleteTime" in found else found

    def write(self, project: str, email: str, policy: Mapping[str, Any]) -> None:
        """Creates or replaces the policy and waits until IAM has accepted it.

        Where somebody wrote it in between, IAM answers 409, Unavailable.
        """
        what = f"writing the deny policy of {email} in {project}"
        standing = self.get(project, email)
        if standing is None:
            self._create(what, project, email, policy)
            return
        with translated(what):
            body = {**policy, "etag": standing.get("etag", "")}
            operation = self._policies().update(name=_name(project, email), body=body).execute()
        wait(what, operation, self._operation, self._sleep)

    def _create(self, what: str, project: str, email: str, policy: Mapping[str, Any]) -> None:
        """Where one stands there by now (409), it may be that of an earlier call of ours, whose reply was lost."""
        try:
            with translated(what):
                created = self._policies().createPolicy(
                    parent=parent(project), policyId=policy_id(email), body=dict(policy)
                )
                operation = created.execute()
        except Unavailable as error:
            is_taken = isinstance(error.__cause__, HttpError) and error.__cause__.resp.status == TAKEN
            if is_taken and self._comes_up(project, email, policy):
                return
            raise
        wait(what, operation, self._operation, self._sleep)

    def _comes_up(self, project: str, email: str, policy: Mapping[str, Any]) -> bool:
        """Whether the policy that stands there, once its operation has ended, is this one."""
        for pause in PAUSES:
            standing = self.get(project, email)
            if standing is not None:
                return kept(standing) == policy
            self._sleep(pause)
        return False

    def delete(self, project: str, email: str) -> None:
        """Deletes the policy and waits until IAM has; done where there is none."""
        what = f"deleting the deny policy of {email} in {project}"
        for pause in (*PAUSES, None):
            policy = self.get(project, email)
            if policy is None or self._delete(what, _name(project, email), policy.get("etag", "")):
                return
            if pause is not None:
                self._sleep(pause)
        raise Unavailable(f"{what}: it was deleted, and still stands there after {sum(PAUSES):.0f} s")

    def _delete(self, what: str, name: str, etag: str) -> bool:
        """Deletes and waits. False: it is gone, though it was read: the deletion of an earlier call still runs.

        That earlier call may be this one: httplib2 sends a request again by itself when its reply is lost.
        """
        try:
            with translated(what):
                operation = self._policies().delete(name=name, etag=etag).execute()
        except Missing:
            return False
        wait(what, operation, self._operation, self._sleep)
        return True

    def _policies(self) -> Any:
        return self._apis.deny_policies().policies()

    def _operation(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._policies().operations().get(name=name).execute()
        return found


def _name(project: str, email: str) -> str:
    return f"{parent(project)}/{policy_id(email)}"
