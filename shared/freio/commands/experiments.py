"""What the emulators cannot show, as a list of experiments for a client's engineer: cost of a scan, lag, IAM."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from freio.commands.trials import (
    callers,
    chat,
    delivery,
    gateway,
    levers,
    metering,
    native,
    signals,
    state,
    stopping,
    warehouse,
)
from freio.commands.trials.experiment import PLACES, Experiment, filled

SUBJECTS: Mapping[str, Sequence[Experiment]] = {
    "The export, and what reading it costs": warehouse.EXPERIMENTS,
    "Delivery, and who may call whom": delivery.EXPERIMENTS,
    "State": state.EXPERIMENTS,
    "Levers": levers.EXPERIMENTS,
    "Levers against one caller": callers.EXPERIMENTS,
    "Levers that stop calls": stopping.EXPERIMENTS,
    "The gateway": gateway.EXPERIMENTS,
    "Signals": signals.EXPERIMENTS,
    "Metering and prices": metering.EXPERIMENTS,
    "Google's own caps, anomalies and grants": native.EXPERIMENTS,
    "Slack": chat.EXPERIMENTS,
}
FORMATS = ("text", "markdown", "json")


def fill(experiment: Experiment, known: Mapping[str, str]) -> Experiment:
    return replace(experiment, commands=tuple(filled(command, known) for command in experiment.commands))


def render(form: str, known: Mapping[str, str]) -> str:
    """All of them, in one of `FORMATS`, with the places that are `known` filled in."""
    subjects = {name: [fill(one, known) for one in found] for name, found in SUBJECTS.items()}
    if form == "json":
        return _json(subjects)
    return _markdown(subjects) if form == "markdown" else _text(subjects)


def open_places(subjects: Mapping[str, Sequence[Experiment]]) -> dict[str, str]:
    """The places that still stand in some command, each with what it is."""
    commands = [command for found in subjects.values() for one in found for command in one.commands]
    return {place: what for place, what in PLACES.items() if any(place in command for command in commands)}


def _json(subjects: Mapping[str, Sequence[Experiment]]) -> str:
    told = [{"subject": name, **asdict(one)} for name, found in subjects.items() for one in found]
    return json.dumps({"places": open_places(subjects), "experiments": told}, ensure_ascii=False, indent=2) + "\n"


def _text(subjects: Mapping[str, Sequence[Experiment]]) -> str:
    lines = _places("", subjects)
    for name, found in subjects.items():
        lines += [name.upper(), ""]
        for one in found:
            lines += [f"[{one.key}] {one.belief}"]
            lines += [f"  why        {one.why}", f"  source     {one.source}", f"  touches    {one.harm}"]
            lines += [f"  $ {command}" for command in one.commands]
            lines += [f"  expect     {one.expect}", f"  otherwise  {one.otherwise}", ""]
    return "\n".join(lines)


def _markdown(subjects: Mapping[str, Sequence[Experiment]]) -> str:
    lines = _places("- ", subjects)
    for name, found in subjects.items():
        lines += [f"## {name}", ""]
        for one in found:
            lines += [f"### {one.key}", "", one.belief, "", f"- Why: {one.why}", f"- Source: {one.source}"]
            lines += [f"- Touches: {one.harm}", "", "```sh", *one.commands, "```", ""]
            lines += [f"- Expect: {one.expect}", f"- Otherwise: {one.otherwise}", ""]
    return "\n".join(lines)


def _places(bullet: str, subjects: Mapping[str, Sequence[Experiment]]) -> list[str]:
    places = open_places(subjects)
    if not places:
        return []
    return ["Fill in:", *(f"{bullet}{place}  {what}" for place, what in places.items()), ""]
