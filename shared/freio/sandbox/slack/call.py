"""One call of the Web API: its arguments, from a form, a query or a JSON body alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from freio.sandbox.slack.errors import SlackError


@dataclass(frozen=True)
class Call:
    """``origin`` is the address the workspace was called at, for the URLs in the reply."""

    args: Mapping[str, Any]
    origin: str = ""

    def text(self, name: str) -> str:
        """The argument as text; empty when it was not given."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def needed(self, name: str) -> str:
        """The argument as text, or ``invalid_arguments`` naming it."""
        if not (value := self.text(name)):
            raise SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        value = self.text(name) or str(default)
        if not value.lstrip("-").isdecimal():
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be an integer [json-pointer:/{name}]"])
        return int(value)

    def structure(self, name: str, *, malformed: str = "invalid_arguments") -> Any:
        """A list or an object: as it stands in a JSON body, or written as JSON in a form field. None if not given."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as exc:
            raise SlackError(malformed, messages=[f"[ERROR] {name} is no JSON: {exc}"]) from exc
