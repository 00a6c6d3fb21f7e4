"""The slash command.

``/freio status | budget | ask <app> <more> <until> <why> | release <app> | expect [app] | expected | withdraw <app>
<number> | help``
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from freio.adapters.slack import expect_form
from freio.adapters.slack.identity import click_id
from freio.adapters.slack.modals import LONGEST_WHY
from freio.adapters.slack.mrkdwn import say
from freio.adapters.slack.outcomes import OpenModal, Reply
from freio.domain.click import Click, Verb
from freio.domain.sentences import N_, UNKNOWN_COMMAND
from freio.errors import BadMessage
from freio.i18n.amounts import OtherCurrencyError, example, read_amount, split_amount
from freio.i18n.catalogue import Language
from freio.i18n.moments import TwoMeaningsError, read_until, split_moment

COMMANDS = "status, budget, ask, release, expect, expected, withdraw, help"

HELP = N_(
    "• `{status}`: what is open\n"
    "• `{ask}`: ask the cost owners for more. The time may be a day (it counts to its end), an hour, or a span: "
    "{examples}\n"
    "• `{release}`: ask to let go of the brake"
)
HELP_BUDGET = N_("• `{budget}`: where the month of each budget is going")
HELP_EXPECT = N_(
    "• `{expect}`: announce more spend than usual, in a form\n"
    "• `{expected}`: what is announced, and what was called expected\n"
    "• `{withdraw}`: take one of these back"
)
STATUS_USAGE = N_("/freio status")
BUDGET_USAGE = N_("/freio budget")
ASK_USAGE = N_("/freio ask (app) (how much more) (until when) (why)")
RELEASE_USAGE = N_("/freio release (app)")
EXPECT_USAGE = N_("/freio expect (app)")
EXPECTED_USAGE = N_("/freio expected")
WITHDRAW_USAGE = N_("/freio withdraw (app) (number)")
EXAMPLES = N_("2026-11-30, 11/30, tomorrow 18:00, 18:00, +6h, 2d")
BAD_COMMAND = N_("Nothing was sent. I expect: `{usage}`")
BAD_AMOUNT = N_("Nothing was sent: “{text}” is not an amount. Write it like {example}.")
OTHER_CURRENCY = N_("Nothing was sent: “{text}” is not in {currency}. Write it in {currency}, like {example}.")
TWO_MEANINGS = N_("Nothing was sent: “{text}” may be an hour of the day or a span. Write {clock} or {span}.")
BAD_UNTIL = N_("Nothing was sent: “{text}” is not a time within the next year. Write it like one of these: {examples}.")
LONG_WHY = N_("Nothing was sent: the reason may have {most:number} characters, and has {length:number}.")

_MOST = 10**9  # a number that nobody was given


def command(fields: Mapping[str, str], now: datetime, language: Language, currency: str) -> Click | Reply | OpenModal:
    """A typed line as a click, the form that it asks for, or what is wrong with it, said at once."""
    words = _unescaped(fields.get("text", "")).split()
    verb, rest = (words[0].casefold(), words[1:]) if words else ("help", [])
    click = _Typed(fields, now)
    said: Click | Reply | OpenModal
    match verb:
        case "status":
            said = click.of(Verb.STATUS)
        case "budget":
            said = click.of(Verb.BUDGET)
        case "ask":
            said = _ask(rest, now, click, language, currency)
        case "release":
            said = _release(rest, click, language)
        case "expect":
            said = click.form(" ".join(rest), language)
        case "expected":
            said = click.of(Verb.PLANS)
        case "withdraw":
            said = _withdraw(rest, click, language)
        case "help" | "ajuda":
            said = Reply(text=help_text(language))
        case _:
            said = Reply(text=say(language, UNKNOWN_COMMAND, commands=COMMANDS, text=verb))
    return said


def _unescaped(text: str) -> str:
    """What was typed: Slack escapes its three signs in a command's text, and in no form's."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Typed:
    """A click with what every slash command carries: who, where, and the trigger id, which no other one has."""

    def __init__(self, fields: Mapping[str, str], now: datetime) -> None:
        missing = [name for name in ("user_id", "channel_id", "trigger_id") if not fields.get(name)]
        if missing:
            raise BadMessage("schema", f"a slash command without {', '.join(missing)}")
        self._person, self._channel, self._trigger = fields["user_id"], fields["channel_id"], fields["trigger_id"]
        self._id, self._at = click_id("command", self._person, fields["trigger_id"]), now

    def of(self, verb: Verb, **said: Any) -> Click:
        return Click(id=self._id, person=self._person, verb=verb, at=self._at, channel=self._channel, **said)

    def form(self, app: str, language: Language) -> OpenModal:
        """The form to announce more spend; a name that is too long for it is cut."""
        shown = expect_form.view(self._channel, app[: expect_form.LONGEST_APP], now=self._at, language=language)
        return OpenModal(trigger_id=self._trigger, view=shown)


def _ask(words: list[str], now: datetime, click: _Typed, language: Language, currency: str) -> Click | Reply:
    more, rest = split_amount(words[1:])
    moment, reason = split_moment(rest)
    if not reason:
        return Reply(text=say(language, BAD_COMMAND, usage=language.gettext(ASK_USAGE)))
    app, why = words[0], " ".join(reason)
    try:
        amount = read_amount(more, language, currency)
    except OtherCurrencyError:
        shown = example(language, currency)
        return Reply(text=say(language, OTHER_CURRENCY, text=more, currency=currency, example=shown))
    except ValueError:
        return Reply(text=say(language, BAD_AMOUNT, text=more, example=example(language, currency)))
    try:
        until = read_until(moment, now, language)
    except TwoMeaningsError as error:
        return Reply(text=say(language, TWO_MEANINGS, text=moment, clock=error.clock, span=error.span))
    except ValueError:
        return Reply(text=say(language, BAD_UNTIL, text=moment, examples=language.gettext(EXAMPLES)))
    return _too_long(why, language) or click.of(Verb.RAISE, app=app, amount=amount, until=until, why=why)


def _release(words: list[str], click: _Typed, language: Language) -> Click | Reply:
    if not words:
        return Reply(text=say(language, BAD_COMMAND, usage=language.gettext(RELEASE_USAGE)))
    why = " ".join(words[1:])
    return _too_long(why, language) or click.of(Verb.RELEASE, app=words[0], why=why)


def _withdraw(words: list[str], click: _Typed, language: Language) -> Click | Reply:
    number = words[1] if len(words) == 2 else ""
    if not (number.isascii() and number.isdecimal() and 0 < int(number) < _MOST):
        return Reply(text=say(language, BAD_COMMAND, usage=language.gettext(WITHDRAW_USAGE)))
    return click.of(Verb.WITHDRAW, app=words[0], number=int(number))


def _too_long(why: str, language: Language) -> Reply | None:
    if len(why) <= LONGEST_WHY:
        return None
    return Reply(text=say(language, LONG_WHY, most=str(LONGEST_WHY), length=str(len(why))))


def help_text(language: Language) -> str:
    asking = say(
        language,
        HELP,
        status=language.gettext(STATUS_USAGE),
        ask=language.gettext(ASK_USAGE),
        release=language.gettext(RELEASE_USAGE),
        examples=language.gettext(EXAMPLES),
    )
    budgets = say(language, HELP_BUDGET, budget=language.gettext(BUDGET_USAGE))
    expecting = say(
        language,
        HELP_EXPECT,
        expect=language.gettext(EXPECT_USAGE),
        expected=language.gettext(EXPECTED_USAGE),
        withdraw=language.gettext(WITHDRAW_USAGE),
    )
    return f"{asking}\n{budgets}\n{expecting}"
