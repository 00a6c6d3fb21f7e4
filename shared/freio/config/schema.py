"""The JSON Schema of the client's file, for editors: generated from the model, checked in beside the package."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from freio.config.model import ClientKeys
from freio.config.values import spelled_duration

WHERE = Path(__file__).parent.parent / "freio.schema.json"


class _AsWritten(GenerateJsonSchema):
    """Defaults as the file would spell them, not as pydantic would serialise them."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return spelled_duration(dft)
        if isinstance(dft, Decimal):
            return float(dft)
        return super().encode_default(dft)


def schema() -> str:
    """The schema as its file holds it."""
    generated = ClientKeys.model_json_schema(schema_generator=_AsWritten)
    head = {"$schema": _AsWritten.schema_dialect}
    return json.dumps(head | generated | {"title": "freio.yaml"}, indent=2, ensure_ascii=False) + "\n"


def write(where: Path = WHERE) -> None:
    where.write_text(schema(), encoding="utf-8")
