"""Whether Freio may set what it offers: looked into every hour by the identity that would, before it is needed.

The watch that offers brakes has an identity of its own, which may only read: what it may do says nothing of what can
be set. So the enforcer looks, keeps what it lacks in the store, and the watch's levers are told from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freio.domain.app import App, Client
from freio.domain.rights import Answer, BilledHomes, RightsReport
from freio.errors import Conflict, Rejected, VendorError
from freio.guard.failing import note
from freio.ports import Change, Clock, Lever, Rights, Store

EVERY = timedelta(hours=1)
SOON = timedelta(minutes=5)  # while something lacks, or did not answer: a right that is granted counts soon
CLAIM = timedelta(minutes=5)  # longer than a look takes
BUDGET = timedelta(seconds=20)  # of one sweep, which comes every minute: the next one goes on
NAMED = 10  # projects in one sentence

Need = tuple[str, str]
"""A lever's name and a project."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """An answer, and what went wrong with the question."""

    answer: Answer
    error: VendorError | None = None


class RightsWatch:
    """Asks every lever that the client's file names for an app what it lacks in that app's projects."""

    def __init__(self, client: Client, store: Store, clock: Clock, levers: Mapping[str, Lever]) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._levers = levers
        self._spared_until: datetime | None = None  # it spares reading the store at each sweep

    def look(self) -> None:
        """Ask what is due, one sweep at a time and not for long. What lacks is paged once a day as long as it does."""
        now = self._clock.now()
        if self._spared_until is not None and now < self._spared_until:
            return
        report = self._store.get(RightsReport, RightsReport().id) or RightsReport()
        needs = self._needs()
        due = _due(report, needs, now)
        if not due:
            self._spared_until = min([now + SOON, *(answer.due_at for answer in report.answers)])
            return
        if report.is_claimed(now):
            return
        claimed = self._put(replace(report, claimed_until=now + CLAIM))
        if claimed is None:
            return
        looked = self._ask(report, {need: needs[need] for need in due}, now)
        fresh = {(one.answer.lever, one.answer.project): one.answer for one in looked}
        known = {(answer.lever, answer.project): answer for answer in report.answers} | fresh
        answers = [answer for need, answer in known.items() if need in needs]
        asked = {lever for lever, _ in fresh}
        whole = asked - {lever for lever, project in needs if (lever, project) not in known}
        told = tuple(replace(answer, told=answer.told or answer.lever in whole) for answer in answers)
        if self._put(replace(claimed, answers=told, claimed_until=None)) is not None:
            self._tell(report, answers, looked, whole)

    def _put(self, report: RightsReport) -> RightsReport | None:
        """As it stands in the store then; None: another sweep is at it."""
        try:
            self._store.commit(Change(put=(report,)))
        except Conflict:
            return None
        return replace(report, version=report.version + 1)

    def _needs(self) -> dict[Need, tuple[str, ...]]:
        """Permissions by lever and project, whichever apps need them."""
        needs: dict[Need, tuple[str, ...]] = {}
        billed = self._store.get(BilledHomes, BilledHomes().id) or BilledHomes()
        for app in self._client.apps:
            at_home = _at_home(app, billed)
            for name in app.policy.levers:
                asked = self._levers[name].needs(at_home) if name in self._levers else {}
                for project, permissions in asked.items():
                    had = needs.get((name, project), ())
                    needs[name, project] = tuple(dict.fromkeys((*had, *permissions)))
        return needs

    def _ask(self, report: RightsReport, due: Mapping[Need, Sequence[str]], began: datetime) -> list[_Looked]:
        looked: list[_Looked] = []
        for (name, project), permissions in due.items():
            if looked and self._clock.now() - began >= BUDGET:
                break
            looked.append(self._one(name, project, permissions, report.of(name, project)))
        return looked

    def _one(self, name: str, project: str, permissions: Sequence[str], before: Answer | None) -> _Looked:
        """Who may not even ask may do nothing there. Where nobody answers, what was known to lack lacks still."""
        error: VendorError | None = None
        try:
            lacks = self._levers[name].lacks(project, permissions)
        except Rejected as refused:
            error, lacks = refused, tuple(permissions)
        except VendorError as failed:
            error, lacks = failed, before.lacks if before else ()
        now = self._clock.now()
        wait = SOON if lacks or error else EVERY
        told = before is not None and before.told and not (lacks and not before.lacks)
        return _Looked(Answer(lever=name, project=project, at=now, due_at=now + wait, lacks=lacks, told=told), error)

    def _tell(
        self, before: RightsReport, answers: Sequence[Answer], looked: Sequence[_Looked], whole: Iterable[str]
    ) -> None:
        """One alert for each lever, however many projects lack the same role; another where more of them do later.

        Of a lever of the `whole` ones: those of whose projects each has been asked, or the alert would name the first.
        """
        now = self._clock.now()
        for name in dict.fromkeys(one.answer.lever for one in looked):
            mine = [one for one in looked if one.answer.lever == name and one.error is not None]
            silent = [one.error for one in mine if not isinstance(one.error, Rejected)]
            if silent and silent[0] is not None:
                note(self._store, now, f"asking what Freio may do with {name}", silent[0])
            lacking = [answer for answer in answers if answer.lever == name and answer.lacks]
            if not lacking or name not in whole:
                continue
            refused = next((str(one.error) for one in mine if isinstance(one.error, Rejected)), "")
            more = [answer for answer in lacking if _is_news(before, answer)]
            if more:
                cause = f"braking with {name} in {_some(answer.project for answer in more)}"
                note(self._store, now, cause, Rejected(_said(more, refused)))
            note(self._store, now, f"braking with {name}", Rejected(_said(lacking, refused)))


class ToldRights:
    """`Rights` of one lever for who may not ask: as the last report in the store says."""

    def __init__(self, lever: str, store: Store, clock: Clock) -> None:
        self._lever = lever
        self._store = store
        self._clock = clock

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        report = self._store.get(RightsReport, RightsReport().id)
        return report.lacking(self._lever, project, permissions, self._clock.now()) if report else ()


class JoinedRights:
    """`Rights` of one lever for an operator: as the report says, and `own` where nobody who sets it has looked."""

    def __init__(self, lever: str, report: RightsReport, own: Rights, now: datetime) -> None:
        self._lever = lever
        self._report = report
        self._own = own
        self._now = now

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        if self._report.knows(self._lever, project, self._now) is None:
            return self._own.lacks(project, permissions)
        return self._report.lacking(self._lever, project, permissions, self._now)


def _at_home(app: App, billed: BilledHomes) -> App:
    """With the projects where its brakes would be set, also where its file names none."""
    return app if app.match.projects else replace(app, match=replace(app.match, projects=billed.of(app.name)))


def _due(report: RightsReport, needs: Iterable[Need], now: datetime) -> list[Need]:
    """What was never asked first, then what has waited longest."""
    known = {(answer.lever, answer.project): answer.due_at for answer in report.answers}
    never = [need for need in needs if need not in known]
    return [*never, *sorted((need for need in needs if need in known and known[need] <= now), key=known.__getitem__)]


def _is_news(before: RightsReport, answer: Answer) -> bool:
    """Whether its lever was told before, without this: nothing lacked then, or the project is new in the file."""
    return not answer.told and any(one.told for one in before.answers if one.lever == answer.lever)


def _said(lacking: Sequence[Answer], refused: str) -> str:
    """``Freio lacks a, b in acme-chat, acme-search``, and why a project could not even be asked."""
    where: dict[tuple[str, ...], list[str]] = {}
    for answer in lacking:
        where.setdefault(answer.lacks, []).append(answer.project)
    said = "; ".join(f"Freio lacks {', '.join(lacks)} in {_some(projects)}" for lacks, projects in where.items())
    return f"{said} ({refused})" if refused else said


def _some(projects: Iterable[str]) -> str:
    names = sorted(projects)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
