"""How the app took what people did."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freio.sandbox.slack.wire import Reply


@dataclass(frozen=True, kw_only=True)
class Ack:
    """How the app took one interaction.

    ``seconds`` is how long the acknowledgement took; ``status`` is None when none came. ``error`` is the word that
    the person sees: ``operation_timeout`` after three seconds, ``dispatch_failed``, ``http_service_error``,
    ``http_client_error``, ``invalid_response``, or ``not_sent`` for a form that is not filled in. ``errors`` are
    those shown in the form, by block. ``copies`` are the acknowledgements of injected duplicates.
    """

    kind: str
    person: str
    status: int | None = None
    seconds: float = 0.0
    body: str = ""
    error: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    copies: tuple["Ack", ...] = ()

    @property
    def ok(self) -> bool:
        return self.error is None and not self.errors


def ack_of(
    kind: str,
    person: str,
    reply: Reply,
    *,
    error: str | None = None,
    errors: Mapping[str, str] | None = None,
    copies: tuple[Ack, ...] = (),
) -> Ack:
    return Ack(
        kind=kind,
        person=person,
        status=reply.status,
        seconds=reply.seconds,
        body=reply.body,
        error=error,
        errors=errors or {},
        copies=copies,
    )
