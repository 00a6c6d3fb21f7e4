"""Whose calls a runaway is: asked, said in thread and journal, and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.app import App
from freio.domain.callers import CallerShare, Calls, Measure, driving
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase
from freio.errors import Unavailable, VendorError
from freio.guard.callers import CallerWatch
from tests.unit.guard.watching import NOW, Town

WEB = Phrase.of("API key {key}", key="web")


def hour(**callers: int) -> Mapping[str, Decimal]:
    return {name: Decimal(amount) for name, amount in callers.items()}


def calls(now: Mapping[str, Decimal], *before: Mapping[str, Decimal]) -> Calls:
    return Calls(of=Measure.REQUESTS, now=now, before=before)


@dataclass
class FakeLog:
    """Says what a test says, and keeps when it was asked."""

    answer: Calls | None = None
    fails: VendorError | None = None
    asked: list[datetime] = field(default_factory=list)

    def calls(self, app: App, until: datetime) -> Calls | None:
        self.asked.append(until)
        if self.fails is not None:
            raise self.fails
        return self.answer

    def named(self, app: App, caller: str) -> Phrase:
        return Phrase.of("API key {key}", key=caller)


TOLD = calls(hour(web=1000, batch=12), *[hour(web=10, batch=12)] * 7)


# ---- the rule


def test_calls_of_nobody_known_make_nobody_the_culprit() -> None:
    """Most of what is over the usual has no caller: another's few more are not called the cause."""
    assert driving(calls({"": Decimal(90), "web": Decimal(20)}, hour(web=10)), None) is None


def test_calls_that_hardly_grew_do_not_explain_money_that_did() -> None:
    """Ten times the money of a tenth more requests is of dearer requests: of whose, these do not tell."""
    more = calls(hour(web=110), hour(web=100))
    assert driving(more, grown=Decimal(9)) is None
    assert driving(more, grown=Decimal("0.2")) == ("web", Decimal(1))


def test_days_that_were_not_told_are_no_usual() -> None:
    """A log that began yesterday: what is usual is yesterday's, and not half of it nothing."""
    found = driving(calls(hour(web=100, batch=100), hour(web=20, batch=90), *[{}] * 6), Decimal(0))
    assert found == ("web", Decimal("0.8889"))
    assert driving(calls(hour(web=100), *[{}] * 7), Decimal(9)) is None


# ---- the watch


@pytest.fixture
def town() -> Town:
    made = Town()
    made.runs_away()
    return made


def the_incident(town: Town) -> Incident:
    found = town.store.open_incident("chat")
    assert found is not None
    return found


def the_caller(town: Town) -> CallerShare | None:
    said = the_incident(town).explanation
    assert said is not None
    return said.caller


def looks(town: Town, minutes: int = 5) -> None:
    town.clock.sleep(60 * minutes)
    town.serve(town.clock.now() - timedelta(minutes=minutes), town.clock.now(), 100_000_000)
    town.watcher.watch()


def test_an_alert_names_the_key_that_drives_it(town: Town) -> None:
    """Beside the model: in the message's explanation, in the thread and in the journal, once."""
    log = FakeLog(TOLD)
    town.callers = CallerWatch((FakeLog(), log))
    town.watcher.watch()
    assert the_caller(town) == CallerShare(who=WEB, share=Decimal(1), of=Measure.REQUESTS, at=NOW)
    assert log.asked == [NOW - timedelta(minutes=5)]
    looks(town)
    assert len(log.asked) == 1  # once it is named, it is asked again after an hour
    assert the_caller(town) is not None
    [line] = [line for key, line in town.chat.lines.items() if "/caller/" in key]
    assert line.text.startswith("By Google's counts, {share:percent} of the requests")
    [entry] = [one for one in town.store.entries() if one.what == "caller"]
    assert (entry.kind, entry.data["caller"], entry.data["of"]) == (Kind.NOTICE, "API key web", "requests")


def test_who_was_named_stays_named_when_the_brake_has_made_it_quiet(town: Town) -> None:
    """What is over the usual is gone by then; who it was is not."""
    log = FakeLog(TOLD)
    town.callers = CallerWatch((log,))
    town.watcher.watch()
    log.answer = calls(hour(web=10, batch=12), *[hour(web=10, batch=12)] * 7)
    looks(town, 65)
    assert len(log.asked) == 2
    found = the_caller(town)
    assert found is not None
    assert found.who == WEB


def test_where_nothing_tells_callers_apart_nothing_is_said(town: Town) -> None:
    """And it is asked again: the logs may come later."""
    log = FakeLog()
    town.callers = CallerWatch((log,))
    town.watcher.watch()
    assert the_caller(town) is None
    looks(town)
    assert len(log.asked) == 1
    looks(town, 15)
    assert len(log.asked) == 2


def test_a_gateway_that_is_down_keeps_googles_counts_from_nobody(town: Town) -> None:
    """Each log is asked, and what failed is noted."""
    google = FakeLog(TOLD)
    town.callers = CallerWatch((FakeLog(fails=Unavailable("the proxy is down")), google))
    town.watcher.watch()
    assert the_caller(town) is not None
    assert [one.kind for one in town.store.entries() if one.kind is Kind.FAILURE]


def test_a_log_that_cannot_be_read_holds_up_no_brake(town: Town) -> None:
    """It is noted; the message and the proposal go their way."""
    town.callers = CallerWatch((FakeLog(fails=Unavailable("the proxy is down")),))
    watched = town.watcher.watch()
    assert watched.failures == []
    assert the_incident(town).proposal is not None
    [failure] = [one for one in town.store.entries() if one.kind is Kind.FAILURE]
    assert "whose calls those of chat are" in failure.what
