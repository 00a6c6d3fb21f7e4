"""Cloud Logging, as much of it as the alerts of infra/terraform stand on: how a line becomes an entry, and filters.

Source: https://cloud.google.com/run/docs/logging#writing_structured_logs and
https://cloud.google.com/logging/docs/view/logging-query-language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.terraform.check import MODULE

TOKEN = re.compile(r'\s*(\(|\)|AND\b|OR\b|NOT\b|[\w.]+(?:=~|=|:)(?:"(?:[^"\\]|\\.)*"|\*|\w+))')
SPECIAL = {"severity", "logging.googleapis.com/labels"}  # of these an entry has fields of its own


def entries(log: str, service: str) -> Iterator[dict[str, Any]]:
    """The entries of a service of Cloud Run that writes `log`: each line is one."""
    for line in log.splitlines():
        try:
            written = json.loads(line)
        except ValueError:
            written = None
        resource = {"type": "cloud_run_revision", "labels": {"service_name": service}}
        if not isinstance(written, dict):
            yield {"resource": resource, "textPayload": line}
            continue
        payload = {key: value for key, value in written.items() if key not in SPECIAL}
        is_text = set(payload) == {"message"}
        content = {"textPayload": payload["message"]} if is_text else {"jsonPayload": payload}
        yield {"resource": resource, "severity": written.get("severity", "DEFAULT"), **content}


def written_filter(resource: str, **each: str) -> str:
    """A filter in alerts.tf, by its resource (``logging_metric.tick``).

    `each` is what stands for the interpolations, with ``__`` for a point: ``each__key``.
    """
    text = (MODULE / "alerts.tf").read_text(encoding="utf-8")
    kind, _, name = resource.partition(".")
    block = text.partition(f'resource "google_{kind}" "{name}" {{')[2].partition("\n}\n")[0]
    found = re.search(r'(?m)^ *filter +=  *"(.*)"$', block)
    assert found is not None, f"no filter of google_{resource} in alerts.tf"
    written = found[1].replace('\\"', '"')
    for name, value in each.items():
        written = written.replace("${" + name.replace("__", ".") + "}", value)
    assert "${" not in written, written
    return written


def matches(query: str, entry: Mapping[str, Any]) -> bool:
    """Whether a filter takes an entry.

    >>> matches('severity=CRITICAL AND NOT jsonPayload.a="1"', {"severity": "CRITICAL", "jsonPayload": {"a": "2"}})
    True
    """
    tokens = TOKEN.findall(query)
    assert re.sub(r"\s", "", "".join(tokens)) == re.sub(r"\s", "", query), f"not understood: {query}"
    value = _any(tokens, entry)
    assert not tokens, tokens
    return value


def _any(tokens: list[str], entry: Mapping[str, Any]) -> bool:
    value = _all(tokens, entry)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        value = _all(tokens, entry) or value
    return value


def _all(tokens: list[str], entry: Mapping[str, Any]) -> bool:
    value = _one(tokens, entry)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        value = _one(tokens, entry) and value
    return value


def _one(tokens: list[str], entry: Mapping[str, Any]) -> bool:
    token = tokens.pop(0)
    if token == "NOT":
        return not _one(tokens, entry)
    if token == "(":
        value = _any(tokens, entry)
        assert tokens.pop(0) == ")"
        return value
    found = re.fullmatch(r"([\w.]+)(=~|=|:)(.*)", token, re.DOTALL)
    assert found is not None, token
    path, how, wanted = found[1], found[2], found[3].strip('"')
    there: Any = entry
    for part in path.split("."):
        there = there.get(part) if isinstance(there, Mapping) else None
    if how == ":":
        assert wanted == "*"
        return there is not None
    if there is None:
        return False
    return bool(re.search(wanted, str(there))) if how == "=~" else str(there) == wanted
