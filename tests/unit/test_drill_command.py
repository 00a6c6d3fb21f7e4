"""`freio drill`: each step as it comes, and loudly what does not come."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from freio.commands.drill import Follower
from freio.domain.click import Verb
from freio.domain.drill import Moment
from freio.errors import BadInput
from freio.i18n.words import WORDS
from tests.unit.guard.test_drill import DRILL, MINUTE, Site


@dataclass
class Deployed:
    """The watch takes what is published, and a minute passes at each pause; ``up`` False: nobody takes it."""

    site: Site
    up: bool = True
    answers: bool = True
    enforcer: bool = True

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        assert (topic, data, attributes["tick"]) == ("freio-watch", b"{}", "drill")
        assert attributes["by"].startswith("freio drill")
        self.run = attributes["run"]
        if self.up:
            self.site.watcher.drill(self.run, attributes["by"]).raise_failures()
        return "1"

    def pause(self) -> None:
        site = self.site
        if not self.enforcer:
            site.town.clock.at += MINUTE
            return
        if self.answers and self.up:
            incident = site.town.store.open_incident("drill")
            if incident is not None and incident.state == "PROPOSED":
                site.town.clock.at += MINUTE
                site.click_on(incident, Verb.THROTTLE)
                return
        site.live(1)

    def follow(self) -> tuple[int, list[str]]:
        town = self.site.town
        freio: Any = SimpleNamespace(
            client=town.client,
            store=town.store,
            clock=town.clock,
            queue=self,
            settings=SimpleNamespace(watch_topic="freio-watch"),
        )
        out = io.StringIO()
        pause: Callable[[], None] = self.pause
        return Follower(freio, pause, out).follow(), out.getvalue().splitlines()


def test_each_step_is_said_once_in_its_order() -> None:
    """As it comes, with its time; then all of them in a table, with what was shown."""
    code, lines = Deployed(Site(drill=replace(DRILL, calls=True), calls=True)).follow()
    assert code == 0
    came = [line[10:] for line in lines if line[:8].strip().replace(":", "").isdigit()]
    assert came == [WORDS[moment] for moment in Moment]
    header = next(number for number, line in enumerate(lines) if line.startswith("step"))
    assert [line.split("  ")[0] for line in lines[header + 2 :]][: len(Moment)] == came
    assert any("waits for an answer in Slack" in line for line in lines)
    assert "the brake binds: " in lines[-1]


def test_a_proof_that_is_none_is_said_to_be_none() -> None:
    """The drill worked all the same."""
    code, lines = Deployed(Site()).follow()
    assert code == 0
    assert "was not shown" in lines[-1]


def test_a_brake_that_does_not_bind_is_a_failure() -> None:
    """Everything came, and what it showed is that nothing would help."""
    site = Site()
    for minute in range(60):
        site.town.telemetry.write_usage(site.town.lever.target(site.place), site.town.clock.at + minute * MINUTE, 5000)
    code, lines = Deployed(site).follow()
    assert code == 1
    assert "DOES NOT BIND" in lines[-1]


def test_a_refused_drill_says_why() -> None:
    """At once."""
    site = Site()
    site.begin("another")
    code, lines = Deployed(site).follow()
    assert code == 1
    assert lines[-1].startswith("REFUSED: drill has an open incident")


def test_a_watch_that_takes_nothing_is_missed() -> None:
    """Within the time that is stated."""
    code, lines = Deployed(Site(), up=False).follow()
    assert code == 1
    assert lines[-1] == "MISSED: signal taken did not come within 5:00."


def test_an_enforcer_that_does_nothing_is_missed_and_where_it_stands_is_said() -> None:
    """With what ends it."""
    code, lines = Deployed(Site(), enforcer=False).follow()
    assert code == 1
    assert "MISSED: answered did not come within 5:00" in lines[-2]
    assert "freio release --app drill --yes" in lines[-1]


def test_a_drill_that_nobody_answers_is_not_done() -> None:
    """It ends by itself, and that is no success."""
    code, lines = Deployed(Site(), answers=False).follow()
    assert code == 1
    assert lines[-1].startswith("NOT DONE: it ended without answered, lease claimed")


def test_a_file_without_a_drill_is_refused() -> None:
    """Before anything is published."""
    with pytest.raises(BadInput, match="names no drill"):
        Deployed(Site(drill=None)).follow()
