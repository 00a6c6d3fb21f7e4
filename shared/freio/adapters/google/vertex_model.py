"""One small question to a model of Google's on Vertex AI, so that a fire drill's brake has something to refuse."""

from __future__ import annotations

import json
from typing import Any

from googleapiclient.errors import HttpError

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated
from freio.ports import Place

QUESTION: dict[str, Any] = {
    "contents": [{"role": "user", "parts": [{"text": "ok"}]}],
    "generationConfig": {"maxOutputTokens": 1},
}
# What a brake answers: 429 from a quota, 400 FAILED_PRECONDITION from an organization policy.
_BRAKED = {(429, "RESOURCE_EXHAUSTED"), (400, "FAILED_PRECONDITION")}


class VertexModel:
    """`Model` over ``generateContent``; it needs ``aiplatform.endpoints.predict`` in the place's project.

    That a question was refused proves nothing yet: shared capacity answers 429 as well. What the service reports of the
    quota does, and that is asked of its witness.
    """

    def __init__(self, apis: GoogleApis) -> None:
        self._apis = apis

    def ask(self, place: Place) -> bool:
        name = f"projects/{place.project}/locations/{place.location}/publishers/google/models/{place.model}"
        what = f"asking {place.model} at {place.location} in {place.project}"
        with translated(what):
            models = self._apis.vertex(place.location).projects().locations().publishers().models()
            try:
                models.generateContent(model=name, body=QUESTION).execute()
            except HttpError as error:
                if (int(error.resp.status), _status(error)) not in _BRAKED:
                    raise
                return False
        return True


def _status(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["status"])
    except (ValueError, LookupError, TypeError):
        return ""
