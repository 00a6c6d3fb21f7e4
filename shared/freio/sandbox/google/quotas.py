"""Overrides in time: asked for, then shown, then felt by traffic.

A bucket is a project, a limit and dimensions. Its override has a history of changes, each with two moments: from
`shown_at` replies show it, from `felt_at` traffic meets it. So a limit that reads back perfectly may not bite yet.
Example: accepted at 12:00:00 with operations of 7 s and effects of 40 s is shown at 12:00:07, felt at 12:00:47.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from freio.sandbox.google.catalogue import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.models import Catalogue

Dimensions: TypeAlias = "tuple[tuple[str, str], ...]"
BucketKey: TypeAlias = "tuple[str, tuple[str, str], Dimensions]"


def dimensions_of(mapping: Mapping[str, str]) -> Dimensions:
    return tuple(sorted(mapping.items()))


@dataclass(frozen=True, kw_only=True)
class Change:
    """The override's value from a moment on; None where it was deleted. Moments are seconds since 1970."""

    shown_at: float
    felt_at: float
    value: int | None


def effective(default: int, override: int | None) -> int:
    """What an override leaves of a default: it can only lower, and -1 is above every number."""
    if override is None or override == UNLIMITED:
        return default
    return override if default == UNLIMITED else min(default, override)


class Quotas:
    """Every consumer override there is, was, or is about to be."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        now: Callable[[], datetime],
        operation_seconds: float,
        effect_seconds: float,
    ) -> None:
        self.catalogue = catalogue
        self._now = now
        self._operation_seconds = operation_seconds
        self._effect_seconds = effect_seconds
        self._histories: dict[BucketKey, list[Change]] = {}
        self._granted: dict[BucketKey, int] = {}
        self.version = 0  # rises with every change: what was derived from an older one is stale

    def key(self, project: str, limit: Limit, dimensions: Dimensions) -> BucketKey:
        return (project, limit.key, dimensions)

    def change(self, bucket: BucketKey, value: int | None, *, at_once: bool = False) -> None:
        """Sets or deletes an override; `at_once` is a change whose operation ended before this moment."""
        shown_at = self._now().timestamp() + (0 if at_once else self._operation_seconds)
        change = Change(shown_at=shown_at, felt_at=shown_at + self._effect_seconds, value=value)
        history = self._histories.setdefault(bucket, [])
        history.append(change)
        history.sort(key=lambda one: one.shown_at)  # what is made at once comes before what still runs
        self.version += 1

    def asked(self, bucket: BucketKey) -> int | None:
        """The last value accepted, whether or not its operation has ended."""
        history = self._histories.get(bucket)
        return history[-1].value if history else None

    def shown(self, bucket: BucketKey) -> int | None:
        """The value that a reply shows now."""
        moment = self._now().timestamp()
        return _last(one.value for one in self._histories.get(bucket, ()) if one.shown_at <= moment)

    def shown_overrides(self, project: str, limit: Limit) -> Iterator[tuple[Dimensions, int]]:
        """All overrides of a limit that replies show now, the least specific first."""
        return self._overrides(project, limit, self.shown)

    def asked_overrides(self, project: str, limit: Limit) -> Iterator[tuple[Dimensions, int]]:
        """All overrides of a limit that were accepted and not deleted since."""
        return self._overrides(project, limit, self.asked)

    def _overrides(
        self, project: str, limit: Limit, value_of: Callable[[BucketKey], int | None]
    ) -> Iterator[tuple[Dimensions, int]]:
        of_limit = [bucket for bucket in self._histories if bucket[:2] == (project, limit.key)]
        for bucket in sorted(of_limit, key=lambda one: (len(one[2]), one[2])):
            value = value_of(bucket)
            if value is not None:
                yield bucket[2], value

    def default(self, limit: Limit, dimensions: Dimensions) -> int:
        """What a bucket allows without any override."""
        named = self.catalogue.named_buckets(limit)
        own = next((named[value] for _, value in dimensions if value in named), None)
        return limit.default if own is None else own.default

    def grant(self, bucket: BucketKey, value: int) -> None:
        """What Google itself has set for a bucket instead of its default, in force at once."""
        self._granted[bucket] = value
        self.version += 1

    def granted(self, project: str, limit: Limit, dimensions: Dimensions) -> int:
        """What a bucket of a project allows without any override of the consumer's."""
        return self._granted.get(self.key(project, limit, dimensions), self.default(limit, dimensions))

    def producer_override(self, project: str, limit: Limit, dimensions: Dimensions) -> int | None:
        return self._granted.get(self.key(project, limit, dimensions))

    def effective_if(self, limit: Limit, dimensions: Dimensions, value: int) -> int:
        """What a bucket would allow with this override."""
        return effective(self.default(limit, dimensions), value)

    def effective_shown(self, project: str, limit: Limit, dimensions: Dimensions) -> int:
        return self._resolve(project, limit, dimensions, self.shown)

    def effective_asked(self, project: str, limit: Limit, dimensions: Dimensions) -> int:
        return self._resolve(project, limit, dimensions, self.asked)

    def felt_steps(self, project: str, limit: Limit, dimensions: Dimensions) -> list[tuple[float, int]]:
        """What traffic meets over time: from each moment (seconds since 1970) on, the effective limit."""
        keys = [self.key(project, limit, one) for one in applicable(limit, dimensions)]
        moments = sorted({change.felt_at for key in keys for change in self._histories.get(key, ())})

        def felt_at(moment: float) -> int:
            return self._resolve(
                project,
                limit,
                dimensions,
                lambda key: _last(change.value for change in self._histories.get(key, ()) if change.felt_at <= moment),
            )

        return [(moment, felt_at(moment)) for moment in (-math.inf, *moments)]

    def _resolve(
        self, project: str, limit: Limit, dimensions: Dimensions, value_of: Callable[[BucketKey], int | None]
    ) -> int:
        default = self.granted(project, limit, dimensions)
        for candidate in applicable(limit, dimensions):
            value = value_of((project, limit.key, candidate))
            if value is not None:
                return effective(default, value)
        return default


def _last(values: Iterable[int | None]) -> int | None:
    return next(iter(deque(values, maxlen=1)), None)


def applicable(limit: Limit, dimensions: Dimensions) -> Iterator[Dimensions]:
    """The buckets whose override reaches this one, the most specific first.

    An override for a model without a region reaches that model in every region. One that names no model reaches only
    what has no bucket of its own: a model's default is more specific than it.
    """
    yield dimensions
    model = tuple(pair for pair in dimensions if pair[0] == limit.model_dimension)
    if model != dimensions:
        yield model
