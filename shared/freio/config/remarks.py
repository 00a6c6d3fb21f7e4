"""What is allowed in the client's file and does less than one may think."""

from __future__ import annotations

from freio.domain.app import Client

LEVERS_THERE = ("quota",)
"""The levers that this version has."""


def remarks(client: Client) -> list[str]:
    """Every warning, in the file's order of apps."""
    return [*not_yet(client), *_unseen(client)]


def not_yet(client: Client) -> list[str]:
    """Levers that the file names and this version does not have."""
    there = ", ".join(LEVERS_THERE)
    said = [
        f"{app.name}: the lever {lever} does nothing in this version, which has {there} alone"
        for app in client.apps
        for lever in app.policy.levers
        if lever not in LEVERS_THERE
    ]
    idle = [app.name for app in client.apps if not set(app.policy.levers) & set(LEVERS_THERE)]
    return said + [f"{name}: none of its levers is in this version: nothing can brake it" for name in idle]


def _unseen(client: Client) -> list[str]:
    """Apps whose spend no billing row and no token metric can show to be theirs."""
    return [
        f"{app.name}: matches by service accounts or API keys alone, which billing rows and token metrics do not "
        "show: no spend will be seen as its own"
        for app in client.apps
        if not (app.match.projects or app.match.labels or app.match.models)
    ]
