"""The standing quotas that Freio has put in place: what it must take away again once the file asks for them no more."""

from __future__ import annotations

from collections.abc import Container, Iterator

from freio.domain.app import App, Client
from freio.domain.lever import Reach, Setting, kind_of
from freio.domain.phrase import Phrase
from freio.domain.quota import Change, QuotaBook, SetQuota, Standing
from freio.domain.sentences import QUOTA_ORPHANED, QUOTA_UNREADABLE
from freio.domain.target import Brake, Target
from freio.errors import Gone, Rejected
from freio.guard.hold import Holder
from freio.ports import Store


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
        apps = [client.app(name) for name in one.apps]
        if one.target in asked or any(app is not None and _asks(app, one) for app in apps):
            continue
        if one.target.lever not in holder.levers:
            data = {"apps": ", ".join(one.apps), "value": one.value, "lever": one.target.lever}
            yield _line(one, stands=one.value, change=Change.LOOSE, reason=Phrase.of(QUOTA_ORPHANED, **data))
            continue
        try:
            target, stands = _found(one.target, holder)
        except Gone:
            continue
        except Rejected as error:  # a project that was deleted keeps nobody else's quotas from being seen
            reason = Phrase.of(QUOTA_UNREADABLE, apps=", ".join(one.apps), value=one.value, error=str(error))
            yield _line(one, stands=one.value, change=Change.LOOSE, reason=reason)
            continue
        brake = store.get(Brake, target.id) or Brake(target=target)
        if target not in asked and (returns_to(brake) if brake.leases else stands) == one.value:
            leased = tuple(sorted({lease.app for lease in brake.leases}))
            yield _line(one, at=target, stands=stands, change=Change.REMOVE, leased=leased)


def _asks(app: App, quota: SetQuota) -> bool:
    """Whether the file lets the app have a quota of this kind, and traffic at its target, as far as it says."""
    if quota.unit not in app.quotas:
        return False
    if kind_of(quota.target.lever).reach is Reach.CALLER:  # a key stands in the file by its alias or by its hash
        team = quota.target.dimension("team")
        return team in app.callers.teams if team else bool(app.callers.keys)
    return not app.match.projects or quota.target.project in app.match.projects


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
        was=one.target,
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
