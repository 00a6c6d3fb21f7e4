"""One experiment: a belief that the code rests on, and how to find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FACTS = "published behaviour, collected 2026-11; nobody has tried it in a project of ours"
PLACES = {
    "<FREIO_PROJECT>": "the project that Freio runs in",
    "<DATASET>": "Freio's own dataset, for its rollup",
    "<EXPORT_TABLE>": "the billing export, project.dataset.table",
    "<EXPORT_DATASET>": "its project:dataset, as bq writes it",
    "<BILLING_ACCOUNT>": "the billing account's id",
    "<APP_PROJECT>": "a project of an app, best one without users",
    "<REGION>": "the region of Freio's functions",
    "<CHANNEL>": "the Slack channel's id",
    "<CONFIG>": "the client's file",
    "<GATEWAY>": "the address of the client's LiteLLM proxy; its admin key is in FREIO_GATEWAY_KEY",
    "<GATEWAY_KEY_HASH>": "the hash of a key made for this, which itself is in PROBE_KEY",
    "<GATEWAY_TEAM>": "a team's id, best one without users",
    "<GATEWAY_MODEL>": "a model as callers of the gateway name it",
    "<GATEWAY_OTHER_MODEL>": "another one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """``otherwise`` says what to change in Freio where it turns out differently; ``harm`` is what a run touches."""

    key: str
    belief: str
    why: str
    commands: tuple[str, ...]
    expect: str
    otherwise: str
    source: str = FACTS
    harm: str = "none: it only reads"


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with every place that is known; the others stay as they are.

    >>> filled("bq show <EXPORT_DATASET> <DATASET>", {"<EXPORT_DATASET>": "acme:billing"})
    'bq show acme:billing <DATASET>'
    """
    for place, value in known.items():
        text = text.replace(place, value)
    return text
