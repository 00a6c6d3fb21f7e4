"""What one person reads back, and nobody else."""

from __future__ import annotations

from freio.domain.app import Client
from freio.domain.click import Click
from freio.domain.incident import Action
from freio.domain.sentences import NOT_ALLOWED
from freio.guard.step import Step


def reply(step: Step, click: Click, sentence: str, **data: object) -> None:
    """Whisper an answer to a click to whoever clicked."""
    step.whisper(click.person, click.channel, click.id, sentence, **data)


def refuse(step: Step, click: Click, client: Client, action: Action, app: str) -> None:
    """Somebody may not: who may, instead."""
    who = ["ops", "owner", "cost owner"]
    if action in {Action.RAISE, Action.RELEASE} and not client.approvals.ops_may_raise:
        who = who[1:]
    reply(step, click, NOT_ALLOWED, who=",".join(who), app=app)
