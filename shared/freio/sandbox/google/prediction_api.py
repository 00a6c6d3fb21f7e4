"""Vertex AI's ``generateContent``, as far as a limit is concerned: what quotas and policies let through is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freio.sandbox.google.demand import Demand, Served, Step
from freio.sandbox.google.errors import ApiError
from freio.sandbox.google.projects import check_access

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call

API = "aiplatform.v1"  # its document has three megabytes: read where a stand-in is asked questions
GENERATE = "aiplatform.projects.locations.publishers.models.generateContent"
CHARACTERS = 4  # a token, roughly


class PredictionApi:
    """One question at a time, counted as any other traffic."""

    def __init__(self, *, projects: Projects, now: Callable[[], datetime], serve: Callable[[Step], Served]) -> None:
        self._projects = projects
        self._now = now
        self._serve = serve

    def generate(self, call: Call) -> dict[str, Any]:
        _, project, _, location, _, _, _, model = call.parameters["model"].split("/")
        check_access(self._projects.get(project), host=call.method.host, permission="aiplatform.endpoints.predict")
        asked = sum(len(part.get("text", "")) for said in call.body["contents"] for part in said["parts"])
        demand = Demand(requests=1, input_tokens=-(-asked // CHARACTERS), output_tokens=1)
        minute = self._now().replace(second=0, microsecond=0)
        served = self._serve(Step(project=project, location=location, model=model, at=minute, demand=demand))
        if served.refused_requests:
            raise ApiError(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.")
        if served.turned_away_requests:
            raise ApiError(400, "FAILED_PRECONDITION", "The model is not allowed by the organization policy.")
        return {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "ok"}]}, "finishReason": "MAX_TOKENS"}],
            "usageMetadata": {
                "promptTokenCount": demand.input_tokens,
                "candidatesTokenCount": 1,
                "totalTokenCount": demand.input_tokens + 1,
            },
            "modelVersion": model,
        }
