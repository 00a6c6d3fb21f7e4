"""A control plane behind HTTP, and Google's own clients before it, for the tests beside this file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from freio.sandbox.google.catalogue import GLOBAL_INPUT, Limit
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand, Served
from freio.sandbox.google.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = "acme-chat-prod"
FLASH = {"base_model": "gemini-2.5-flash-ga"}
FLASH_DEFAULT = 10_000_000_000
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
IMPORT = "serviceusage.services.consumerQuotaMetrics.importConsumerOverrides"
CREATE = "serviceusage.services.consumerQuotaMetrics.limits.consumerOverrides.create"
LIST = "serviceusage.services.consumerQuotaMetrics.list"


@dataclass
class Clock:
    moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class World:
    clock: Clock
    plane: ControlPlane
    url: str
    usage_api: Any
    monitoring_api: Any

    @property
    def metrics(self) -> Any:
        return self.usage_api.services().consumerQuotaMetrics()

    @property
    def overrides(self) -> Any:
        return self.metrics.limits().consumerOverrides()

    def list_metrics(self, service: str = "aiplatform.googleapis.com", **more: Any) -> Any:
        return self.metrics.list(parent=f"projects/{PROJECT}/services/{service}", **more).execute()

    def start_import(self, *overrides: dict[str, Any], **body: Any) -> Any:
        body = {"inlineSource": {"overrides": list(overrides)}, "force": True} | body
        service = overrides[0]["metric"].partition("/")[0]
        parent = f"projects/{PROJECT}/services/{service}"
        return self.metrics.importConsumerOverrides(parent=parent, body=body).execute()

    def set_limit(self, value: int, limit: Limit = GLOBAL_INPUT, dimensions: dict[str, str] | None = None) -> None:
        """Sets an override and waits until traffic feels it."""
        self.start_import(override(value, limit, FLASH if dimensions is None else dimensions))
        self.clock.forward(60)

    def operation(self, name: str) -> Any:
        return self.usage_api.operations().get(name=name).execute()

    def limit_name(self, limit: Limit = GLOBAL_INPUT) -> Any:
        for metric in self.list_metrics(limit.service)["metrics"]:
            for one in metric["consumerQuotaLimits"]:
                if (one["metric"], one["unit"]) == limit.key:
                    return one["name"]
        raise AssertionError(f"{limit.key} is not listed")

    def bucket(self, limit: Limit = GLOBAL_INPUT, dimensions: dict[str, str] | None = None) -> Any:
        shown = self.metrics.limits().get(name=self.limit_name(limit), view="FULL").execute()
        wanted = FLASH if dimensions is None else dimensions
        return next((one for one in shown["quotaBuckets"] if one.get("dimensions", {}) == wanted), None)

    def demand(self, minute: int = 0, **more: Any) -> Served:
        """Traffic of gemini-2.5-flash on the global endpoint, some minutes from the clock's minute."""
        at = self.clock.moment.replace(second=0) + timedelta(minutes=minute)
        asked: dict[str, Any] = {
            "location": "global",
            "model": "gemini-2.5-flash",
            "demand": Demand(requests=100, input_tokens=100_000),
        }
        return self.plane.serve(project=PROJECT, at=at, **(asked | more))

    def series(self, metric: str, *, hours: float = 24, extra: str = "", **more: Any) -> Any:
        """Time series of the last hours up to the clock."""
        start = self.clock.moment - timedelta(hours=hours)
        return (
            self.monitoring_api.projects()
            .timeSeries()
            .list(
                name=f"projects/{PROJECT}",
                filter=f'metric.type = "{metric}"{extra}',
                interval_startTime=start.isoformat(),
                interval_endTime=self.clock.moment.isoformat(),
                view=more.pop("view", "FULL"),
                **more,
            )
            .execute()
        )


@contextmanager
def running(**options: Any) -> Iterator[World]:
    clock = Clock()
    plane = ControlPlane(now=clock, projects=[PROJECT, "acme-search-prod"], **options)
    handle = serve(plane)
    credentials_type: Any = AnonymousCredentials  # google-auth leaves its constructor untyped
    settings = {
        "client_options": {"api_endpoint": handle.url},
        "credentials": credentials_type(),
        "static_discovery": True,
    }
    usage_api = build("serviceusage", "v1beta1", **settings)
    monitoring_api = build("monitoring", "v3", **settings)
    yield World(clock=clock, plane=plane, url=handle.url, usage_api=usage_api, monitoring_api=monitoring_api)
    usage_api.close()
    monitoring_api.close()
    handle.stop()


def override(value: int, limit: Limit = GLOBAL_INPUT, dimensions: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "metric": limit.metric,
        "unit": limit.unit,
        "dimensions": FLASH if dimensions is None else dimensions,
        "overrideValue": str(value),
    }


@contextmanager
def refused(http: int, reason: str = "", status: str = "") -> Iterator[dict[str, Any]]:
    """A call that must fail with this HTTP status and ErrorInfo reason; yields the error, filled when it came."""
    error: dict[str, Any] = {}
    with pytest.raises(HttpError) as caught:
        yield error
    assert caught.value.resp.status == http, caught.value
    error.update(json.loads(caught.value.content)["error"])
    reasons = [one.get("reason") for one in error.get("details", [])]
    assert not reason or reason in reasons, error
    assert not status or error["status"] == status, error


def encoded(text: str) -> str:
    return quote(text, safe="")
