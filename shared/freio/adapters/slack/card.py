"""An incident as its one message: from top to bottom in the order in which somebody decides.

What happened, why we think so, how much, the chart, who owns it; then the brake, what was decided, whether it bites;
then the buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block

from freio.adapters.slack import brake, evidence, parts
from freio.adapters.slack.buttons import buttons, is_renewal
from freio.adapters.slack.mrkdwn import say
from freio.adapters.slack.outlook import outlook
from freio.adapters.slack.values import amount, instant
from freio.domain.app import App
from freio.domain.incident import Incident, State
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

_SIGNS = {
    State.PROPOSED: "🔴",
    State.STUCK: "🚨",
    State.BRAKING: "🟠",
    State.THROTTLED: "🟠",
    State.RESTORING: "🟠",
    State.RESOLVED: "🟢",
}
_HOLDING = {State.THROTTLED, State.OVERRIDDEN, State.SNOOZED, State.EXPECTED}

TITLE = N_("{sign} {app}: {state:word}")
DRILL_IS_OVER = N_("*This was a fire drill.* Nothing ran away.")
TITLE_OF_DRILL = N_("🧪 Fire drill, {app}: {state:word}")
DRILL = N_(
    "*This is a fire drill.* Nothing runs away, and nobody uses what the brake is set on. Answer it as you would a "
    "real one: it ends by itself."
)
ABOUT = N_("{level:Word} · Freio {mode:word} · since {since:time}")
BRAKING = N_("Setting the limit and reading it back…")
RESTORING = N_("Putting back what stood there before…")
STUCK = N_("*Freio is stuck.* A person was paged, and Freio keeps trying.")
UNTIL = N_("Until {until:time}; then Freio looks again.")
RENEW = N_("The throttle ran out. *Renew?*")
RENEW_HELD = N_("The throttle ran out, and is held until {until:time}. *Renew?*")
ASKED = N_("A request waits for an answer, in the thread.")
INCOMPLETE = N_("Some data is late or missing: nothing counts as quiet until it is there.")
SUMMARY = N_("{app}: {state:word}. {likely:money} this month, {rate:money} an hour now.")
SUMMARY_UNSEEN = N_("{app}: {state:word}. {likely:money} this month.")
SUMMARY_OF_DRILL = N_("Fire drill, {app}: {state:word}. Nothing runs away.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A message ready to be sent: its blocks, and the line that a notification shows."""

    blocks: Sequence[Block]
    text: str


def draw(
    incident: Incident,
    *,
    app: App | None,
    chart: str,
    language: Language,
    address: Callable[[str], str],
    chart_refused: bool = False,
) -> Drawing:
    """The incident as it stands. `address` turns an owner into an id that can be mentioned, where there is one."""
    title = {"sign": _SIGNS.get(incident.state, "🔵"), "app": incident.app, "state": incident.state}
    blocks: list[Block] = [
        parts.header(language.say(TITLE_OF_DRILL if incident.is_drill else TITLE, title), "title"),
        _about(incident, language),
        *_drill(incident, language),
        *evidence.what(incident, language),
        *evidence.course(incident, language),
        *evidence.why(incident, language),
        *([] if incident.is_drill else evidence.how_much(incident, app, language)),
        *([] if incident.is_drill else outlook(incident, language)),
        *evidence.caps(incident, language),
        *evidence.chart(incident, chart, language, refused=chart_refused),
        *evidence.owners(incident, app, language, address),
        *brake.proposal(incident, language),
        *brake.consents(incident, language),
        *brake.decision(incident, language),
        *brake.proof(incident, language),
        *parts.section(_progress(incident, language), "progress"),
        *buttons(incident, language),
    ]
    return Drawing(blocks=blocks, text=summary(incident, language))


def summary(incident: Incident, language: Language) -> str:
    """The incident in a line."""
    said = {"app": incident.app, "state": incident.state, "likely": amount(incident.spend.likely)}
    if incident.is_drill:
        return say(language, SUMMARY_OF_DRILL, app=incident.app, state=incident.state)
    if incident.known_rate is None:
        return say(language, SUMMARY_UNSEEN, **said)
    return say(language, SUMMARY, **said, rate=amount(incident.known_rate))


def _about(incident: Incident, language: Language) -> Block:
    line = say(
        language,
        ABOUT,
        level=incident.level,
        mode=incident.mode,
        since=instant(incident.opened_at),
    )
    return parts.context(line, "about")


def _drill(incident: Incident, language: Language) -> list[Block]:
    """That nobody need run, before anything that looks like a reason to."""
    if not incident.is_drill:
        return []
    return [*parts.section([say(language, DRILL if incident.is_open else DRILL_IS_OVER)], "drill")]


def _progress(incident: Incident, language: Language) -> list[str]:
    """What Freio itself is doing, and until when."""
    lines: list[str] = []
    match incident.state:
        case State.BRAKING:
            lines.append(say(language, BRAKING))
        case State.RESTORING:
            lines.append(say(language, RESTORING))
        case State.STUCK:
            lines.append(say(language, STUCK))
        case State.PROPOSED if is_renewal(incident) and incident.until:
            lines.append(say(language, RENEW_HELD, until=instant(incident.until)))
        case State.PROPOSED if is_renewal(incident):
            lines.append(say(language, RENEW))
        case state if state in _HOLDING and incident.until and not _said_by_decision(incident):
            lines.append(say(language, UNTIL, until=instant(incident.until)))
    if incident.ask and incident.is_open:
        lines.append(say(language, ASKED))
    if incident.is_open and incident.assessment and not incident.assessment.complete:
        lines.append(say(language, INCOMPLETE))
    return lines


def _said_by_decision(incident: Incident) -> bool:
    """Whether the decision names the same time, so that it is not said twice."""
    return incident.decision is not None and incident.decision.until == incident.until
