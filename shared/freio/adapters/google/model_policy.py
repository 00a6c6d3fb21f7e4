"""The policy `constraints/vertexai.allowedModels` of one project: read, narrowed and put back. Pure.

How a policy is evaluated (https://docs.cloud.google.com/organization-policy/hierarchy-evaluation and orgpolicy v2's
own descriptions): without a policy of its own a project has its parent's; with one it has that alone, unless it says
`inheritFromParent`: then both are merged, and a denied value wins over an allowed one. Where nothing is set, every
model is allowed. So what narrows depends on what stands there:

=============================================  ==============================================================
what stands there                              what is written, to take `takes` away
=============================================  ==============================================================
nothing                                        inherit, and deny `takes`
values denied, inheriting or not               the same, and deny `takes`, too
values allowed, not inheriting                 the same without `takes`; deny all where nothing would be left
all allowed, or a reset, not inheriting        deny `takes`
all denied                                     the same
=============================================  ==============================================================

What else may stand there (conditions, several rules, values that are added to inherited ones) cannot be narrowed
without knowing more than is documented: `obstacle` names it, and nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from freio.adapters.google.model_values import VALUE, bare
from freio.domain.sentences import POLICY_ADDS, POLICY_CONDITIONS, POLICY_FULL, POLICY_UNKNOWN

MOST_VALUES = 500  # allowed and denied together, https://cloud.google.com/resource-manager/docs/organization-policy/using-constraints
MOST_BYTES = 32_000
VOLATILE = ("etag", "updateTime")
PARTS = ("spec", "dryRunSpec", "alternate")


def canonical(policy: Mapping[str, Any] | None) -> str | None:
    """A policy as a setting: what it says, in one way of writing; None where there is none.

    Left out are its name, its version, and what proto leaves out, too (false, nothing); lists of values are sorted.

    >>> canonical({"name": "n", "etag": "e", "spec": {"etag": "e", "inheritFromParent": False, "rules": []}})
    '{"spec":{}}'
    """
    if policy is None:
        return None
    return _dumped({part: _cleaned(policy[part]) for part in PARTS if part in policy})


def narrowed(found: str | None, takes: Iterable[str]) -> str | None:
    """What should stand there instead of what was found, without `takes`; the same, where that cannot be said.

    >>> narrowed(None, ["publishers/google/models/gemini-2.5-pro:predict"])
    '{"spec":{"inheritFromParent":true,"rules":[{"values":{"deniedValues":["publishers/google/models/gemini-2.5-pro:predict"]}}]}}'

    The last model that a policy allows leaves no empty list, which would allow everything:

    >>> one = "publishers/google/models/gemini-2.5-pro:predict"
    >>> narrowed(canonical({"spec": {"rules": [{"values": {"allowedValues": [one]}}]}}), [one])
    '{"spec":{"rules":[{"denyAll":true}]}}'
    """
    wanted = sorted({bare(value) for value in takes})
    if not wanted or _form(found) is not None:
        return found
    policy = _parsed(found)
    return _dumped({**policy, "spec": _narrowed(policy.get("spec", {"inheritFromParent": True}), wanted)})


def obstacle(found: str | None, takes: Iterable[str]) -> str | None:
    """The sentence that says why what was found cannot be narrowed safely; None: it can."""
    form = _form(found)
    if form is not None:
        return form
    after = narrowed(found, takes)
    if after is None or after == found:
        return None
    values = [value for rule in _parsed(after)["spec"].get("rules", ()) for value in _values(rule)]
    too_full = len(values) > MOST_VALUES or len(after.encode()) > MOST_BYTES
    return POLICY_FULL if too_full else None


def allows(spec: Mapping[str, Any], value: str) -> bool:
    """Whether an effective policy, which has no conditions and inherits nothing, allows a value.

    >>> allows({"rules": [{"values": {"deniedValues": ["a"]}}]}, "b"), allows({"rules": [{"denyAll": True}]}, "b")
    (True, False)
    """
    rules = spec.get("rules", ())
    allowed = {bare(one) for rule in rules for one in rule.get("values", {}).get("allowedValues", ())}
    denied = {bare(one) for rule in rules for one in rule.get("values", {}).get("deniedValues", ())}
    if any(rule.get("denyAll") for rule in rules) or value in denied:
        return False
    return not allowed or value in allowed or any(rule.get("allowAll") for rule in rules)


def _form(found: str | None) -> str | None:
    """What is wrong with the form of a project's own policy."""
    spec = _parsed(found).get("spec")
    if spec is None:  # nothing of its own is in force: at most a dry run
        return None
    rules = spec.get("rules", [])
    if any("condition" in rule for rule in rules):
        return POLICY_CONDITIONS
    inherits, resets = spec.get("inheritFromParent", False), spec.get("reset", False)
    if not rules:
        return None if inherits != resets else POLICY_UNKNOWN
    if resets or len(rules) > 1 or not _is_known(rules[0]):
        return POLICY_UNKNOWN
    adds = "allowAll" in rules[0] or "allowedValues" in rules[0].get("values", {})
    return POLICY_ADDS if inherits and adds else None


def _is_known(rule: Mapping[str, Any]) -> bool:
    """Whether a rule says one thing, and names what it allows in the documented way."""
    if len(rule) != 1 or not rule.keys() <= {"allowAll", "denyAll", "values"} or not all(rule.values()):
        return False
    allowed = rule.get("values", {}).get("allowedValues", ())
    return all(VALUE.fullmatch(value) for value in allowed)


def _narrowed(spec: Mapping[str, Any], takes: list[str]) -> dict[str, Any]:
    if spec.get("reset"):  # every model, whatever stands above
        return {"rules": [{"values": {"deniedValues": takes}}]}
    rule: dict[str, Any] = next(iter(spec.get("rules", ())), {})
    if rule.get("denyAll"):
        return dict(spec)
    values = rule.get("values", {})
    allowed = values.get("allowedValues", [])
    left = [value for value in allowed if bare(value) not in takes]
    if allowed and not left:
        return {**spec, "rules": [{"denyAll": True}]}
    if allowed:
        return {**spec, "rules": [{"values": {**values, "allowedValues": left}}]}
    known = {bare(value) for value in values.get("deniedValues", ())}
    denied = sorted([*values.get("deniedValues", ()), *(value for value in takes if value not in known)])
    return {**spec, "rules": [{"values": {"deniedValues": denied}}]}


def _values(rule: Mapping[str, Any]) -> list[str]:
    values = rule.get("values", {})
    return [*values.get("allowedValues", ()), *values.get("deniedValues", ())]


def _cleaned(part: Any) -> Any:
    """Without versions, falsehoods and empty lists; sorted where the order says nothing."""
    if isinstance(part, dict):
        cleaned = {key: _cleaned(value) for key, value in part.items() if key not in VOLATILE}
        return {key: value for key, value in cleaned.items() if value not in (False, [], "")}
    if isinstance(part, list):
        items = [_cleaned(item) for item in part]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    return part


def _parsed(setting: str | None) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(setting) if setting else {}
    return policy


def _dumped(policy: Mapping[str, Any]) -> str:
    return json.dumps(policy, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
