"""Who people are, over a sandbox workspace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freio.adapters.slack.directory import TTL, SlackDirectory, named_groups
from freio.errors import Unavailable
from freio.sandbox.slack import Person, ServerHandle
from freio.sandbox.slack.faults import Refused, ServerError
from tests.unit.slack.conftest import ANA, RUI, HandClock
from tests.unit.slack.examples import CLIENT


def test_a_person_has_what_rights_hang_on(directory: SlackDirectory) -> None:
    """Id, address, language, and those groups that the client's file names."""
    rui = directory.person(RUI.id)
    assert rui is not None
    assert (rui.id, rui.email, rui.locale, rui.groups) == (RUI.id, RUI.email, "en-US", frozenset({"S01OPS0000"}))
    assert rui.is_in(CLIENT.approvals.ops)
    assert rui.is_active
    assert not rui.is_bot
    assert not rui.is_guest


@pytest.mark.parametrize(
    ("record", "flag", "value"),
    [
        (replace(ANA, is_restricted=True), "is_guest", True),
        (replace(ANA, is_ultra_restricted=True), "is_guest", True),
        (replace(ANA, is_bot=True), "is_bot", True),
        (replace(ANA, deleted=True), "is_active", False),
    ],
)
def test_guests_bots_and_the_deactivated_are_known_as_such(
    directory: SlackDirectory, slack: ServerHandle, record: Person, flag: str, value: bool
) -> None:
    """What Slack says of them is what the rule over rights reads."""
    slack.workspace.directory.put_person(record)
    ana = directory.person(ANA.id)
    assert ana is not None
    assert getattr(ana, flag) is value


def test_slackbot_is_a_bot(directory: SlackDirectory, slack: ServerHandle) -> None:
    """Slack itself does not mark it as one."""
    slack.workspace.directory.put_person(Person(id="USLACKBOT", name="Slackbot"))
    slackbot = directory.person("USLACKBOT")
    assert slackbot is not None
    assert slackbot.is_bot


def test_an_unknown_id_is_nobody(directory: SlackDirectory) -> None:
    """It is no error: nobody has that id."""
    assert directory.person("U0NOBODY00") is None


def test_an_answer_is_kept_for_a_minute_by_its_clock(
    directory: SlackDirectory, slack: ServerHandle, clock: HandClock
) -> None:
    """Somebody deactivated is known to be so when the minute is over."""
    assert directory.person(ANA.id) is not None
    slack.workspace.directory.put_person(replace(ANA, deleted=True))
    clock.pass_by(TTL - timedelta(seconds=1))
    kept = directory.person(ANA.id)
    clock.pass_by(timedelta(seconds=1))
    read_again = directory.person(ANA.id)
    assert kept is not None
    assert kept.is_active
    assert read_again is not None
    assert not read_again.is_active


def test_a_failure_is_not_kept(directory: SlackDirectory, slack: ServerHandle) -> None:
    """The next question is asked again."""
    slack.workspace.faults.inject("users.info", ServerError())
    with pytest.raises(Unavailable):
        directory.person(ANA.id)
    assert directory.person(ANA.id) is not None


def test_a_group_that_is_gone_has_nobody_in_it(directory: SlackDirectory, slack: ServerHandle) -> None:
    """It gives nobody a right, and takes the other rights from nobody."""
    slack.workspace.faults.inject("usergroups.users.list", Refused("no_such_subteam"))
    rui = directory.person(RUI.id)
    assert rui is not None
    assert rui.groups == frozenset()


def test_an_address_becomes_the_id_behind_it(directory: SlackDirectory) -> None:
    """Where somebody has it; ids, groups and addresses of nobody stay as they are."""
    assert directory.address("ana@acme.example") == ANA.id
    assert directory.address("nobody@acme.example") == "nobody@acme.example"
    assert directory.address("S01OPS0000") == "S01OPS0000"


def test_only_groups_that_decide_anything_are_read() -> None:
    """Those of the approvals and of the owners."""
    assert named_groups(CLIENT) == frozenset({"S01OPS0000"})
