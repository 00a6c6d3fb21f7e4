"""Google's APIs through google-api-python-client: built late, from the documents it ships, one set for each thread."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import google.auth
import google_auth_httplib2
import httplib2
from google.auth import impersonated_credentials
from google.auth.credentials import AnonymousCredentials, Credentials
from googleapiclient import discovery

from freio.adapters.google.errors import translated

OWN_DOCUMENTS = Path(__file__).parent
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class GoogleApis:
    """One method for each API, each built once in a thread: httplib2 is not safe to share.

    With an `endpoint` (a stand-in's address: ``http://127.0.0.1:8123``) no credentials are looked for or sent;
    without one they are the machine's own, or those of the service account `acting_as` (its e-mail address), whose
    tokens the machine's own account must be allowed to make (`iam.serviceAccounts.getAccessToken`). `timeout` is in
    seconds, for connecting and for each silence.
    """

    def __init__(self, *, endpoint: str | None = None, timeout: float = 30, acting_as: str = "") -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self._acting_as = acting_as
        self._of_thread = threading.local()

    def service_usage(self) -> Any:
        return self._built("serviceusage", "v1beta1")

    def monitoring(self) -> Any:
        return self._built("monitoring", "v3")

    def billing_budgets(self) -> Any:
        return self._built("billingbudgets", "v1")

    def services(self) -> Any:
        """Service Usage v1, which lists services; v1beta1 has the quotas."""
        return self._built("serviceusage", "v1")

    def api_keys(self) -> Any:
        return self._built("apikeys", "v2")

    def deny_policies(self) -> Any:
        return self._built("iam", "v2")

    def service_accounts(self) -> Any:
        return self._built("iam", "v1")

    def org_policy(self) -> Any:
        return self._built("orgpolicy", "v2")

    def resource_manager(self) -> Any:
        return self._built("cloudresourcemanager", "v3")

    def billing(self) -> Any:
        """The public catalogue (services, their SKUs, list prices), and which account pays for a project."""
        return self._built("cloudbilling", "v1")

    def billing_of_accounts(self) -> Any:
        """What a billing account itself pays."""
        return self._built("cloudbilling", "v1beta")

    def cloud_quotas(self) -> Any:
        """From a document of our own: google-api-python-client ships none of this API."""
        return self._built("cloudquotas", "v1", document=OWN_DOCUMENTS / "cloudquotas.v1.json")

    def vertex(self, location: str) -> Any:
        """Vertex AI, which has an address of its own in each region."""
        at = "" if location == "global" else f"{location}-"
        return self._built("aiplatform", "v1", address=f"https://{at}aiplatform.googleapis.com")

    def close(self) -> None:
        """Closes this thread's connections; the next call opens new ones."""
        built: dict[str, Any] = self._of_thread.__dict__
        while built:
            built.popitem()[1].close()

    def _built(self, api: str, version: str, *, document: Path | None = None, address: str = "") -> Any:
        built: dict[str, Any] = self._of_thread.__dict__
        name = f"{api} {version} {address}".rstrip()
        if name not in built:
            endpoint = self.endpoint or address
            options = {"api_endpoint": endpoint} if endpoint else None
            with translated(name):
                if document is not None:
                    text = document.read_text(encoding="utf-8")
                    built[name] = discovery.build_from_document(text, http=self._http(), client_options=options)
                    return built[name]
                built[name] = discovery.build(
                    api,
                    version,
                    http=self._http(),
                    client_options=options,
                    static_discovery=True,
                    cache_discovery=False,
                )
        return built[name]

    def credentials(self) -> Credentials:
        """Who asks; nobody, where a stand-in is asked."""
        if self.endpoint:
            return AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth gives it no types
        found: Credentials
        found, _ = google.auth.default(scopes=[SCOPE])
        if not self._acting_as:
            return found
        return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]  # google-auth gives it no types
            source_credentials=found, target_principal=self._acting_as, target_scopes=[SCOPE]
        )

    def _http(self) -> Any:
        return google_auth_httplib2.AuthorizedHttp(self.credentials(), http=httplib2.Http(timeout=self.timeout))
