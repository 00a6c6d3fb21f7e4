"""The brake in a message: what is proposed and whom it would hit, what was decided, and whether it bites."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from freio.adapters.slack import parts
from freio.adapters.slack.buttons import is_renewal
from freio.adapters.slack.mrkdwn import say
from freio.adapters.slack.values import amount, instant, limit
from freio.domain.app import Mode
from freio.domain.incident import Decision, Incident, Proposal, State, Step, Verdict
from freio.domain.lever import Reach, kind_of
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import N_
from freio.domain.where import where
from freio.i18n.catalogue import Language

SHOWN_STEPS = 3
SHOWN_REFUSALS = 5
SHOWN_NAMES = 10

STEP_TEXT = 1200  # three steps and the rest of a message are together less than Slack takes
CONSENTS_TEXT = 900
DECISION_TEXT = 1000

_ACTING = {State.PROPOSED, State.BRAKING, State.THROTTLED, State.RESTORING, State.STUCK}
_BRAKED = _ACTING - {State.PROPOSED}

NO_BRAKE = N_("🚨 *No brake.* Freio cannot stop this: {reason:phrases}.")
LEVER = N_("*The brake:* {lever:word}")
STEP = N_(
    "• {model} ({location}): at most *{value:rounded} {unit:word}*. Now {current:rounded}, usual peak {peak:rounded}; "
    "limit now: {effective:rounded}. The new one comes from {rule:word}."
)
STOP_STEP = N_(
    "• {where:phrases}: *stops* {what}. Now {current:rounded} input tokens a minute go through it, usual peak "
    "{peak:rounded}."
)
NOTE = N_("{note:phrases}.")
SET_STOP = N_("• {where:phrases}: *stopped* for {what}")
EVERYTHING = N_("everything")
HARD = N_(
    "*A hard lever:* it stops everything there, and what stood before may not come back whole. Two named people must "
    "approve it."
)
WAITS = N_("*The policy says enforce, and does not act here by itself:* {why:phrases}. Somebody must decide.")
UNASKED = N_("Could not be asked: {levers:phrases}. One of them might hit fewer.")
STOP_PROOF = N_("*Proof:* {verdict:word}. {now:rounded} requests a minute get through; {exceeded:refused_requests}.")
APPROVED_BY = N_("Approved by {by:person}.")
SET_STEP = N_("• {model} ({location}): at most *{value:rounded} {unit:word}*")
REFUSED = N_("It would have refused {share:percent} of the last seven days' traffic.")
WHOSE = N_("Whose: {whose}.")
SHARED = N_("Shared with {apps}: braking it brakes them too.")
NOBODYS = N_("Some of the traffic there belongs to no app: it is braked too.")
MORE_STEPS = N_("and {count:more_limits}")
UNCOVERED = N_("Not covered: {names:phrases}.")
CONSENTS = N_("Needs a yes from an owner of each app on it. Still missing: {missing}.")
DECISION = N_("*Decision:* {action:word}, by {by:person}, {at:time}.")
DECISION_UNTIL = N_("Until {until:time}.")
DECISION_MORE = N_("With {amount:money} more.")
DECISION_WHY = N_("Because: {why}")
PROOF = N_(
    "*Proof:* {verdict:word}. {now:rounded} a minute now, {before:rounded} before, limit {limit:rounded}; "
    "{exceeded:refused_requests}."
)
NO_PROOF = N_("*Proof:* not yet. There is {verdict:word}.")


def proposal(incident: Incident, language: Language) -> list[Block]:
    """The limits that are proposed or set; loudly, that there are none and why.

    Each limit has a block of its own, and so has what no limit covers: names that are long cut nothing else away.
    """
    offered = incident.proposal
    if offered is None or not incident.is_open:
        return []
    if not offered.steps:
        return [*parts.section([say(language, NO_BRAKE, reason=packed(offered.reasons))], "brake")]
    if incident.state not in _ACTING:
        return []
    blocks = parts.section(_about(incident, offered, language), "brake", STEP_TEXT)
    for number, step in enumerate(offered.steps[:SHOWN_STEPS], start=1):
        blocks += parts.section(_step(step, incident, language), f"brake-{number}", STEP_TEXT)
    if len(offered.steps) > SHOWN_STEPS:
        count = str(len(offered.steps) - SHOWN_STEPS)
        blocks += parts.section([say(language, MORE_STEPS, count=count)], "brake-more")
    if offered.uncovered:
        blocks += parts.section([say(language, UNCOVERED, names=_some(offered.uncovered))], "brake-uncovered")
    if offered.unasked and incident.state is State.PROPOSED:
        blocks += parts.section([say(language, UNASKED, levers=packed(offered.unasked))], "brake-unasked", STEP_TEXT)
    return [*blocks]


def _about(incident: Incident, offered: Proposal, language: Language) -> list[str]:
    """Which lever, and loudly what is special about a hard one, and that a policy will not pull it."""
    lines = [say(language, LEVER, lever=offered.lever)]
    if offered.kind.hard:
        lines.append(say(language, HARD))
    if incident.state is State.PROPOSED and incident.mode is Mode.ENFORCE and offered.waits:
        lines.append(say(language, WAITS, why=packed(offered.waits)))
    return lines


def _step(step: Step, incident: Incident, language: Language) -> list[str]:
    """One target: how far, what share of traffic it would refuse, and whose; once it was decided, how far."""
    is_offered = incident.state is State.PROPOSED
    limits = kind_of(step.target.lever).limits
    lines = [_limit(step, is_offered, language) if limits else _stop(step, is_offered, language)]
    if is_offered:
        lines.append(say(language, REFUSED, share=str(step.refused)))
    if is_offered and any(refusal.who != incident.app for refusal in step.refusals):
        whose = (
            f"{refusal.who} {language.say('{share:percent}', {'share': str(refusal.share)})}"
            for refusal in sorted(step.refusals, key=lambda refusal: -refusal.share)[:SHOWN_REFUSALS]
        )
        lines[-1] += " " + say(language, WHOSE, whose=", ".join(whose))
    if step.shared_with:
        lines.append(say(language, SHARED, apps=_names(step.shared_with)))
    if step.unattributed:
        lines.append(say(language, NOBODYS))
    if step.note and is_offered:
        lines.append(say(language, NOTE, note=packed([step.note])))
    return lines


def _limit(step: Step, is_offered: bool, language: Language) -> str:  # which of two sentences
    return say(
        language,
        STEP if is_offered else SET_STEP,
        model=step.model or step.target.service,
        location=step.location,
        effective=limit(step.effective),
        value=str(step.value),
        unit=step.unit,
        rule=step.rule,
        peak=str(step.usual_peak),
        current=str(step.current),
    )


def _stop(step: Step, is_offered: bool, language: Language) -> str:  # which of two sentences
    return say(
        language,
        STOP_STEP if is_offered else SET_STOP,
        where=packed([where(step.target)]),
        what=_stopped(step, language),
        peak=str(step.usual_peak),
        current=str(step.current),
    )


def _stopped(step: Step, language: Language) -> str:
    """What a stop takes: models by their names, services by theirs; with the account that pays, everything."""
    kind = kind_of(step.target.lever)
    if kind.reach is Reach.PROJECT:
        return language.gettext(EVERYTHING)
    return _names(step.models if kind.reach is Reach.MODEL else step.taken or step.models)


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" (+{more})" if more > 0 else "")


def _some(phrases: tuple[Phrase, ...]) -> str:
    """The first of them, packed, and how many more there are."""
    more = len(phrases) - SHOWN_NAMES
    rest = (Phrase.of(parts.AND_MORE, count=more),) if more > 0 else ()
    return packed((*phrases[:SHOWN_NAMES], *rest))


def missing_consents(incident: Incident, offered: Proposal) -> tuple[str, ...]:
    """The apps on a shared target from whose owners no yes has come; empty where the target is not shared."""
    if not offered.shared_with:
        return ()
    given = dict(incident.consents)
    return tuple(app for app in (incident.app, *offered.shared_with) if app not in given)


def consents(incident: Incident, language: Language) -> list[Block]:
    """Whose yes a shared brake still needs before it is set."""
    if incident.state is not State.PROPOSED or incident.proposal is None:
        return []
    missing = missing_consents(incident, incident.proposal)
    return (
        [parts.context(say(language, CONSENTS, missing=_names(missing)), "consents", CONSENTS_TEXT)] if missing else []
    )


def decision(incident: Incident, language: Language) -> list[Block]:
    """Who decided what, when, until when, how much more, and why."""
    made = incident.decision
    return [*parts.section([_decided(made, language)], "decision", DECISION_TEXT)] if made else []


def _decided(made: Decision, language: Language) -> str:
    said = [say(language, DECISION, action=made.action, by=made.by, at=instant(made.at))]
    if made.until:
        said.append(say(language, DECISION_UNTIL, until=instant(made.until)))
    if made.amount:
        said.append(say(language, DECISION_MORE, amount=amount(made.amount)))
    said += [say(language, APPROVED_BY, by=who) for who in made.approvers]
    if made.why:
        said.append(say(language, DECISION_WHY, why=made.why))
    return " ".join(said)


def proof(incident: Incident, language: Language) -> list[Block]:
    """The last verdict on the brake, with its numbers; once it is let go they say nothing of now."""
    found = incident.proof
    if found is None or not (incident.state in _BRAKED or is_renewal(incident)):
        return []
    limits = incident.proposal is None or incident.proposal.kind.limits
    line = say(
        language,
        NO_PROOF if found.verdict is Verdict.INCONCLUSIVE else PROOF if limits else STOP_PROOF,
        verdict=found.verdict,
        now=str(found.now),
        before=str(found.before),
        limit=str(found.limit),
        exceeded=str(found.exceeded),
    )
    return [*parts.section([line], "proof")]
