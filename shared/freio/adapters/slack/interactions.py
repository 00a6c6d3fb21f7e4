"""What Slack posts when people click, submit a form or type a command; pure, so that it is answered within 3 seconds.

The body is taken as it came: whoever calls has verified its signature.
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl

from freio.adapters.slack import expect_form
from freio.adapters.slack.commands import command
from freio.adapters.slack.identity import click_id
from freio.adapters.slack.modals import FORMS, LONGEST_WHY, About, view
from freio.adapters.slack.outcomes import FormErrors, Ignored, OpenModal, Outcome
from freio.adapters.slack.payloads import Json, first_action, payload_of, picked_time, question_of, text_at, typed_text
from freio.domain.click import Click, Verb
from freio.domain.sentences import N_
from freio.errors import BadMessage
from freio.i18n.amounts import OtherCurrencyError, check_currency, example, read_amount
from freio.i18n.catalogue import Language
from freio.i18n.moments import check_until

_ON_INCIDENT = {verb.value: verb for verb in (Verb.THROTTLE, Verb.KEEP, Verb.EXPECTED, Verb.SNOOZE, Verb.RELEASE)}
_ON_ASK = {verb.value: verb for verb in (Verb.APPROVE, Verb.DENY)}

WRONG_AMOUNT = N_("Write an amount above zero, like {example}.")
WRONG_CURRENCY = N_("Write the amount in {currency}, like {example}.")
WRONG_UNTIL = N_("Choose a time ahead, within a year.")
WRONG_WHY = N_("Say why, in at most {most:number} characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What reading needs to know of the client: the language it is answered in, its clock and its currency."""

    language: Language
    currency: str

    def __post_init__(self) -> None:
        check_currency(self.currency)

    def parse(self, body: bytes, now: datetime) -> Outcome:
        """What comes of one request's body; BadMessage where it is nothing that Slack would send."""
        fields = self._fields(body)
        if "command" in fields:
            return command(fields, now, self.language, self.currency)
        if "payload" not in fields:
            return _ignored_or_bad(fields)
        payload = payload_of(fields["payload"])
        match payload.get("type"):
            case "block_actions":
                return self._clicked(payload, now)
            case "view_submission":
                return self._submitted(payload, now)
            case str(kind):
                return Ignored(what=kind)
            case kind:
                raise BadMessage("schema", f"the type of an interaction is {kind!r}")

    @staticmethod
    def _fields(body: bytes) -> dict[str, str]:
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
        except ValueError as exc:
            raise BadMessage("form", f"not a form: {exc}") from exc

    def _clicked(self, payload: Json, now: datetime) -> Outcome:
        action = first_action(payload)
        name, value = text_at(action, "action_id"), action.get("value")
        if name not in {*_ON_INCIDENT, *_ON_ASK, *FORMS}:
            return Ignored(what=f"block_actions {name}")
        if not isinstance(value, str) or not value:
            raise BadMessage("schema", f"the value of {name} is {value!r}")
        person, channel = text_at(payload, "user", "id"), text_at(payload, "container", "channel_id")
        incident, revision = ("", 0) if name in _ON_ASK else question_of(value)
        if name in FORMS:
            about = About(incident=incident, revision=revision, channel=channel)
            form = view(name, about, now=now, language=self.language, currency=self.currency)
            return OpenModal(trigger_id=text_at(payload, "trigger_id"), view=form)
        return Click(
            id=click_id("click", person, text_at(action, "action_ts"), name, value),
            person=person,
            verb=_ON_ASK.get(name) or _ON_INCIDENT[name],
            at=now,
            channel=channel,
            incident=incident,
            revision=revision,
            ask=value if name in _ON_ASK else "",
        )

    def _submitted(self, payload: Json, now: datetime) -> Outcome:
        name = text_at(payload, "view", "callback_id")
        if name == expect_form.NAME:
            return expect_form.read(payload, now, self.language)
        if name not in FORMS:
            return Ignored(what=f"view_submission {name}")
        about = About.from_metadata(text_at(payload, "view", "private_metadata"))
        person, view_id = text_at(payload, "user", "id"), text_at(payload, "view", "id")
        errors: dict[str, str] = {}
        amount, until, why = (
            self._amount(payload, errors),
            self._until(payload, now, errors),
            self._why(payload, errors),
        )
        if errors:
            return FormErrors(errors=errors)
        return Click(
            id=click_id("form", person, view_id),
            person=person,
            verb=FORMS[name].verb,
            at=now,
            channel=about.channel,
            incident=about.incident,
            revision=about.revision,
            amount=amount,
            until=until,
            why=why,
        )

    def _amount(self, payload: Json, errors: dict[str, str]) -> Decimal | None:
        try:
            return read_amount(typed_text(payload, "amount"), self.language, self.currency)
        except ValueError as error:
            data = {"example": example(self.language, self.currency), "currency": self.currency}
            wrong = WRONG_CURRENCY if isinstance(error, OtherCurrencyError) else WRONG_AMOUNT
            errors["amount"] = self.language.say(wrong, data)
            return None

    def _until(self, payload: Json, now: datetime, errors: dict[str, str]) -> datetime | None:
        try:
            return check_until(datetime.fromtimestamp(picked_time(payload, "until"), UTC), now)
        except (ValueError, OverflowError, OSError):
            errors["until"] = self.language.gettext(WRONG_UNTIL)
            return None

    def _why(self, payload: Json, errors: dict[str, str]) -> str:
        why = " ".join(typed_text(payload, "why").split())
        if not 0 < len(why) <= LONGEST_WHY:
            errors["why"] = self.language.say(WRONG_WHY, {"most": str(LONGEST_WHY)})
        return why


def _ignored_or_bad(fields: dict[str, str]) -> Ignored:
    if "ssl_check" in fields:
        return Ignored(what="ssl_check")
    raise BadMessage("form", f"neither a payload nor a command: {', '.join(sorted(fields)) or 'empty'}")
