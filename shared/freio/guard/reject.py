"""Events that nobody can use: journalled once and paged, and their delivery fails, so that they end as dead letters."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from freio.domain.journal import Kind
from freio.domain.sentences import PAGE_REJECTED
from freio.errors import BadMessage
from freio.guard.alert import Alerter
from freio.guard.retry import again
from freio.guard.step import Step
from freio.ports import Clock, Store

KEPT = 2000  # bytes of the event that the journal keeps


class Rejecter:
    """Takes what the others could not: each event is journalled once, each fault paged once a day.

    Two events have the same fault where reason, key and budget are the same.
    """

    def __init__(self, store: Store, clock: Clock, alerter: Alerter) -> None:
        self._store = store
        self._clock = clock
        self._alerter = alerter

    def reject(self, message_id: str, error: BadMessage, raw: bytes) -> None:
        """Journal and page one event, however often it is delivered. The caller raises `error` afterwards."""
        again(partial(self._keep, message_id, error, raw))
        self._alerter.deliver()

    def _keep(self, message_id: str, error: BadMessage, raw: bytes) -> None:
        step = Step(self._clock.now())
        key = f"rejected/{message_id}"
        if self._store.used(key):
            return
        step.once(key)
        step.log(
            Kind.REJECTED,
            None,
            str(error),
            key=key,
            reason=error.reason,
            message=message_id,
            raw=raw[:KEPT].decode("utf-8", "replace"),
        )
        # A message quotes what stood there, which differs each time; the key before the colon is what is wrong.
        fault = "/".join((error.reason, str(error).partition(":")[0], error.about))
        page = f"rejected/{step.now:%Y-%m-%d}/{sha256(fault.encode()).hexdigest()[:16]}"
        if not self._store.used(page):  # a budget in a wrong currency says so every twenty minutes, all month
            step.once(page)
            step.page_plain(page, PAGE_REJECTED, reason=error.reason, error=str(error))
        self._store.commit(step.change())
