"""A fire drill through the functions: `freio drill --sandbox`, and what the watch refuses."""

from __future__ import annotations

import pytest

from freio.cli import main
from freio.domain.drill import DrillRun, Moment
from freio.domain.sentences import DRILL_NONE
from freio.i18n.words import WORDS
from tests.functions.world import World


def test_a_drill_goes_the_whole_way_and_proves_that_the_brake_binds(capsys: pytest.CaptureFixture[str]) -> None:
    """The queue, four functions, Slack, a click, the control plane, refused questions, the proof, and back."""
    assert main(["drill", "--sandbox"]) == 0
    said = capsys.readouterr().out
    for moment in Moment:
        assert said.count(WORDS[moment]) == 2, said  # when it came, and in the summary
    assert "Done: the brake binds: " in said


def test_a_tick_that_calls_for_a_drill_which_the_file_lacks_is_refused_aloud(town: World) -> None:
    """No retry would help, so the delivery counts as taken; somebody is paged, once for one message."""
    for _ in range(2):
        assert town.push("spend_watch", attributes={"tick": "drill"}, id="monthly-7") == 200, town.log("spend_watch")
    run = town.store.get(DrillRun, "monthly-7")
    assert run is not None
    assert run.refusal is not None
    assert run.refusal.text == DRILL_NONE
    assert [page["payload"]["summary"] for page in town.pages] == [
        "The fire drill does not take place: freio.yaml names no drill."
    ]
    assert town.store.open_incidents() == []
