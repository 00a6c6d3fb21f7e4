"""The names of quota resources, which callers must treat as opaque: built here, and taken apart only here."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from freio.sandbox.google.errors import unimplemented

if TYPE_CHECKING:
    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.projects import Project
    from freio.sandbox.google.quotas import Dimensions


@dataclass(frozen=True, kw_only=True)
class QuotaName:
    """`projects/p/services/s[/consumerQuotaMetrics/m[/limits/l[/consumerOverrides/o]]]`, decoded."""

    project: str
    service: str
    metric: str = ""
    limit_id: str = ""
    override: str = ""


def parse(name: str) -> QuotaName:
    """The parts of a name that has already passed its method's pattern."""
    parts = name.split("/")
    if parts[0] != "projects":
        raise unimplemented(f"quotas of {parts[0]}; ask for a project's")
    metric, limit_id, override = ([unquote(part) for part in parts[5::2]] + ["", "", ""])[:3]
    return QuotaName(project=parts[1], service=parts[3], metric=metric, limit_id=limit_id, override=override)


def metric_name(project: Project, service: str, metric: str) -> str:
    return f"projects/{project.number}/services/{service}/consumerQuotaMetrics/{quote(metric, safe='')}"


def limit_name(project: Project, limit: Limit) -> str:
    return f"{metric_name(project, limit.service, limit.metric)}/limits/{quote(limit.limit_id, safe='')}"


def override_name(project: Project, limit: Limit, dimensions: Dimensions) -> str:
    return f"{limit_name(project, limit)}/consumerOverrides/{override_id(dimensions)}"


def override_id(dimensions: Dimensions) -> str:
    digest = hashlib.sha256(repr(dimensions).encode()).digest()[:12]
    return "Cg1R" + base64.urlsafe_b64encode(digest).decode()
