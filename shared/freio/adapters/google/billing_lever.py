"""The lever `unlink_billing`: nobody pays for a project any more. Hard, the last one, and put back by hand alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated
from freio.adapters.google.own_project import held_back, refuse_own
from freio.adapters.google.permissions import Entitled
from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import BILLING_IS_OFF, UNLINKING
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.errors import Rejected
from freio.ports import Place, Rights

LEVER = "unlink_billing"
SERVICE = "cloudbilling.googleapis.com"
# https://cloud.google.com/billing/docs/how-to/modify-project names both for taking the link away.
PERMISSIONS = ("resourcemanager.projects.get", "resourcemanager.projects.deleteBillingAssignment")
BITES = timedelta(minutes=10)  # assumed: Google says that it stops, and not how soon


class UnlinkBillingLever(Entitled):
    """A setting is the account that pays, as text; with an empty name none does.

    Google: "Resources might be irretrievably deleted", and "there's no guarantee of service recovery"
    (https://docs.cloud.google.com/billing/docs/how-to/disable-billing-with-notifications). So Freio takes a link away
    and never makes one: `restore` says what a person must run. ``own_project`` is the project that Freio runs in.

    The API has no versions: an account that somebody links in the very moment before `apply` is taken away, too.
    """

    name = LEVER

    def __init__(self, apis: GoogleApis, *, own_project: str, rights: Rights | None = None) -> None:
        super().__init__(apis, rights)
        self._apis = apis
        self._own_project = own_project

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(sorted(app.match.projects - {self._own_project}), PERMISSIONS)

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:  # noqa: ARG002  # it stops whoever calls
        """One probe for each place, in order; those of one project are alike."""
        found = {project: self._probe(project) for project in dict.fromkeys(place.project for place in places)}
        return [replace(found[place.project], location=place.location, model=place.model) for place in places]

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # noqa: ARG002  # all alike
        return setting_of("") if leases else found

    def apply(self, target: Target, setting: Setting) -> None:
        """Takes the link away; Rejected for Freio's own project. Done where there is none."""
        if setting != setting_of(""):
            raise ValueError(f"Freio unlinks billing accounts and links none, not even {setting}")
        refuse_own(self._own_project, target.project, "unlinking billing")
        if self.read_back(target) == setting:
            return
        with translated(f"unlinking the billing account of {target.project}"):
            projects = self._apis.billing().projects()
            projects.updateBillingInfo(name=f"projects/{target.project}", body={"billingAccountName": ""}).execute()

    def read_back(self, target: Target) -> str:
        return setting_of(self._account(target.project))

    def restore(self, target: Target, found: Setting) -> None:
        """Rejected, with the command that a person must run, until the account that was found is back."""
        if self.read_back(target) == found:
            return
        account = json.loads(str(found))["billingAccountName"].removeprefix("billingAccounts/")
        command = f"gcloud billing projects link {target.project} --billing-account={account}"
        if not account:
            command = f"gcloud billing projects unlink {target.project}"
        raise Rejected(f"billing is put back by hand; a person who may do so must run: {command}")

    def _account(self, project: str) -> str:
        """`billingAccounts/…`; empty where none is linked: an empty field is left out of the reply."""
        with translated(f"reading the billing account of {project}"):
            found = self._apis.billing().projects().getBillingInfo(name=f"projects/{project}").execute()
        return str(found.get("billingAccountName", ""))

    def _probe(self, project: str) -> Probe:
        probe = Probe(
            target=Target(LEVER, project, SERVICE, "billing", ""),
            location="",
            model="",
            unit="",
            binds=False,
            bites_within=BITES,
        )
        if held := held_back(self.rights, self._own_project, probe, PERMISSIONS):
            return held
        account = self._account(project)
        probe = replace(probe, override=setting_of(account))
        if not account:
            return replace(probe, reason=Phrase.of(BILLING_IS_OFF, project=project))
        note = Phrase.of(UNLINKING, project=project, account=account)
        return replace(probe, binds=True, takes=(account,), note=note)


def setting_of(account: str) -> str:
    """The setting of a project for which this account pays.

    >>> setting_of("")
    '{"billingAccountName":""}'
    """
    return json.dumps({"billingAccountName": account}, separators=(",", ":"))
