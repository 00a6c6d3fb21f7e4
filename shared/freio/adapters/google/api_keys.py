"""API Keys v2: a project's keys, each read and restricted by its id.

The ids are those in freio.yaml: the last part of a key's name, as `gcloud services api-keys list` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated
from freio.adapters.google.long_running import wait

PAGE = 200  # services; the most that the list gives at once


class ApiKeys:
    """`sleep` waits between looks at a running operation."""

    def __init__(self, apis: GoogleApis, *, sleep: Callable[[float], None]) -> None:
        self._apis = apis
        self._sleep = sleep

    def get(self, project: str, key_id: str) -> dict[str, Any]:
        """The key as the service shows it, without its secret; Missing where the project has no such key."""
        with translated(f"reading the API key {key_id} of {project}"):
            found: dict[str, Any] = self._keys().get(name=_name(project, key_id)).execute()
        return found

    def restrict(self, project: str, key_id: str, restrictions: Mapping[str, Any]) -> None:
        """Writes the restrictions whole, and waits until the service has accepted them.

        Under the field mask `restrictions`, so that nothing else of the key changes, and with the etag of a moment ago:
        somebody else's change in between makes it a 409, Unavailable. Written also where they are the same, so that it
        comes after whatever still runs.
        """
        what = f"restricting the API key {key_id} of {project}"
        body = {"restrictions": dict(restrictions), "etag": self.get(project, key_id).get("etag", "")}
        with translated(what):
            request = self._keys().patch(name=_name(project, key_id), updateMask="restrictions", body=body)
            operation = request.execute()
        wait(what, operation, self._operation, self._sleep)

    def enabled_services(self, project: str) -> list[str]:
        """The services that are enabled in a project, by name, through Service Usage v1."""
        with translated(f"listing the services of {project}"):
            listed = self._apis.services().services()
            request = listed.list(parent=f"projects/{project}", filter="state:ENABLED", pageSize=PAGE)
            names: list[str] = []
            while request is not None:
                reply = request.execute()
                names += [one["name"].rpartition("/")[2] for one in reply.get("services", ())]
                request = listed.list_next(request, reply)
        return names

    def _keys(self) -> Any:
        return self._apis.api_keys().projects().locations().keys()

    def _operation(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._apis.api_keys().operations().get(name=name).execute()
        return found


def _name(project: str, key_id: str) -> str:
    return f"projects/{project}/locations/global/keys/{key_id}"
