"""The standing quotas that Freio has put in place: what it must take away again once the file asks for them no more."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import suppress

from freio.domain.app import App, Client
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.quota import Change, QuotaBook, SetQuota, Standing
from freio.domain.sentences import QUOTA_ORPHANED, QUOTA_UNREADABLE
from freio.domain.target import Brake, Target
from freio.errors import Gone, Rejected, VendorError
from freio.guard.hold import Holder
from freio.ports import Lever, Store, TellsCallers


def book_of(store: Store) -> QuotaBook:
    return store.get(QuotaBook, QuotaBook().id) or QuotaBook()


def returns_to(brake: Brake) -> Setting:
    """What stands there once no lease is left."""
    return brake.found if brake.returns_to is None else brake.returns_to


def as_set(standing: Standing, before: Setting) -> SetQuota:
    """A quota that is put in place, as it is remembered; ``before`` is what stands there without it."""
    assert standing.wanted is not None, "only what has a quota is kept"
    return SetQuota(
        target=standing.target,
        places=standing.places,
        unit=standing.unit,
        apps=tuple(name for name, _ in standing.asked),
        value=standing.wanted,
        before=before,
    )


def orphans(client: Client, store: Store, holder: Holder, asked: Container[Target]) -> Iterator[Standing]:
    """What Freio set for apps that ask for no quota of its kind there any more, and that still stands.

    ``asked`` are the targets that the file has a quota for. A place without traffic is none of them, and no orphan
    while its app still asks and could have traffic there. A key that was rotated is looked at where it went on. What
    others have set since is theirs. What cannot be read for good is said; raises `Unavailable` as the levers do.
    """
    for one in book_of(store).kept:
        if one.target in asked:
            continue
        lever = holder.levers.get(one.target.lever)
        if lever is None:
            data = {"apps": ", ".join(one.apps), "value": one.value, "lever": one.target.lever}
            yield _line(one, stands=one.value, change=Change.LOOSE, reason=Phrase.of(QUOTA_ORPHANED, **data))
            continue
        try:
            target, stands = _found(one.target, holder)
            is_asked = target in asked or any(_asks(client.app(name), one.unit, target, lever) for name in one.apps)
        except Gone:
            continue
        except Rejected as error:  # a project that was deleted keeps nobody else's quotas from being seen
            reason = Phrase.of(QUOTA_UNREADABLE, apps=", ".join(one.apps), value=one.value, error=str(error))
            yield _line(one, stands=one.value, change=Change.LOOSE, reason=reason)
            continue
        brake = store.get(Brake, target.id) or Brake(target=target)
        if not is_asked and (returns_to(brake) if brake.leases else stands) == one.value:
            leased = tuple(sorted({lease.app for lease in brake.leases}))
            yield _line(one, at=target, stands=stands, change=Change.REMOVE, leased=leased)


def predecessor(store: Store, holder: Holder, target: Target) -> Target | None:
    """Where the quota of this target was put in place, if its key was rotated since; None: here, or there is none."""
    book = book_of(store)
    if not isinstance(holder.levers.get(target.lever), TellsCallers) or book.of(target) is not None:
        return None
    for one in book.kept:
        if (one.target.lever, one.target.project) == (target.lever, target.project):
            with suppress(VendorError):
                if _found(one.target, holder)[0] == target:
                    return one.target
    return None


def _asks(app: App | None, unit: str, target: Target, lever: Lever) -> bool:
    """Whether the file lets the app have a quota of this kind, and traffic at its target, as far as it says."""
    if app is None or unit not in app.quotas:
        return False
    if isinstance(lever, TellsCallers):
        return lever.is_of(app, target)
    return not app.match.projects or target.project in app.match.projects


def _found(target: Target, holder: Holder) -> tuple[Target, Setting]:
    """What stands at a target, or at what took its place."""
    try:
        return target, holder.found_at(target)
    except Gone as error:
        if not isinstance(error.heir, Target):
            raise
        return error.heir, holder.found_at(error.heir)


def _line(
    one: SetQuota,
    *,
    stands: Setting,
    change: Change,
    at: Target | None = None,
    leased: tuple[str, ...] = (),
    reason: Phrase | None = None,
) -> Standing:
    return Standing(
        target=at or one.target,
        places=one.places,
        unit=one.unit,
        apps=one.apps,
        asked=(),
        stands=stands,
        granted=None,
        wanted=None,
        change=change,
        leased=leased,
        returns_to=one.before,
        reason=reason,
    )
