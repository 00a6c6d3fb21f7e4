"""The door for what Slack posts: verify, open a form if one was asked for, enqueue, acknowledge. It decides nothing.

Slack waits three seconds. So everything that takes time, or needs to know who may what, is done elsewhere, by those
who take the message from the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier

from freio.adapters.slack.errors import translated
from freio.adapters.slack.interactions import Inbox
from freio.adapters.slack.outcomes import FormErrors, Ignored, OpenModal, Reply
from freio.adapters.slack.wire import to_json
from freio.errors import BadMessage
from freio.ports import Clock, Queue

if TYPE_CHECKING:
    from slack_sdk import WebClient

TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Slack gets: a status, and a body where it has to show something."""

    status: int = 200
    body: Mapping[str, object] = field(default_factory=dict)


class _VerifiersClock(SlackClock):
    """The verifier's idea of now, from ours."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Door:
    """Takes one HTTP request of Slack's.

    ``wall``    the clock that signatures are judged by (Slack signs with real time, whatever the sandbox plays).
    ``web``     opens forms: a client that gives up before Slack does.

    Everything is made before it, so that what is wrong with a setting stops the deployment and not a click.
    """

    def __init__(
        self,
        *,
        signing_secret: str,
        wall: Clock,
        clock: Clock,
        inbox: Inbox,
        web: WebClient,
        queue: Queue,
        topic: str,
    ) -> None:
        self._verifier = SignatureVerifier(signing_secret, clock=_VerifiersClock(wall))
        self._clock = clock
        self._inbox = inbox
        self._web = web
        self._queue = queue
        self._topic = topic

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """401 for whatever is not signed by Slack in the last five minutes, 400 for what it would never send.

        An error of the queue is raised, so that Slack shows the person that it did not work: nothing was lost silently.
        """
        if not self.is_signed(headers, body):
            return Answer(status=401, body={"error": "not signed by Slack, or longer than five minutes ago"})
        try:
            outcome = self._inbox.parse(body, self._clock.now())
        except BadMessage as error:
            return Answer(status=400, body={"error": str(error), "reason": error.reason})
        if isinstance(outcome, OpenModal):
            with translated("views.open"):
                self._web.views_open(trigger_id=outcome.trigger_id, view=outcome.view)
            return Answer()
        if isinstance(outcome, FormErrors | Reply):
            return Answer(body=outcome.body)
        if not isinstance(outcome, Ignored):
            self._queue.publish(self._topic, to_json(outcome), {"verb": outcome.verb})
        return Answer()

    def is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Slack's v0 signature over the raw body. The verifier raises on headers that Slack would never send."""
        lower = {name.lower(): value for name, value in headers.items()}
        timestamp, signature = lower.get(TIMESTAMP), lower.get(SIGNATURE)
        if timestamp is None or signature is None:
            return False
        try:
            return bool(self._verifier.is_valid(body, timestamp, signature))
        except (ValueError, TypeError, OverflowError):
            return False  # a timestamp that is no number, or too large a one; a signature that is not ASCII
