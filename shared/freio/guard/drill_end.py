"""A fire drill ends by itself: once its proof is in, at its expiry at the latest; and says how long each step took.

Nobody is called at night over a drill, and a brake that nobody needs is not held for anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from freio.domain import sentences as say
from freio.domain.drill import moments
from freio.domain.incident import Incident, Proof, State, Verdict
from freio.domain.journal import Kind
from freio.domain.notice import Card
from freio.domain.phrase import Phrase, packed
from freio.errors import VendorError
from freio.guard.step import Step
from freio.ports import Model, Place, Store

LOOK_EVERY = timedelta(minutes=1)
REPORTED = timedelta(minutes=10)  # a window of five minutes, telemetry's three of delay, and two looks
BUSY = timedelta(minutes=10)  # more


def proof_until(incident: Incident, *, busy: bool) -> datetime:
    """Until when a drill waits for a verdict, from the moment when its limits stood.

    ``busy``: there is, or should be, something to judge: what is refused must be reported, and what gets through is
    only refuted by three windows of it.
    """
    steps = incident.proposal.steps if incident.proposal else ()
    bites = max((step.bites_within for step in steps), default=timedelta())
    return incident.changed_at + bites + REPORTED + (BUSY if busy else timedelta())


def ask(step: Step, incident: Incident, model: Model) -> None:
    """A question to each place that is braked, once the brake should be felt: something to refuse, and a proof.

    What keeps the drill from asking keeps it from proving, and nothing else: it is told, once.
    """
    for limit in incident.proposal.steps if incident.proposal else ():
        if limit.target not in incident.holding or step.now < incident.changed_at + limit.bites_within:
            continue
        try:
            model.ask(Place(project=limit.target.project, location=limit.location, model=limit.model))
        except VendorError as error:
            key = "drill/unasked"
            step.thread(incident, key, say.DRILL_UNASKED, error=str(error))
            step.log(Kind.FAILURE, incident, str(error), key=f"{incident.id}/{key}")


def is_proved(incident: Incident, proof: Proof, now: datetime, *, calls: bool) -> bool:
    """Whether nothing more is to be learned: a verdict, or the time for one is over."""
    return proof.verdict is not Verdict.INCONCLUSIVE or now >= proof_until(incident, busy=calls or proof.now > 0)


def report(step: Step, store: Store, ended: Incident) -> None:
    """The steps and their times, in the thread: for whoever did not stand by."""
    card = store.get(Card, ended.id)
    lines = [
        Phrase.of(say.DRILL_STEP, moment=moment, after=int((at - ended.opened_at).total_seconds()))
        if at is not None
        else Phrase.of(say.DRILL_MISSED, moment=moment)
        for moment, at in moments(ended, card.posted_at if card else None).items()
    ]
    # Lines of one instant are told in the order of their keys: these after what the levers did ("quota|…").
    step.thread(ended, "the drill/1", say.DRILL_STEPS, steps=packed(lines))
    step.thread(ended, "the drill/2", _verdict(ended))


def _verdict(ended: Incident) -> str:
    """What the drill has shown, and what it has not."""
    if State.THROTTLED not in {state for state, _ in ended.trail}:
        return say.DRILL_UNBRAKED
    if ended.proof is None:
        return say.DRILL_UNPROVED
    return {
        Verdict.BINDS: say.DRILL_BINDS,
        Verdict.REFUTED: say.DRILL_REFUTED,
        Verdict.INCONCLUSIVE: say.DRILL_INCONCLUSIVE,
    }[ended.proof.verdict]
