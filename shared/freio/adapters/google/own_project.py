"""Freio's own project is never turned off: nobody would be left to turn it on again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from freio.domain.phrase import Phrase
from freio.domain.sentences import LEVER_LACKS, OWN_PROJECT
from freio.domain.spend import Probe
from freio.errors import Rejected
from freio.ports import Rights


def refuse_own(own_project: str, project: str, what: str) -> None:
    """Rejected, with the project's name, where it is Freio's own."""
    if project == own_project:
        raise Rejected(f"{what} refused: {why_not_own(project)}")


def held_back(rights: Rights, own_project: str, probe: Probe, permissions: Sequence[str]) -> Probe | None:
    """A hard lever's probe where it may not act: in Freio's own project, or without the permissions. None: it may."""
    project = probe.target.project
    if project == own_project:
        return replace(probe, reason=why_not_own(project))
    if lacks := rights.lacks(project, permissions):
        reason = Phrase.of(LEVER_LACKS, project=project, permissions=", ".join(lacks))
        return replace(probe, missing=lacks, reason=reason)
    return None


def why_not_own(project: str) -> Phrase:
    return Phrase.of(OWN_PROJECT, project=project)
