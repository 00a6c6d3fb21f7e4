"""Freio's own project is never turned off: nobody would be left to turn it on again."""

from __future__ import annotations

from freio.domain.phrase import Phrase
from freio.domain.sentences import OWN_PROJECT
from freio.errors import Rejected


def refuse_own(own_project: str, project: str, what: str) -> None:
    """Rejected, with the project's name, where it is Freio's own."""
    if project == own_project:
        raise Rejected(f"{what} refused: {why_not_own(project)}")


def why_not_own(project: str) -> Phrase:
    return Phrase.of(OWN_PROJECT, project=project)
