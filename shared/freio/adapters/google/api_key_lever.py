"""The lever `api_key`: an API key that may no longer call the AI services.

What stands at a target is the key's restrictions, as text: `{}` for a key without any. All of them are written and
read together, so that the restrictions to browsers, servers or apps come back as they were found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from freio.adapters.google import key_restrictions as rules
from freio.adapters.google.api_key_probe import LEVER, PERMISSIONS, ApiKeyProbe
from freio.adapters.google.api_keys import ApiKeys
from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import Missing
from freio.adapters.google.permissions import Entitled
from freio.adapters.google.setting_text import read, written
from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.errors import Gone
from freio.ports import Place, Rights


class ApiKeyLever(Entitled):
    """Restricts keys. `sleep` waits between looks at a running operation."""

    name = LEVER

    def __init__(
        self, apis: GoogleApis, *, rights: Rights | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(apis, rights)
        self._keys = ApiKeys(apis, sleep=sleep)
        self._probe = ApiKeyProbe(self._keys, self.rights)

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        """What setting takes: what a key without restrictions would keep is worked out by who probes it."""
        return dict.fromkeys(sorted(app.match.projects), PERMISSIONS) if app.match.api_keys else {}

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """A probe for each of the app's keys in the project of each place; see `ApiKeyProbe`."""
        return self._probe(app, places)

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # noqa: ARG002  # keys are alike
        """What was found, without what any of the leases takes; of an unrestricted key, what they leave to it.

        Which services that is, is worked out when the lever is probed, and stands in what the leases take
        (`+service`): so the plan asks nobody, and stays the same whatever is enabled meanwhile.
        """
        return written(rules.without(read(found), {one for lease in leases for one in lease.takes}))

    def apply(self, target: Target, setting: Setting) -> None:
        """Writes the restrictions and waits until the service has accepted them.

        Unavailable where somebody changed the key in between (409), and where the reply was lost: read back or set
        it again. Rejected where there is no such key. Never lifts the restriction to services: only `restore` may.
        """
        if not rules.services(read(setting)):
            raise ValueError(f"{target.id}: no service named would mean that all are allowed")
        self._keys.restrict(*_key(target), read(setting))

    def read_back(self, target: Target) -> str:
        """The key's restrictions; `{}` where it has none. Gone where it was deleted.

        A deleted key can be undeleted for 30 days, with the restrictions that it had.
        """
        try:
            key = self._keys.get(*_key(target))
        except Missing as error:
            raise Gone(str(error)) from error
        if "deleteTime" in key:
            raise Gone(f"{target.id}: the key was deleted at {key['deleteTime']}")
        return written(key.get("restrictions", {}))

    def restore(self, target: Target, found: Setting) -> None:
        """Puts the restrictions back that were found, also none."""
        self._keys.restrict(*_key(target), read(found))


def _key(target: Target) -> tuple[str, str]:
    return target.project, target.dimension("key") or ""
