"""The client's file about its fire drill: what it means, and what can be no drill."""

from __future__ import annotations

import pytest

from freio.config import parse
from freio.config.remarks import remarks
from freio.domain.app import Drill
from freio.errors import ConfigError

SOUND = """\
client: acme
locale: en
time_zone: UTC
currency: USD
billing: {account: 01D4EE-079462-DFD6EC, export: acme-finops.billing.export_v1}
apps:
  - name: chat
    team: care
    cost_centre: CC-1
    environment: production
    owners: [ana@acme.example]
    match: {projects: [acme-chat, acme-chat-test]}
  - name: fire-drill
    team: platform
    cost_centre: CC-1
    environment: drill
    owners: [ana@acme.example]
    match: {projects: [acme-drill]}
    floor: {input_tokens_per_minute: 0}
    mode: approve
    levers: [quota]
approvals:
  ops: [S01OPS0000]
  cost_owners: {CC-1: [rui@acme.example]}
slack: {channel: C0FINOPS00}
drill: {app: fire-drill, model: gemini-2.0-flash, location: us-central1}
"""


def only_fault(old: str, new: str) -> str:
    assert SOUND.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        parse(SOUND.replace(old, new))
    (fault,) = caught.value.faults
    return fault.partition(": ")[2]


def test_a_drill_names_its_app_and_its_place() -> None:
    """It asks nothing unless it is told to; without the key there is none."""
    assert parse(SOUND).drill == Drill(app="fire-drill", model="gemini-2.0-flash", location="us-central1")
    asking = parse(SOUND.replace("us-central1}", "us-central1, calls: true}")).drill
    assert asking is not None
    assert asking.calls
    assert parse(SOUND[: SOUND.index("drill: {app")]).drill is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{app: fire-drill,", "{app: fire-dril,", "'fire-dril' is no app of this file; may be one of 'chat', 'fire"),
        ("{app: fire-drill,", "{app: chat,", "apps[0] matches by no project or by several; may be an app of"),
        ("[acme-drill]}", "[acme-drill, acme-other]}", "apps[1] matches by no project or by several"),
        ("levers: [quota]", "levers: [iam_deny]", "has none of the levers of a drill; may be an app with quota or"),
        ("mode: approve", "mode: observe", "apps[1] only observes a warning"),
        ("mode: approve", "mode: {warning: observe}", "apps[1] only observes a warning"),
        (", location: us-central1", "", "location"),
        ("us-central1", "us", "is not an endpoint; may be global or a region"),
        ("gemini-2.0-flash, location: us-central1", "claude-sonnet-4, location: us-east5, calls: true", "gemini-…"),
    ],
)  # fmt: skip
def test_what_can_be_no_drill_is_told(old: str, new: str, said: str) -> None:
    """With the place in the file, what stands there and what may."""
    fault = only_fault(old, new)
    assert fault.startswith("drill")
    assert said in fault


def test_a_floor_that_lets_the_drills_questions_through_is_told() -> None:
    """They have a few tokens each."""
    asking = SOUND.replace("us-central1}", "us-central1, calls: true}")
    assert remarks(parse(asking)) == []
    (said,) = remarks(parse(asking.replace("per_minute: 0", "per_minute: 50")))
    assert said.startswith("fire-drill: its floor lets the drill's own questions through")
