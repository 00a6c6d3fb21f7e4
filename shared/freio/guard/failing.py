"""Failures that stand: journalled, and a person is paged, so that Freio is never blind in silence.

A fault that passes (`Unavailable`) is paged once it was there in three hours on end; any other at once; each once a
day for as long as it stands.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from freio.domain.journal import Kind
from freio.domain.sentences import PAGE_FAILING
from freio.errors import Conflict, Unavailable, Unreadable, VendorError
from freio.guard.step import Step
from freio.ports import R, Store

STANDS = 3  # hours in which the same fault was seen


def note(store: Store, now: datetime, cause: str, error: Exception) -> None:
    """Write down that `cause` (what was tried, in words that stay the same) fails, and page where that is due.

    It is called where an error was caught so that other work goes on, and whose caller raises it in the end: a store
    that cannot take the note now does not stop that work, nor hide that error.
    """
    try:
        _note(store, now, cause, error)
    except (Conflict, VendorError):
        return  # somebody else has written it down, or the store fails too


def due(store: Store, kind: type[R], now: datetime, failures: list[str]) -> list[R]:
    """What is due of a kind. A record that cannot be read is noted, and does not hold up the others."""
    try:
        return store.due(kind, now)
    except Unreadable as error:
        failures.append(repr(error))
        note(store, now, f"reading what is due of {kind.__name__}", error)
        return error.others(kind)


def _note(store: Store, now: datetime, cause: str, error: Exception) -> None:
    step = Step(now)
    here = _key(cause, now)
    if not store.used(here):
        step.once(here)
        step.log(Kind.FAILURE, None, f"{cause}: {error!r}", key=here)
    stands = all(store.used(_key(cause, now - timedelta(hours=h))) for h in range(1, STANDS))
    page = f"failing/{cause}/{now:%Y-%m-%d}"
    if (stands or not isinstance(error, Unavailable)) and not store.used(page):
        step.once(page)
        step.page_plain(page, PAGE_FAILING, what=cause, error=str(error) or repr(error))
    if not step.is_empty:
        store.commit(step.change())


def _key(cause: str, at: datetime) -> str:
    return f"failing/{cause}/{at:%Y-%m-%dT%H}"
