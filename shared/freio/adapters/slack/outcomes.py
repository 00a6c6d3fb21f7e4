"""What comes of something that Slack posts: a click to enqueue, or an answer at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slack_sdk.models.views import View

from freio.domain.click import Click


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModal:
    """A form to open at once with ``views.open``: a trigger id lives three seconds."""

    trigger_id: str
    view: View


@dataclass(frozen=True, slots=True, kw_only=True)
class FormErrors:
    """What is wrong with a form, by block: it stays open and shows it."""

    errors: Mapping[str, str]

    @property
    def body(self) -> dict[str, object]:
        """The JSON to answer with."""
        return {"response_action": "errors", "errors": dict(self.errors)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a slash command that only its writer sees; mrkdwn."""

    text: str

    @property
    def body(self) -> dict[str, object]:
        """The JSON to answer with."""
        return {"response_type": "ephemeral", "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nothing to do but to acknowledge it; `what` it was."""

    what: str


Outcome = Click | OpenModal | FormErrors | Reply | Ignored
