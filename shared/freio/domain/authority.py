"""Who may what: the design's table, as a pure rule over what is known of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from freio.domain.app import App, Approvals
from freio.domain.incident import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the chat workspace, as the chat's directory describes them now.

    Guests, bots and deactivated people may nothing, whatever lists they stand in.
    """

    id: str
    name: str
    email: str = ""
    locale: str = ""
    time_zone: str = ""
    is_bot: bool = False
    is_guest: bool = False
    is_active: bool = True
    groups: frozenset[str] = frozenset()

    @property
    def may_nothing(self) -> bool:
        return self.is_bot or self.is_guest or not self.is_active

    def is_in(self, people: tuple[str, ...]) -> bool:
        """Whether a list of user ids, group ids and e-mail addresses names this person."""
        return any(
            p == self.id or p in self.groups or (bool(self.email) and p.casefold() == self.email.casefold())
            for p in people
        )


class Standing(StrEnum):
    """The answer to *may this person?*; ASKS turns the click into a request to the cost owner."""

    YES = "yes"
    ASKS = "asks"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a person is to an app."""

    ops: bool
    owner: bool
    cost_owner: bool

    @classmethod
    def of(cls, person: Person, app: App, approvals: Approvals) -> Rights:
        if person.may_nothing:
            return cls(ops=False, owner=False, cost_owner=False)
        return cls(
            ops=person.is_in(approvals.ops),
            owner=person.is_in(app.owners),
            cost_owner=person.is_in(approvals.cost_owners.get(app.cost_centre, ())),
        )


_DIRECT = frozenset({Action.THROTTLE, Action.SNOOZE, Action.EXPECTED})
_LOOSENS = frozenset({Action.RAISE, Action.RELEASE})


def may(action: Action, rights: Rights, approvals: Approvals) -> Standing:
    """Whether somebody with these rights may do this by a click of their own.

    A cost owner may raise or release on *another's* request only, so their own click is a request as well
    (`may_approve` decides it, for somebody else).

    >>> may(Action.KEEP, Rights(ops=False, owner=True, cost_owner=False), Approvals())
    <Standing.ASKS: 'asks'>
    """
    if not (rights.ops or rights.owner or rights.cost_owner):
        return Standing.NO
    if action in _DIRECT:
        return Standing.YES
    if action in _LOOSENS:
        return Standing.YES if rights.ops and approvals.ops_may_raise else _asks(rights)
    return Standing.YES if rights.ops or rights.cost_owner else Standing.ASKS


def _asks(rights: Rights) -> Standing:
    return Standing.ASKS if rights.owner or rights.cost_owner else Standing.NO


def judged_as(action: Action, *, frees: bool) -> Action:
    """What an action is judged as: one that lets a held brake go is a release, whatever its button says."""
    return Action.RELEASE if frees and action is not Action.RAISE else action


def may_approve(action: Action, person: Person, requester: str, rights: Rights, approvals: Approvals) -> bool:
    """Whether this person may approve (or deny) that request: never one's own, where it loosens a throttle."""
    if action in _LOOSENS:
        if person.id == requester:
            return False
        return rights.cost_owner or (rights.ops and approvals.ops_may_raise)
    return rights.cost_owner or rights.ops


HARD_APPROVALS = 2


def named(person: Person, app: App, approvals: Approvals) -> tuple[bool, bool]:
    """Whether a person is named, not through a group: for hard levers, and as a cost owner of the app."""
    alone = replace(person, groups=frozenset())
    if alone.may_nothing:
        return False, False
    return alone.is_in(approvals.hard_levers), alone.is_in(approvals.cost_owners.get(app.cost_centre, ()))


def may_approve_hard(person: Person, requester: str, app: App, approvals: Approvals) -> bool:
    """Whether this person may be one of the two who approve a hard lever: named in the file, and not the asker."""
    return person.id != requester and any(named(person, app, approvals))


def enough_for_hard(approvers: Mapping[str, bool]) -> bool:
    """Whether these people are two of whom one is named for hard levers: a cost owner alone counts as one.

    >>> enough_for_hard({"U1": True, "U2": False}), enough_for_hard({"U2": False, "U3": False})
    (True, False)
    """
    return len(approvers) >= HARD_APPROVALS and any(approvers.values())


def two_may_approve_hard(requester: Person, app: App, approvals: Approvals) -> bool:
    """Whether the file names two others for a hard lever, one of them as a cost owner at most."""
    alone = replace(requester, groups=frozenset())
    hard = {one for one in approvals.hard_levers if not alone.is_in((one,))}
    payers = {
        one
        for one in approvals.cost_owners.get(app.cost_centre, ())
        if not alone.is_in((one,)) and one not in hard and not one.startswith("S")
    }
    return len(hard) >= HARD_APPROVALS or (len(hard) == 1 and bool(payers))


def others_may_approve(action: Action, requester: Person, app: App, approvals: Approvals) -> bool:
    """Whether the file names anybody but the requester who may approve their request.

    By the file alone: a group counts as others, even one with the requester in it.

    >>> from freio.domain.app import Match
    >>> app = App(name="chat", team="", cost_centre="C", environment="", owners=(), match=Match())
    >>> rui, alone = Person(id="U1", name="Rui"), Approvals(ops=("S1",), cost_owners={"C": ("U1",)})
    >>> [others_may_approve(action, rui, app, alone) for action in (Action.RELEASE, Action.KEEP)]
    [False, True]
    """
    ops = approvals.ops if action not in _LOOSENS or approvals.ops_may_raise else ()
    named = (*approvals.cost_owners.get(app.cost_centre, ()), *ops)
    return any(not replace(requester, groups=frozenset()).is_in((one,)) for one in named)
