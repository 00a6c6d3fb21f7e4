"""The lever `iam_deny`: a deny policy that keeps a service account from calling models.

What stands at a target is the deny policy of our name for that account, as text; None where there is none, as a rule.
Not known: whether deny policies support `aiplatform.googleapis.com/endpoints.predict`. Google refuses a policy that
names a permission which they do not support, so the lever then fails when it is set, and not in silence; which they
do support stands in https://cloud.google.com/iam/docs/deny-permissions-support. See the experiment `iam-deny`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.deny_policies import DenyPolicies
from freio.adapters.google.deny_policy import PREDICTION, denying, home, kept
from freio.adapters.google.permissions import Entitled
from freio.adapters.google.quota_catalogue import VERTEX
from freio.adapters.google.setting_text import read, written
from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import DENY_LACKS, DENY_UNSURE, NO_SERVICE_ACCOUNTS
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.ports import Place, Rights

LEVER = "iam_deny"
# Only roles/iam.denyAdmin holds them; it is granted on an organisation (observed: on a folder, too), and custom roles
# cannot hold them (https://cloud.google.com/iam/docs/deny-access). They can be asked for on a project all the same:
# `iam.denypolicies.create` was observed among a project's testable permissions.
DENY = tuple(f"iam.denypolicies.{verb}" for verb in ("get", "create", "update", "delete"))
WHO = ("iam.serviceAccounts.get",)  # for the proof, which knows an account by its unique id
# "Typically 2 minutes, potentially 7 minutes or longer": https://cloud.google.com/iam/docs/access-change-propagation
BITES = timedelta(minutes=7)


class DenyLever(Entitled):
    """Writes, reads back and removes deny policies. `sleep` waits between looks at a running operation."""

    name = LEVER

    def __init__(
        self, apis: GoogleApis, *, rights: Rights | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(apis, rights)
        self._policies = DenyPolicies(apis, sleep=sleep)

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        """In the app's projects the policies; in the projects that its accounts are of, the accounts."""
        accounts = sorted(app.match.service_accounts)
        found: dict[str, tuple[str, ...]] = {}
        for project in sorted(app.match.projects):
            found[project] = DENY if accounts else ()
            for at in (home(email) or project for email in accounts):
                found[at] = tuple(dict.fromkeys((*found.get(at, ()), *WHO)))
        return {project: permissions for project, permissions in found.items() if permissions}

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """For each place, in order, a probe for each of the app's service accounts.

        ``binds=True`` means that nothing speaks against it: Freio may write the policy. Whether it keeps calls off
        the models is not known beforehand, as ``note`` says; the proof decides. A policy is of the whole project, so
        places of one project have the same targets. Rejected or Unavailable where a project cannot be read.
        """
        of_project = {project: self._project(app, project) for project in dict.fromkeys(x.project for x in places)}
        return [
            replace(probe, location=place.location, model=place.model)
            for place in places
            for probe in of_project[place.project]
        ]

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:
        """The policy that denies what any of the leases takes, beside the rules that were found there."""
        permissions = {one for lease in leases for one in lease.takes}
        return written(denying(None if found is None else read(found), _account(target), permissions))

    def apply(self, target: Target, setting: Setting) -> None:
        """Creates or replaces the policy and waits until IAM has accepted it.

        Unavailable where somebody wrote it in between (409), and where the reply was lost: read back or set it again.
        Rejected where IAM refuses it, also because deny policies do not support a permission in it.
        """
        self._policies.write(target.project, _account(target), read(setting))

    def read_back(self, target: Target) -> str | None:
        """The deny policy of our name for this account; None where there is none."""
        policy = self._policies.get(target.project, _account(target))
        return None if policy is None else written(kept(policy))

    def restore(self, target: Target, found: Setting) -> None:
        """Puts back what was found; None deletes the policy, and is done where none stands there.

        A policy whose `apply` was lost on the way may still come up afterwards: look once more some minutes later.
        """
        if found is None:
            self._policies.delete(target.project, _account(target))
        else:
            self.apply(target, found)

    def _project(self, app: App, project: str) -> list[Probe]:
        emails = sorted(app.match.service_accounts)
        if not emails:
            return [replace(_blank(project, ""), reason=Phrase.of(NO_SERVICE_ACCOUNTS, app=app.name))]
        lacks = self.lacks(project, DENY)
        return [self._one(project, email, lacks) for email in emails]

    def _one(self, project: str, email: str, lacks: tuple[str, ...]) -> Probe:
        probe = _blank(project, email)
        lacks = (*lacks, *self.lacks(home(email) or project, WHO))
        if lacks:
            why = Phrase.of(DENY_LACKS, account=email, project=project, permissions=", ".join(lacks))
            return replace(probe, reason=why, missing=lacks)
        note = Phrase.of(DENY_UNSURE, account=email, project=project)
        return replace(probe, binds=True, override=self.read_back(probe.target), takes=PREDICTION, note=note)


def _blank(project: str, email: str) -> Probe:
    """Not binding; the place is filled in at the end."""
    target = Target(LEVER, project, VERTEX, "principal", "", (("service_account", email),))
    return Probe(target=target, location="", model="", unit="", binds=False, bites_within=BITES)


def _account(target: Target) -> str:
    return target.dimension("service_account") or ""
