"""Failures that stand: journalled, and a person is paged, so that Freio is never blind in silence.

A fault that passes (`Unavailable`) is paged once it was there in three hours on end; any other at once; each once a
day for as long as it stands.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from freio.domain.journal import Kind
from freio.domain.sentences import PAGE_FAILING
from freio.errors import Conflict, Unavailable
from freio.guard.step import Step
from freio.ports import Store

STANDS = 3  # hours in which the same fault was seen


def note(store: Store, now: datetime, cause: str, error: Exception) -> None:
    """Write down that `cause` (what was tried, in words that stay the same) fails, and page where that is due."""
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
    if step.is_empty:
        return
    try:
        store.commit(step.change())
    except Conflict:
        return  # somebody else has written it down


def _key(cause: str, at: datetime) -> str:
    return f"failing/{cause}/{at:%Y-%m-%dT%H}"
