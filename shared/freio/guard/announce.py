"""What people announce beforehand: more spend for a while. It is kept, listed, and can be withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.authority import Person, Rights, Standing, may
from freio.domain.click import Click, Verb
from freio.domain.expectation import Expectations, Planned
from freio.domain.incident import Action
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase, packed
from freio.errors import BadMessage
from freio.guard.lessons import known
from freio.guard.reply import refuse, reply
from freio.guard.step import Step
from freio.ports import Store

LIST = "/freio expected"


class Announcements:
    """Takes `Verb.PLAN` and `Verb.WITHDRAW`, and answers `Verb.PLANS`."""

    def __init__(self, client: Client, store: Store) -> None:
        self._client = client
        self._store = store

    def take(self, step: Step, click: Click, person: Person) -> None:
        """Announce, or withdraw: by ops, an owner of the app or its cost owner, as it is with *expected*."""
        app = self._client.app(click.app)
        if app is None:
            apps = ", ".join(one.name for one in self._client.apps)
            reply(step, click, say.UNKNOWN_APP, app=click.app, apps=apps)
            return
        approvals = self._client.approvals
        if may(Action.EXPECTED, Rights.of(person, app, approvals), approvals) is not Standing.YES:
            refuse(step, click, self._client, Action.EXPECTED, app.name)
        elif click.verb is Verb.PLAN:
            self._plan(step, click, app)
        else:
            self._withdraw(step, click, app)

    def tell(self, step: Step, click: Click) -> None:
        """Everything that is expected of any app, a line each."""
        lines = [line for app in self._client.apps for line in self._lines(app, step.now)]
        if lines:
            reply(step, click, say.PLANS_LINES, open=packed(lines))
        else:
            reply(step, click, say.PLANS_NONE)

    def _plan(self, step: Step, click: Click, app: App) -> None:
        start, end, factor = click.since, click.until, click.factor
        if start is None or end is None or factor is None or not (start < end and factor > 1):
            raise BadMessage("schema", f"click {click.id}: no announcement from {start} until {end}, {factor} times")
        if end <= step.now:
            reply(step, click, say.TOO_LATE, until=end)
            return
        before = known(self._store, app.name, step.now)
        number = before.count + 1
        said = Planned(number=number, start=start, end=end, factor=factor, why=click.why, by=click.person, at=step.now)
        step.put(replace(before, planned=(*before.planned, said), count=number))
        self._log(step, click, "announced", number=number, factor=factor, start=start, end=end, why=click.why)
        reply(step, click, say.PLANNED, app=app.name, number=number, factor=factor, start=start, end=end)

    def _withdraw(self, step: Step, click: Click, app: App) -> None:
        before = known(self._store, app.name, step.now)
        after = before.without(click.number)
        if after == before or any(one.number == click.number and one.end <= step.now for one in before.planned):
            reply(step, click, say.PLAN_UNKNOWN, app=app.name, number=click.number, command=LIST)
            return
        step.put(after)
        self._log(step, click, "withdrawn", number=click.number)
        reply(step, click, say.PLAN_WITHDRAWN, app=app.name, number=click.number)

    @staticmethod
    def _log(step: Step, click: Click, what: str, **data: object) -> None:
        step.log(Kind.LESSON, None, what, key=f"lesson/{click.id}", by=click.person, app=click.app, **data)

    def _lines(self, app: App, now: datetime) -> Iterator[Phrase]:
        said = known(self._store, app.name, now)
        today = now.astimezone(ZoneInfo(self._client.time_zone)).date()
        for event in app.expected:
            if event.end >= today:
                yield Phrase.of(
                    say.PLAN_LINE_OF_FILE,
                    app=app.name,
                    factor=event.factor,
                    start=event.start,
                    end=event.end,
                    why=event.why,
                )
        yield from _said(app.name, said, now)


def _said(app: str, said: Expectations, now: datetime) -> Iterator[Phrase]:
    for one in (planned for planned in said.planned if now < planned.end):
        yield Phrase.of(
            say.PLAN_LINE,
            app=app,
            number=one.number,
            factor=one.factor,
            start=one.start.isoformat(),
            end=one.end.isoformat(),
            by=one.by,
            why=one.why,
        )
    for lesson in said.lessons:
        until = lesson.until.isoformat()
        yield Phrase.of(say.LESSON_LINE, app=app, number=lesson.number, level=lesson.level, until=until, by=lesson.by)
