"""The load balancer of the example stands on the API that makes it: a project of Freio's own has no such API yet."""

from __future__ import annotations

from pathlib import Path

from tools.terraform import mocked
from tools.terraform.check import MODULE

API = "google_project_service.compute"


def test_nothing_of_the_load_balancer_is_made_before_its_api(provider: Path) -> None:
    assert provider.is_dir()
    made = mocked.state(MODULE / "examples" / "organisation")
    front = {one["address"]: one.get("depends_on", ()) for one in made if one["type"].startswith("google_compute_")}
    assert len(front) > 7
    assert {address for address, on in front.items() if API not in on} == set()
