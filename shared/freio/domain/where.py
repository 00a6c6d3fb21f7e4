"""How a target is said to people: what kind of thing it is, and which one."""

from __future__ import annotations

from freio.domain import sentences as say
from freio.domain.phrase import Phrase
from freio.domain.target import Target

_SAID = {
    "api_key": say.AT_KEY,
    "iam_deny": say.AT_ACCOUNT,
    "allowed_models": say.AT_MODELS,
    "disable_service": say.AT_SERVICE,
    "unlink_billing": say.AT_BILLING,
}


def where(target: Target) -> Phrase:
    """In the reader's language, wherever a sentence has a place for it.

    >>> str(where(Target("api_key", "acme", "apikeys.googleapis.com", "key", "", (("key", "k-1"),))))
    'API key k-1'
    """
    known = {"project": target.project, "service": target.service, **dict(target.dimensions)}
    sentence = _SAID.get(target.lever, say.AT_LIMIT)
    data = known if sentence is not say.AT_LIMIT else place(target)
    return Phrase.of(sentence, **{name: value for name, value in data.items() if f"{{{name}}}" in sentence})


def place(target: Target) -> dict[str, str]:
    """The model and the location of a limit, as places of a sentence; at a gateway, the caller and the gateway.

    >>> place(Target("quota", "p", "s", "m", "u", (("base_model", "gemini-2.5-flash-ga"),)))
    {'model': 'gemini-2.5-flash-ga', 'location': 'global'}
    """
    if target.lever == "gateway":
        model = target.dimension("base_model")
        who = " ".join(value for name, value in target.dimensions if name != "base_model")
        return {"model": f"{who} ({model})" if model else who, "location": target.project}
    return {"model": target.dimension("base_model") or "", "location": target.dimension("region") or "global"}
