"""What happened, why we think so, how much it costs, and whose it is."""

from __future__ import annotations

from collections.abc import Callable

from slack_sdk.models.blocks import Block, ImageBlock
from slack_sdk.models.blocks.basic_components import SlackFile

from freio.adapters.slack import parts
from freio.adapters.slack.buttons import is_renewal
from freio.adapters.slack.mrkdwn import MRKDWN, say
from freio.adapters.slack.values import amount, instant
from freio.domain.app import App
from freio.domain.incident import Incident, State
from freio.domain.money import SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import N_, OF_THE_BUDGET
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend_cap import SpendCap
from freio.i18n.catalogue import Language

SHOWN_SIGNALS = 3
SHOWN_OWNERS = 20
AN_HOUR = 60  # minutes that money is judged by
WHAT_TEXT = 1000  # with the owners: parts.TEXT each would make a message too long for Slack

SHOWN_CAPS = 3
CAPS_TEXT = 600

_BUDGET = {SignalKind.BUDGET_THRESHOLD, SignalKind.BUDGET_FORECAST, SignalKind.SPEND_CAP}
_UNMEASURED = {SignalKind.NATIVE_ANOMALY, SignalKind.DRILL, SignalKind.UNPRICED}
_NO_LONGER_LOOSE = {State.THROTTLED, State.RESTORING, State.RESOLVED}

OF_BUDGET = N_("*{kind:Word}: {observed:money}* of {usual:money}")
FORECAST = N_("*{kind:Word}: to reach {ratio:percent} of {usual:money}*, billed so far {observed:money}")
OVER_USUAL = N_("*{kind:Word}: {observed:money}* instead of {usual:money}")
OVER_USUAL_IN = N_("*{kind:Word}: {observed:money} in {window:duration}* instead of {usual:money}")
SILENT = N_("*{kind:Word}*, where {usual:money} are usual in {window:duration}")
UNUSUAL = N_("*{kind:Word}: {observed:money}*")
UNMEASURED = N_("*{kind:Word}*")
DRIVEN_BY = N_("mostly {driver}")
SINCE = N_("*{far:money} over the usual* since {since:time}, in {lasted:duration}.")
DRIVEN = N_("{share:percent} of it is {driver}.")
COMES_TO = N_("If nothing changes: *{tomorrow:money} by this time tomorrow*, {end:money} by the end of the month.")
SEEN = N_("({level:word}, {at:time})")
EARLIER = N_("and {count:earlier_signals}")
WHY = N_("Why:")
SCORE = N_("score {score:decimal}, and an alert from 1 on")
BILLED = N_("*Billed this month*\n{amount:money}")
IN_FLIGHT = N_("*Estimated in flight*\n{amount:money}")
IN_FLIGHT_RANGE = N_("*Estimated in flight*\n{amount:money} ({least:money} to {utmost:money})")
BASIS = N_("The estimate:")
WORST = N_("*Worst case until a brake bites*\n{most:money} (+{amount:money})")
RATE = N_("*The last hour*\n{amount:money}")
BUDGET = N_("*Budget of the month*\n{amount:money}, {used:percent} used")
CEILING = N_("*Allowed until the month costs*\n{amount:money}")
CAP = N_("Google's spend cap {name}: {limit:money} a month on {service} in {project}, {state:word}")
CAP_FULL = N_("about {full:percent} of it spent, by Freio's figures, which are net of credits")
CAP_MOVING = N_("Google is changing that now")
CHART = N_("Cost of {app} an hour, the usual and the present; {likely:money} this month.")
NO_CHART = N_("Slack could not show the chart.")
OWNERS = N_("*Owners:*")
BELONGS = N_("team {team} · cost centre {centre} · {environment:word}")
NO_OWNERS = N_("*Owners:* nobody. {app} does not stand in the client's file.")


def what(incident: Incident, language: Language) -> list[Block]:
    """The newest signal of each kind and driver, newest first, and how many others there were."""
    shown = _shown(incident)
    said = incident.explanation is not None and incident.explanation.share > 0
    lines = [_signal(signal, language, driver_said=said and signal.kind.is_shape) for signal in shown]
    earlier = max(incident.signal_count, len(incident.signals)) - len(shown)
    if earlier > 0:
        lines.append(say(language, EARLIER, count=str(earlier)))
    return [*parts.section(lines, "what", WHAT_TEXT)] if shown else []


def _shown(incident: Incident) -> list[Signal]:
    """A signal that repeats an older one, with other numbers, stands for it; so does what a shape has turned into.

    What a quarter of an hour of tokens shows is called a spike whatever it turns into, or a storm by its requests: such
    a spike hides no name that an hour's money has given.
    """
    newest: dict[tuple[SignalKind, str], Signal] = {}
    for signal in reversed(incident.signals):
        what = (SignalKind.SPIKE if signal.kind.is_shape else signal.kind, signal.driver)
        names = signal.kind is not SignalKind.SPIKE and signal.window_minutes >= AN_HOUR
        if what not in newest or (_is_nameless(newest[what]) and names):
            newest[what] = signal
    return list(newest.values())[:SHOWN_SIGNALS]


def _is_nameless(signal: Signal) -> bool:
    return signal.kind is SignalKind.SPIKE and signal.window_minutes < AN_HOUR


def course(incident: Incident, language: Language) -> list[Block]:
    """Since when, how much so far, who drives it, and while nothing is done about it, what it comes to."""
    known = incident.explanation
    if known is None:
        return []
    data = {
        "since": instant(known.since),
        "lasted": str(int((known.at - known.since).total_seconds())),
        "far": amount(known.so_far),
        "tomorrow": amount(known.tomorrow),
        "end": amount(known.month_end),
        "driver": known.driver,
        "share": f"{known.share:.2f}",
    }
    lines = [say(language, SINCE, **data)]
    if known.share > 0:
        lines[0] += f" {say(language, DRIVEN, **data)}"
    if known.caller is not None:
        lines.append(_said(known.caller.said, language))
    if incident.state not in _NO_LONGER_LOOSE and not is_renewal(incident):
        lines.append(say(language, COMES_TO, **data))
    return [*parts.section(lines, "course")]


def _signal(signal: Signal, language: Language, *, driver_said: bool) -> str:
    sentence = OVER_USUAL_IN if signal.window_minutes else OVER_USUAL
    if signal.kind in _BUDGET:
        sentence = FORECAST if signal.kind is SignalKind.BUDGET_FORECAST else OF_BUDGET
    elif signal.kind is SignalKind.SILENCE:
        sentence = SILENT
    elif signal.kind in _UNMEASURED and signal.observed.amount == 0:
        sentence = UNMEASURED
    elif signal.usual.amount == 0:
        sentence = UNUSUAL
    line = say(
        language,
        sentence,
        kind=signal.kind,
        observed=amount(signal.observed),
        usual=amount(signal.usual),
        window=str(signal.window_minutes * 60),
        ratio=f"{signal.score:.2f}",
    )
    if signal.driver and not driver_said and signal.kind is not SignalKind.SILENCE:
        line += f", {say(language, DRIVEN_BY, driver=signal.driver)}"
    return f"{line} {say(language, SEEN, level=signal.level, at=instant(signal.at))}"


def why(incident: Incident, language: Language) -> list[Block]:
    """The reasons of the signals shown, each once, with their scores. A forecast's ratio is said with it already."""
    reasons: dict[Phrase, str] = {}
    for signal in _shown(incident):
        if signal.kind is SignalKind.BUDGET_FORECAST:
            continue
        of_budget = signal.kind in _BUDGET
        score = (
            Phrase.of(OF_THE_BUDGET, ratio=f"{signal.score:.2f}")
            if of_budget
            else Phrase.of(SCORE, score=f"{signal.score:.1f}")
        )
        detail = signal.detail or score
        said = _said(detail, language)
        if signal.kind.is_shape and signal.window_minutes == AN_HOUR and (fired := _fired(incident, language)):
            said = f"{fired}; {said}"
        plain = of_budget or detail is score or signal.kind in _UNMEASURED  # the score is not ours
        reasons.setdefault(detail, said if plain else f"{said} ({_said(score, language)})")
    if not reasons:
        return []
    return [parts.context(f"{say(language, WHY)} {'; '.join(reasons.values())}", "why", WHAT_TEXT)]


def _fired(incident: Incident, language: Language) -> str:
    """The features that fired, strongest first; paces have a sentence of their own."""
    known = incident.explanation.fired if incident.explanation else ()
    return ", ".join(language.word(name) for name, _ in known)


def _said(phrase: Phrase, language: Language) -> str:
    return say(language, phrase.text, **dict(phrase.data))


def how_much(incident: Incident, app: App | None, language: Language) -> list[Block]:
    """The range: billed, in flight, and the worst case while no brake is set; the rate, and the budget if any.

    Under it, what the estimate stands on: whoever reads a share must not take it for the whole.
    """
    spend = incident.spend
    texts = [
        say(language, BILLED, amount=amount(spend.billed)),
        _in_flight(spend, language),
    ]
    if incident.state not in _NO_LONGER_LOOSE and not is_renewal(incident):
        texts.append(say(language, WORST, amount=amount(spend.worst_case), most=amount(spend.most)))
    if incident.known_rate is not None:
        texts.append(say(language, RATE, amount=amount(incident.known_rate)))
    if app and app.budget:
        used = f"{spend.likely.amount / app.budget.amount:.2f}"
        texts.append(say(language, BUDGET, amount=amount(app.budget), used=used))
    if incident.ceiling:
        texts.append(say(language, CEILING, amount=amount(incident.ceiling)))
    blocks: list[Block] = [parts.fields(texts, "money")]
    if spend.basis:
        said = "; ".join(_said(phrase, language) for phrase in spend.basis)
        blocks.append(parts.context(f"{say(language, BASIS)} {said}", "basis", WHAT_TEXT))
    return blocks


def _in_flight(spend: SpendRange, language: Language) -> str:
    """With its range where it is one: figures that people could not tell apart are said once."""
    flying = say(language, IN_FLIGHT, amount=amount(spend.in_flight))
    if spend.least is None or spend.utmost is None or spend.least.rounded() == spend.utmost.rounded():
        return flying
    least, utmost = amount(spend.least), amount(spend.utmost)
    return say(language, IN_FLIGHT_RANGE, amount=amount(spend.in_flight), least=least, utmost=utmost)


def caps(incident: Incident, language: Language) -> list[Block]:
    """Google's own spend caps on the app's projects, those that pause something first and in bold."""
    shown = sorted(incident.caps, key=lambda cap: not cap.pauses)[:SHOWN_CAPS]
    return [*parts.section([_cap(cap, language) for cap in shown], "caps", CAPS_TEXT)]


def _cap(cap: SpendCap, language: Language) -> str:
    limit = amount(cap.limit)
    line = say(language, CAP, name=cap.name, limit=limit, service=cap.called, project=cap.project, state=cap.state)
    if cap.full is not None and not cap.pauses:
        line += f"; {say(language, CAP_FULL, full=f'{cap.full:.2f}')}"
    if cap.moving:
        line += f"; {say(language, CAP_MOVING)}"
    return f"🛑 *{line}*" if cap.pauses else line


def chart(incident: Incident, file_id: str, language: Language, *, refused: bool) -> list[Block]:
    """The picture, by its file id; where Slack refused to show it, that is said in its place."""
    if refused:
        return [parts.context(say(language, NO_CHART), "chart")]
    if not file_id:
        return []
    alt = language.say(CHART, {"app": incident.app, "likely": amount(incident.spend.likely)})
    return [ImageBlock(slack_file=SlackFile(id=file_id), alt_text=alt[:2000], block_id="chart")]


def owners(incident: Incident, app: App | None, language: Language, address: Callable[[str], str]) -> list[Block]:
    """Who owns it, mentioned; an app that the client's file does not know is nobody's, and that is said."""
    if app is None:
        return [*parts.section([say(language, NO_OWNERS, app=incident.app)], "owners")]
    mentioned = ", ".join(MRKDWN.person(address(owner)) for owner in app.owners[:SHOWN_OWNERS])
    belongs = say(language, BELONGS, team=app.team, centre=app.cost_centre, environment=app.environment)
    return [*parts.section([f"{say(language, OWNERS)} {mentioned} · {belongs}"], "owners", WHAT_TEXT)]
