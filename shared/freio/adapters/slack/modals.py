"""The two forms: *Keep running…* and *Ask for more…*. Each asks how much, until when, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.models.blocks import DateTimePickerElement, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from freio.adapters.slack.buttons import read_question
from freio.adapters.slack.parts import plain
from freio.domain.calendar import next_midnight
from freio.domain.click import Verb
from freio.domain.sentences import N_
from freio.errors import BadMessage
from freio.i18n.amounts import example
from freio.i18n.catalogue import Language

LONGEST_WHY = 300
TITLE_LENGTH = 24

KEEP_TITLE = N_("Keep running")
ASK_TITLE = N_("Ask for more")
KEEP_SUBMIT = N_("Keep it running")
ASK_SUBMIT = N_("Send the request")
CLOSE = N_("Cancel")
AMOUNT = N_("How much more, in {currency}")
UNTIL = N_("Until when")
WHY = N_("Why")
WHY_HINT = N_("The cost owner and the history of the incident will show it.")
EXAMPLE = N_("For example {amount}")


@dataclass(frozen=True, slots=True)
class Form:
    """What differs between the two; `verb` is what a submitted form says."""

    verb: Verb
    title: str
    submit: str


FORMS = {
    "keep_more": Form(Verb.KEEP, KEEP_TITLE, KEEP_SUBMIT),
    "ask_more": Form(Verb.RAISE, ASK_TITLE, ASK_SUBMIT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a form is about; it travels in the view's ``private_metadata``, for Slack sends no message with a form."""

    incident: str
    revision: int
    channel: str

    def to_metadata(self) -> str:
        return json.dumps({"question": f"{self.incident}:{self.revision}", "channel": self.channel})

    @classmethod
    def from_metadata(cls, text: str) -> About:
        """BadMessage where the form is not one that we drew."""
        try:
            told = json.loads(text)
            incident, revision = read_question(told["question"])
            channel = told["channel"]
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise BadMessage("metadata", f"private_metadata is not ours: {text[:200]!r}") from exc
        if not isinstance(channel, str):
            raise BadMessage("metadata", f"channel is not a text: {channel!r}")
        return cls(incident=incident, revision=revision, channel=channel)


def view(name: str, about: About, *, now: datetime, language: Language, currency: str) -> View:
    """The form called `name`, one of `FORMS`.

    It offers the next Pacific midnight to keep running, as the plain button does, and a day for a request.
    """
    form = FORMS[name]
    offered = next_midnight(now) if form.verb is Verb.KEEP else now + timedelta(days=1)
    shown = language.say(EXAMPLE, {"amount": example(language, currency)})
    return View(
        type="modal",
        callback_id=name,
        title=plain(language.gettext(form.title), TITLE_LENGTH),
        submit=plain(language.gettext(form.submit), TITLE_LENGTH),
        close=plain(language.gettext(CLOSE), TITLE_LENGTH),
        private_metadata=about.to_metadata(),
        blocks=[
            InputBlock(
                block_id="amount",
                label=plain(language.say(AMOUNT, {"currency": currency}), 100),
                element=PlainTextInputElement(action_id="amount", placeholder=plain(shown, 100), max_length=20),
            ),
            InputBlock(
                block_id="until",
                label=plain(language.gettext(UNTIL), 100),
                element=DateTimePickerElement(action_id="until", initial_date_time=int(offered.timestamp())),
            ),
            InputBlock(
                block_id="why",
                label=plain(language.gettext(WHY), 100),
                hint=plain(language.gettext(WHY_HINT), 200),
                element=PlainTextInputElement(action_id="why", multiline=True, max_length=LONGEST_WHY),
            ),
        ],
    )
