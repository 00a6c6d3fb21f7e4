"""Where the month of the app's budgets is going, in the incident's message."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from freio.adapters.slack import parts
from freio.adapters.slack.mrkdwn import say
from freio.adapters.slack.values import amount, instant
from freio.domain.forecast import Forecast
from freio.domain.incident import Incident
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

SHOWN = 3  # budgets of one app
TEXT = 800

ENDS = N_("*Forecast of the month: {expected:money}* ({low:money} to {high:money})")
CHANCE = N_("chance to pass the budget of {budget:money}: {chance:percent}")
PASSED = N_("the budget of {budget:money} is passed")
BASIS = N_("As of {at:time}, from {days:history_days}; the range is to hold in {level:percent} of months.")
BASIS_PARTLY = N_(
    "As of {at:time}, from {days:history_days}; the range is to hold in {level:percent} of months, where nothing is "
    "missing: some of the app's telemetry could not be read or has no price."
)
SHIFTED = N_(
    "As of {at:time}: the forecast of {made:time}, made without this trouble, with the {over:money} that it has cost "
    "since. At least, it stops now; at most, it goes on until the month ends; in between, it adds {stops:money} more."
)
SHIFTED_ENDED = N_(
    "As of {at:time}: the forecast of {made:time}, made without this trouble, with the {over:money} that it has cost "
    "since."
)


def outlook(incident: Incident, language: Language) -> list[Block]:
    """Each budget's range and chance, and what they are made from: the day's forecast, and this trouble beside it."""
    shown = incident.forecasts[:SHOWN]
    if not shown:
        return []
    first = shown[0]
    basis = say(
        language,
        BASIS if first.complete else BASIS_PARTLY,
        at=instant(first.at),
        days=str(first.days),
        level=str(first.level),
    )
    if first.shift is not None:
        shift = first.shift
        said = {"made": instant(shift.made), "over": amount(shift.over), "stops": amount(shift.stops)}
        sentence = SHIFTED if shift.goes_on.amount > 0 else SHIFTED_ENDED
        basis = say(language, sentence, at=instant(first.at), **said)
    return [
        *parts.section([_line(one, language) for one in shown], "forecast", TEXT),
        parts.context(basis, "forecast_basis"),
    ]


def _line(one: Forecast, language: Language) -> str:
    line = say(language, ENDS, expected=amount(one.expected), low=amount(one.low), high=amount(one.high))
    if one.budget is None or one.chance is None:
        return line
    sentence = PASSED if one.budget < one.so_far else CHANCE
    return f"{line}; {say(language, sentence, budget=amount(one.budget), chance=str(one.chance))}"
