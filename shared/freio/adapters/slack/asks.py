"""A team's request, shown to those who may decide it; answered, it says by whom and when, and has no buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from freio.adapters.slack import parts
from freio.adapters.slack.buttons import answers
from freio.adapters.slack.card import Drawing
from freio.adapters.slack.mrkdwn import MRKDWN, cut, say
from freio.adapters.slack.values import amount, instant
from freio.domain.ask import Answer, Ask
from freio.domain.authority import judged_as
from freio.domain.incident import Action
from freio.domain.phrase import packed
from freio.domain.sentences import N_
from freio.domain.where import where
from freio.i18n.catalogue import Language

SHOWN_PEOPLE = 20

REQUEST = N_("*Request for {app}:* {by:person} asks, {at:time}: {action:word}.")
MORE = N_("*More:* {amount:money}")
UNTIL = N_("*Until:* {until:time}")
WHY = N_("*Because:* {why}")
RELEASES = N_(
    "*If approved:* Freio lets go of this brake. What stood there before returns once no other brake holds it."
)
HARD = N_(
    "*If two of you approve:* Freio pulls a hard lever, {lever:word}: {where:phrases}. Everything there stops, and "
    "what stood before may not come back whole."
)
FIRST_YES = N_("*A yes* from {by:person}. Another one is needed.")
ANSWERED = N_("*{answer:Word}* by {by:person}, {at:time}.")
SUMMARY = N_("{by:person} asks for {app}: {action:word}.")


def draw(ask: Ask, people: Sequence[str], language: Language, address: Callable[[str], str]) -> Drawing:
    """The request; while it is open, with the cost owners mentioned and the two buttons.

    Whoever is called stands in a block before the reason's, so that no reason is long enough to hide them.
    """
    lines = [say(language, REQUEST, app=ask.app, by=ask.by, at=instant(ask.at), action=ask.action)]
    if ask.amount:
        lines.append(say(language, MORE, amount=amount(ask.amount)))
    if ask.until:
        lines.append(say(language, UNTIL, until=instant(ask.until)))
    if ask.lever:
        lines.append(say(language, HARD, lever=ask.lever, where=packed(where(one) for one in ask.targets)))
    if ask.answer is Answer.PENDING:
        lines += [say(language, FIRST_YES, by=who) for who, _ in ask.approved_by]
    if judged_as(ask.action, frees=ask.frees) is Action.RELEASE:
        lines.append(say(language, RELEASES))
    why = [say(language, WHY, why=ask.why)] if ask.why else []
    mentioned = " ".join(MRKDWN.person(address(person)) for person in people[:SHOWN_PEOPLE])
    is_open = ask.answer is Answer.PENDING
    answered: list[str] = []
    if not is_open and ask.answered_at:
        answered.append(say(language, ANSWERED, answer=ask.answer, by=ask.answered_by, at=instant(ask.answered_at)))
    summary = say(language, SUMMARY, by=ask.by, app=ask.app, action=ask.action)
    return Drawing(
        blocks=[
            *parts.section(lines, "request"),
            *parts.section([mentioned] if is_open else answered, "people"),
            *parts.section(why, "why"),
            *(answers(ask.id, language) if is_open else []),
        ],
        text=cut(f"{mentioned} {summary}".strip() if is_open else summary, parts.TEXT),
    )
