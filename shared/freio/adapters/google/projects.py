"""Projects by number, through Resource Manager v3: what Google itself sends names them by number."""

from __future__ import annotations

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated


class GoogleProjects:
    """It takes `resourcemanager.projects.get` in the project."""

    def __init__(self, apis: GoogleApis) -> None:
        self._apis = apis

    def number(self, project: str) -> str:
        """The number, as text; never changes while the project lives."""
        with translated(f"asking for the number of {project}"):
            found = self._apis.resource_manager().projects().get(name=f"projects/{project}").execute()
        return str(found["name"]).removeprefix("projects/")
