"""What is handed out with an interaction and dies soon: trigger ids and response URLs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.ids import Ids

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_LIFE = timedelta(minutes=30)
RESPONSE_USES = 5


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """The right to open one modal for one person; ``view`` is the modal in which they clicked, if any."""

    person: str
    born: datetime
    view: str | None
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class Response:
    """The right to answer an interaction five times within half an hour, without a token.

    ``ts`` is the message that was clicked: what ``replace_original`` and ``delete_original`` mean.
    """

    channel: str
    person: str
    born: datetime
    ts: str | None = None
    uses: int = 0


class Tickets:
    """Keeps both kinds. ``now`` is the clock of the wire: these lives are real seconds, whatever the demo simulates."""

    def __init__(self, now: Callable[[], datetime], ids: Ids) -> None:
        self._now = now
        self._ids = ids
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, Response] = {}

    def trigger(self, person: str, *, view: str | None = None) -> str:
        name = f"{len(self._triggers) + 1}.{self._ids.letters(6)}.{self._ids.letters(12).lower()}"
        self._triggers[name] = Trigger(person=person, born=self._now(), view=view)
        return name

    def redeem(self, name: str) -> Trigger:
        """The trigger, used up by this; in Slack's words: unknown, too old, or used before."""
        if name not in self._triggers:
            raise SlackError("invalid_trigger_id")
        trigger = self._triggers[name]
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._now() - trigger.born > TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        self._triggers[name] = replace(trigger, used=True)
        return trigger

    def response(self, *, channel: str, person: str, ts: str | None = None) -> str:
        name = self._ids.letters(24)
        self._responses[name] = Response(channel=channel, person=person, born=self._now(), ts=ts)
        return name

    def use(self, name: str) -> Response:
        """The response, with one use less; over HTTP Slack answers these refusals with 404."""
        if name not in self._responses:
            raise SlackError("no_such_response_url", status=404)
        response = self._responses[name]
        if self._now() - response.born > RESPONSE_LIFE:
            raise SlackError("expired_url", status=404)
        if response.uses == RESPONSE_USES:
            raise SlackError("used_url", status=404)
        self._responses[name] = replace(response, uses=response.uses + 1)
        return response
