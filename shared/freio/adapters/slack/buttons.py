"""The buttons of an incident, by its state. Each names the question that it was drawn for: ``incident:revision``."""

from __future__ import annotations

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from freio.adapters.slack import parts
from freio.domain.incident import Incident, State
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

THROTTLE = N_("Throttle")
RENEW = N_("Renew")
ASK_TWO = N_("Ask two people to stop it")
KEEP = N_("Keep running")
KEEP_MORE = N_("Keep running until…")
EXPECTED = N_("Expected")
SNOOZE = N_("Snooze")
RELEASE = N_("Release the brake")
ASK_MORE = N_("Ask for more…")
APPROVE = N_("Approve")
DENY = N_("Deny")


def question(incident: Incident) -> str:
    """The value of every button of an incident.

    >>> read_question("inc:1:7")
    ('inc:1', 7)
    """
    return f"{incident.id}:{incident.revision}"


def read_question(value: str) -> tuple[str, int]:
    """The incident and the revision of a button's value; ValueError where it is not one."""
    incident, colon, revision = value.rpartition(":")
    if not (incident and colon and revision.isascii() and revision.isdecimal() and int(revision) > 0):
        raise ValueError(f"not the value of a button: {value!r}")
    return incident, int(revision)


def is_renewal(incident: Incident) -> bool:
    """Whether a brake is still held, so that the question is whether to go on with it."""
    return incident.state is State.PROPOSED and bool(incident.holding)


def buttons(incident: Incident, language: Language) -> list[ActionsBlock]:
    """What may be clicked now; none where there is nothing to decide."""
    match incident.state:
        case State.PROPOSED:
            shown = _proposed(incident, language)
        case State.THROTTLED:
            shown = [_button(incident, language, "release", RELEASE)]
            if incident.proposal is None or incident.proposal.kind.limits:
                shown.append(_button(incident, language, "ask_more", ASK_MORE))
        case State.STUCK:
            shown = [_button(incident, language, "release", RELEASE), _button(incident, language, "keep", KEEP)]
        case _:
            shown = []
    return parts.actions(shown, "decide")


def _proposed(incident: Incident, language: Language) -> list[ButtonElement]:
    shown = [
        _button(incident, language, "keep", KEEP),
        _button(incident, language, "keep_more", KEEP_MORE),
        _button(incident, language, "expected", EXPECTED),
        _button(incident, language, "snooze", SNOOZE),
    ]
    if incident.proposal and incident.proposal.steps:
        label = RENEW if is_renewal(incident) else THROTTLE
        if incident.proposal.kind.hard:
            label = ASK_TWO
        shown.insert(0, _button(incident, language, "throttle", label, "danger"))
    return shown


def _button(
    incident: Incident, language: Language, action_id: str, label: str, style: str | None = None
) -> ButtonElement:
    return parts.button(language.gettext(label), action_id, question(incident), style)


def answers(ask: str, language: Language) -> list[ActionsBlock]:
    """*Approve* and *Deny* under a request."""
    return parts.actions(
        [
            parts.button(language.gettext(APPROVE), "approve", ask, "primary"),
            parts.button(language.gettext(DENY), "deny", ask, "danger"),
        ],
        "answer",
    )
