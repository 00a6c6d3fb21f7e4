"""The form behind ``/freio expect``: of which app, from when until when, up to how many times the usual, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from slack_sdk.models.blocks import DateTimePickerElement, InputBlock, NumberInputElement, PlainTextInputElement
from slack_sdk.models.views import View

from freio.adapters.slack.identity import click_id
from freio.adapters.slack.modals import CLOSE, LONGEST_WHY, TITLE_LENGTH, UNTIL, WHY
from freio.adapters.slack.outcomes import FormErrors
from freio.adapters.slack.parts import plain
from freio.adapters.slack.payloads import Json, picked_time, text_at, typed_text
from freio.domain.click import Click, Verb
from freio.domain.sentences import N_
from freio.errors import BadMessage
from freio.i18n.catalogue import Language
from freio.i18n.moments import check_until

NAME = "expect_more"
LONGEST_APP = 63
LEAST, MOST = Decimal(1), Decimal(1000)

TITLE = N_("Expect more")
SUBMIT = N_("Announce it")
APP = N_("Which app")
APP_HINT = N_("By its name in freio.yaml.")
SINCE = N_("From when")
FACTOR = N_("Up to how many times the usual")
FACTOR_HINT = N_("More than that is still told.")
WHY_HINT = N_("Everybody who lists what is expected will see it.")
WRONG_APP = N_("Write the app's name.")
WRONG_SINCE = N_("Choose a time before the end.")
WRONG_UNTIL = N_("Choose a time ahead, within a year.")
WRONG_FACTOR = N_("Write a number above {least:number}, and at most {most:number}.")
WRONG_WHY = N_("Say why, in at most {most:number} characters.")


def view(channel: str, app: str, *, now: datetime, language: Language) -> View:
    """The form, with `app` filled in; it offers a day from the next full hour."""
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    named = PlainTextInputElement(action_id="app", initial_value=app or None, max_length=LONGEST_APP)
    times = NumberInputElement(
        action_id="factor", is_decimal_allowed=True, initial_value="2", min_value=str(LEAST), max_value=str(MOST)
    )
    since = DateTimePickerElement(action_id="since", initial_date_time=int(start.timestamp()))
    until = DateTimePickerElement(action_id="until", initial_date_time=int((start + timedelta(days=1)).timestamp()))
    why = PlainTextInputElement(action_id="why", multiline=True, max_length=LONGEST_WHY)
    return View(
        type="modal",
        callback_id=NAME,
        title=plain(language.gettext(TITLE), TITLE_LENGTH),
        submit=plain(language.gettext(SUBMIT), TITLE_LENGTH),
        close=plain(language.gettext(CLOSE), TITLE_LENGTH),
        private_metadata=json.dumps({"channel": channel}),
        blocks=[
            _field("app", APP, named, language, APP_HINT),
            _field("since", SINCE, since, language),
            _field("until", UNTIL, until, language),
            _field("factor", FACTOR, times, language, FACTOR_HINT),
            _field("why", WHY, why, language, WHY_HINT),
        ],
    )


def _field(
    name: str,
    label: str,
    element: PlainTextInputElement | NumberInputElement | DateTimePickerElement,
    language: Language,
    hint: str = "",
) -> InputBlock:
    said = plain(language.gettext(hint), 200) if hint else None
    return InputBlock(block_id=name, label=plain(language.gettext(label), 100), element=element, hint=said)


@dataclass(frozen=True, slots=True)
class _Filled:
    """The form as it was sent: each value, or what is wrong with it, by the name of its block."""

    payload: Json
    now: datetime
    language: Language
    errors: dict[str, str]

    def app(self) -> str:
        name = typed_text(self.payload, "app").strip().casefold()
        if not name or len(name.split()) > 1:
            self.errors["app"] = self.language.gettext(WRONG_APP)
        return name

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """From when, and until when; the first may be over already."""
        since, until = (self._moment(name) for name in ("since", "until"))
        try:
            until = check_until(until, self.now) if until else None
        except ValueError:
            until = None
        if until is None:
            self.errors["until"] = self.language.gettext(WRONG_UNTIL)
        elif since is None or since >= until:
            self.errors["since"] = self.language.gettext(WRONG_SINCE)
        return since, until

    def _moment(self, name: str) -> datetime | None:
        picked = picked_time(self.payload, name)
        try:
            return datetime.fromtimestamp(picked, UTC) if picked else None
        except (ValueError, OverflowError, OSError):
            return None

    def factor(self) -> Decimal | None:
        """Slack sends a decimal number with a point, in every language."""
        try:
            factor = Decimal(typed_text(self.payload, "factor"))
        except InvalidOperation:
            factor = Decimal("NaN")
        if factor.is_finite() and LEAST < factor <= MOST:
            return factor
        data = {"least": str(LEAST), "most": str(MOST)}
        self.errors["factor"] = self.language.say(WRONG_FACTOR, data)
        return None

    def why(self) -> str:
        why = " ".join(typed_text(self.payload, "why").split())
        if not 0 < len(why) <= LONGEST_WHY:
            self.errors["why"] = self.language.say(WRONG_WHY, {"most": str(LONGEST_WHY)})
        return why


def read(payload: Json, now: datetime, language: Language) -> Click | FormErrors:
    """A submitted form as a click, or what is wrong with it."""
    filled = _Filled(payload, now, language, {})
    app, (since, until), factor, why = filled.app(), filled.moments(), filled.factor(), filled.why()
    if filled.errors:
        return FormErrors(errors=filled.errors)
    person, view_id = text_at(payload, "user", "id"), text_at(payload, "view", "id")
    return Click(
        id=click_id("form", person, view_id),
        person=person,
        verb=Verb.PLAN,
        at=now,
        channel=_channel(text_at(payload, "view", "private_metadata")),
        app=app,
        since=since,
        until=until,
        factor=factor,
        why=why,
    )


def _channel(metadata: str) -> str:
    try:
        told = json.loads(metadata)
    except ValueError as exc:
        raise BadMessage("metadata", f"private_metadata is not ours: {metadata[:200]!r}") from exc
    channel = told.get("channel") if isinstance(told, Mapping) else None
    if not isinstance(channel, str) or not channel:
        raise BadMessage("metadata", f"private_metadata is not ours: {metadata[:200]!r}")
    return channel
