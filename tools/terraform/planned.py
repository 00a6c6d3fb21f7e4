"""What the google provider itself would do to a deployment that stands: update, destroy, or make anew.

A mocked provider plans no replacement, whatever changes. So a state that a mocked apply has left (tools/terraform/
mocked.py) is put into Terraform's own form, and the real provider plans on it: without a refresh, and with the three
look-ups that a plan needs answered on loopback.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.terraform.mocked import LOCATION, NUMBER, terraform

ENDPOINTS = ("RESOURCE_MANAGER", "CLOUD_BILLING", "BIG_QUERY")
PLAN = ("plan", "-refresh=false", "-lock=false", "-input=false", "-no-color", "-out=planned")

Resource = dict[str, Any]
Change = dict[str, Any]


def settled(root: Path, environment: Mapping[str, str], resources: Sequence[Resource]) -> list[Resource]:
    """Return the resources as the real provider would have left them, where the mock made up something else.

    Such are defaults of the provider's own, and labels that it adds up.
    """
    after = {change["address"]: change["change"] for change in changes(root, environment, resources)}
    found = []
    for one in resources:
        change = after.get(one["address"])
        values = one["values"] if change is None else _known(change["after"], change["after_unknown"], one["values"])
        found.append({**one, "values": values})
    return found


def changes(root: Path, environment: Mapping[str, str], resources: Sequence[Resource]) -> list[Change]:
    """Return what an apply of a root module would do where these resources stand (``resource_changes`` of a plan).

    Source of the form: https://developer.hashicorp.com/terraform/internals/json-format.
    """
    (root / "terraform.tfstate").write_text(json.dumps(_state(resources)), encoding="utf-8")
    with _google() as address:
        own = {f"GOOGLE_{name}_CUSTOM_ENDPOINT": f"{address}/" for name in ENDPOINTS}
        told = {**environment, **own, "GOOGLE_OAUTH_ACCESS_TOKEN": "nobody's"}
        terraform(root, told, "get", "-no-color")
        terraform(root, told, *PLAN)
        said = terraform(root, told, "show", "-json", "planned")
    found: list[Change] = json.loads(said)["resource_changes"]
    return found


def _known(after: Any, unknown: Any, before: Any) -> Any:
    """Return what is planned, and what stood there where that is known after the apply only."""
    if unknown is True:
        return before
    if isinstance(after, dict) and isinstance(unknown, dict):
        named = before if isinstance(before, dict) else {}
        return {key: _known(after.get(key), unknown.get(key), named.get(key)) for key in {*after, *unknown}}
    if isinstance(after, list) and isinstance(unknown, list) and len(after) == len(unknown):
        was = before if isinstance(before, list) and len(before) == len(after) else [None] * len(after)
        return [_known(*three) for three in zip(after, unknown, was, strict=True)]
    return after


def _state(resources: Sequence[Resource]) -> dict[str, Any]:
    """Return a state file, version 4."""
    blocks: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for one in resources:
        module = re.match(r"module\.\w+(?=\.)", one["address"])
        where = module[0] if module else ""
        block = blocks.setdefault(
            (where, one["mode"], one["type"], one["name"]),
            {
                **({"module": where} if where else {}),
                **{key: one[key] for key in ("mode", "type", "name")},
                "provider": f'provider["{one["provider_name"]}"]',
                "instances": [],
            },
        )
        instance = {"schema_version": one["schema_version"], "attributes": _attributes(one)}
        block["instances"].append(instance | ({"index_key": one["index"]} if "index" in one else {}))
    return {"version": 4, "serial": 1, "lineage": "mocked", "outputs": {}, "resources": [*blocks.values()]}


def _attributes(one: Resource) -> dict[str, Any]:
    """Return values as the state file has them: where any type may stand, the type stands beside it."""
    values: dict[str, Any] = one["values"]
    if one["type"] != "terraform_data":
        return values
    return {
        key: {"value": value, "type": _type(value)} if key in {"input", "output"} else value
        for key, value in values.items()
    }


def _type(value: Any) -> Any:
    if isinstance(value, dict):
        return ["object", {key: _type(inner) for key, inner in value.items()}]
    return ["tuple", [_type(inner) for inner in value]] if isinstance(value, list) else "string"


class _Google(BaseHTTPRequestHandler):
    """Answers for every project and dataset, as the mock does."""

    def do_GET(self) -> None:
        """Answer one of the provider's data sources."""
        path = self.path.partition("?")[0]
        dataset = re.search(r"/projects/([^/]+)/datasets/([^/]+)$", path)
        project = re.search(r"/projects/([^/]+)$", path)
        content: dict[str, Any] = {}
        if dataset:
            names = {"projectId": dataset[1], "datasetId": dataset[2]}
            content = {"id": f"{dataset[1]}:{dataset[2]}", "datasetReference": names, "location": LOCATION}
        elif project:
            content = {"projectId": project[1], "projectNumber": NUMBER, "name": project[1], "lifecycleState": "ACTIVE"}
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _google() -> Iterator[str]:
    """Serve on loopback, for as long as a plan takes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Google)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
