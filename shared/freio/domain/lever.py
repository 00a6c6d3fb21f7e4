"""The levers there are: how far each one's blast reaches, how hard it hits, and what may stand at its target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

Setting = int | str | None
"""What stands at a target: a limit, or a text that its lever alone reads (a policy, a key's restrictions), complete
enough to be put back exactly; None: nothing of the kind stands there. Two equal settings are the same state."""

UNLIMITED = -1


class Reach(IntEnum):
    """Whose traffic a lever touches, from few to all of a project's."""

    CALLER = 0  # one key, service account or team
    MODEL = 1  # one model in a project (at one endpoint, for a quota)
    SERVICE = 2  # all of a service in a project
    PROJECT = 3  # all of a project


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One lever's kind.

    ``reach``     whose traffic it touches. ``softness`` orders levers of one reach, the softest first.
    ``limits``    it sets a number that can be raised; the others stop what they touch.
    ``hard``      two named people must agree, and no policy pulls it: putting back is not exact.
    """

    name: str
    reach: Reach
    softness: int
    limits: bool = False
    hard: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="gateway", reach=Reach.CALLER, softness=0, limits=True),
        Kind(name="quota", reach=Reach.MODEL, softness=1, limits=True),
        Kind(name="allowed_models", reach=Reach.MODEL, softness=2),
        Kind(name="api_key", reach=Reach.CALLER, softness=3),
        Kind(name="iam_deny", reach=Reach.CALLER, softness=4),
        Kind(name="disable_service", reach=Reach.SERVICE, softness=5, hard=True),
        Kind(name="unlink_billing", reach=Reach.PROJECT, softness=6, hard=True),
    )
}
"""By name, the softest first."""


def kind_of(lever: str) -> Kind:
    """Of a lever that no version has had, everything is assumed to be at its worst."""
    return KINDS.get(lever) or Kind(name=lever, reach=Reach.PROJECT, softness=len(KINDS), hard=True)


def strictest_limit(found: Setting, asked: Iterable[int]) -> int:
    """The limit that should stand where these are asked for: the lowest, and never looser than what was found.

    >>> strictest_limit(150, [200, 300]), strictest_limit(UNLIMITED, [200]), strictest_limit(None, [0, 5])
    (150, 200, 0)
    """
    lowest = min(asked)
    return lowest if not isinstance(found, int) or found == UNLIMITED else min(lowest, found)
