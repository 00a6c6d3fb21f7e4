"""What a policy of a list constraint may say, and what several of them in a hierarchy come to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_RULES = 10
MOST_VALUES = 500
# Each model stands alone: no wildcards, nothing for all of a publisher. That a value without an action is refused is
# assumed.
MODEL_VALUE = re.compile(r"(is:)?publishers/[a-z0-9-]+/models/[A-Za-z0-9._-]+(@[A-Za-z0-9._-]+)?:(predict|deploy|tune)")


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A policy as it works: a denied value is denied whatever allows it; with no allowed values the others are free."""

    deny_all: bool = False
    allow_all: bool = False
    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()

    def allows(self, values: frozenset[str]) -> bool:
        """Whether something that goes by any of these values may be used."""
        if self.deny_all or values & self.denied:
            return False
        return self.allow_all or not self.allowed or bool(values & self.allowed)

    def merged(self, child: Evaluated) -> Evaluated:
        """With the policy of a child that inherits: both lists of both, and whatever denies all denies all.

        A parent that allows all adds nothing to what its child allows by name (assumed).
        """
        return Evaluated(
            deny_all=self.deny_all or child.deny_all,
            allow_all=child.allow_all or (self.allow_all and not child.allowed),
            allowed=self.allowed | child.allowed,
            denied=self.denied | child.denied,
        )

    def json(self) -> dict[str, Any]:
        """As `getEffectivePolicy` shows it: no version, no conditions, nothing inherited any more."""
        if self.deny_all:
            return {"rules": [{"denyAll": True}]}
        values = {"allowedValues": sorted(self.allowed), "deniedValues": sorted(self.denied)}
        shown = {name: found for name, found in values.items() if found}
        return {"rules": [{"values": shown} if shown else {"allowAll": True}]}


ALLOW_ALL = Evaluated(allow_all=True)


def evaluated(parent: Evaluated, spec: Mapping[str, Any] | None) -> Evaluated:
    """What is in force in a project with this policy of its own (None: it has none)."""
    if spec is None:
        return parent
    if spec.get("reset"):
        return ALLOW_ALL
    # No resource here has a tag, so no condition is ever true.
    rules = [rule for rule in spec.get("rules", ()) if "condition" not in rule]
    values = [rule.get("values", {}) for rule in rules]
    own = Evaluated(
        deny_all=any(rule.get("denyAll") for rule in rules),
        allow_all=any(rule.get("allowAll") for rule in rules),
        allowed=frozenset(_bare(one) for each in values for one in each.get("allowedValues", ())),
        denied=frozenset(_bare(one) for each in values for one in each.get("deniedValues", ())),
    )
    return parent.merged(own) if spec.get("inheritFromParent") else own


def check_spec(spec: Mapping[str, Any], path: str) -> None:
    """INVALID_ARGUMENT for what the descriptions of orgpolicy v2 forbid."""
    found = list(_violations(spec, path))
    if found:
        raise invalid(*found)


def _violations(spec: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    rules = spec.get("rules", [])
    if spec.get("reset") and (rules or spec.get("inheritFromParent")):
        yield path + ".reset", "needs empty rules, and inheritFromParent false"
    if not spec.get("reset") and not rules and not spec.get("inheritFromParent"):
        yield path + ".rules", "must not be empty"
    if len(rules) > MOST_RULES:
        yield path + ".rules", f"at most {MOST_RULES}, not {len(rules)}"
    total = 0
    for index, rule in enumerate(rules):
        where = f"{path}.rules[{index}]"
        kinds = [kind for kind in ("allowAll", "denyAll", "values") if rule.get(kind)]
        if len(kinds) != 1 or "enforce" in rule:
            yield where, f"a list constraint's rule says one of allowAll, denyAll and values, not {kinds or rule}"
        values = [one for each in rule.get("values", {}).values() for one in each]
        total += len(values)
        yield from ((where + ".values", f"{one!r} is no model and action") for one in values if not _is_model(one))
    if total > MOST_VALUES:
        yield path + ".rules", f"at most {MOST_VALUES} values, not {total}"


def _is_model(value: str) -> bool:
    return MODEL_VALUE.fullmatch(value) is not None


def _bare(value: str) -> str:
    return value.removeprefix("is:")
