"""The restrictions of an API key, and what is left of them when the AI services are taken away.

A key's `apiTargets` are what it may call. **None at all means everything**
(https://cloud.google.com/api-keys/docs/add-restrictions-api-keys), so the list is never written empty: a key that
could call AI services alone is left with one that does no harm, and one that could call everything is left with
services that are known by name, each as a `+service` in what the lever takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from freio.adapters.google.quota_catalogue import VERTEX

# Firebase AI Logic hands calls on to Gemini for the browsers and phones that hold the key.
AI_SERVICES = (VERTEX, "generativelanguage.googleapis.com", "firebasevertexai.googleapis.com")

# What a key may call that may call nothing else: the list of Google's public web fonts. It is free, read-only, gives
# away nothing of the client's (its discovery document has no scope at all, so no credential can open more), and is
# refused unless somebody enabled it in the project. A key that is bound to a service account gains nothing by it,
# which could not be said of a Google Cloud API. That a target need not be enabled is an assumption: see the
# experiment `key-harmless`.
HARMLESS = "webfonts.googleapis.com"

KEEP = "+"  # before a service in `Lease.takes`: of a key that may call everything, this much is left
MOST = 100  # services a key is left with; keys that Firebase makes have some 25, and no limit is documented


def takes(restrictions: Mapping[str, Any], enabled: Iterable[str]) -> tuple[str, ...]:
    """What would be taken of a key, and of an unrestricted one also what is left to it: `enabled`, but for AI.

    Empty where the key may call no AI service as it is.

    >>> takes({"apiTargets": [{"service": "generativelanguage.googleapis.com"}, {"service": "x.com"}]}, [])
    ('generativelanguage.googleapis.com',)
    >>> takes({}, ["aiplatform.googleapis.com", "translate.googleapis.com"])[-2:]
    ('firebasevertexai.googleapis.com', '+translate.googleapis.com')
    """
    targets = services(restrictions)
    if targets:
        return tuple(service for service in AI_SERVICES if service in targets)
    return (*AI_SERVICES, *(f"{KEEP}{service}" for service in others(enabled)[:MOST]))


def takes_of_braked(restrictions: Mapping[str, Any]) -> tuple[str, ...]:
    """What a further lease on a braked key takes: all AI, and what the key is left with now is left to it.

    >>> takes_of_braked({"apiTargets": [{"service": HARMLESS}, {"service": "x.com"}]})[-2:]
    ('firebasevertexai.googleapis.com', '+x.com')
    """
    return (*AI_SERVICES, *(f"{KEEP}{service}" for service in sorted(services(restrictions)) if service != HARMLESS))


def others(enabled: Iterable[str]) -> list[str]:
    """The services that are not AI, in a fixed order."""
    return sorted({service.lower() for service in enabled} - set(AI_SERVICES))


def services(restrictions: Mapping[str, Any]) -> list[str]:
    """The services that a key may call; none stands for all."""
    return [str(target.get("service", "")).lower() for target in restrictions.get("apiTargets", ())]


def without(restrictions: Mapping[str, Any], taken: Iterable[str]) -> dict[str, Any]:
    """The restrictions without what is taken; all that is not about services stays as it was found.

    >>> without({"apiTargets": [{"service": "a.com"}, {"service": "b.com", "methods": ["Get*"]}]}, ["a.com"])
    {'apiTargets': [{'service': 'b.com', 'methods': ['Get*']}]}
    >>> without({"apiTargets": [{"service": "a.com"}]}, ["a.com"])
    {'apiTargets': [{'service': 'webfonts.googleapis.com'}]}
    >>> without({"serverKeyRestrictions": {}}, ["a.com", "+b.com"])
    {'serverKeyRestrictions': {}, 'apiTargets': [{'service': 'b.com'}]}
    """
    gone = {one for one in taken if not one.startswith(KEEP)}
    kept = sorted({one.removeprefix(KEEP) for one in taken if one.startswith(KEEP)} - gone)
    found = restrictions.get("apiTargets") or [{"service": service} for service in kept]
    left = [target for target in found if str(target.get("service", "")).lower() not in gone]
    return {**restrictions, "apiTargets": left or [{"service": HARMLESS}]}
