"""Monitoring filters: the part of the language that picks series by type and label.

`metric.type = "…"`, `resource.type`, `metric.labels.x`, `resource.labels.x`; `=` and `!=`; a quoted string or
`starts_with("…")`; AND, OR, NOT and parentheses. Anything else is INVALID_ARGUMENT, with its place in the text.
As in Google's grammar OR binds tighter than AND, so mixed filters want parentheses.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from freio.sandbox.google.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from freio.sandbox.google.series import Series

    Test: TypeAlias = Callable[[Series], bool]
    Reader: TypeAlias = Callable[[Series], str]

TOKEN = re.compile(r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[\w.]+)|(?P<sign>!=|[=()])|(?P<end>$))')
LABEL = re.compile(r"(metric|resource)\.labels?\.(\w+)")


class Filter:
    """A parsed filter.

    `metric_types` are the types it names with `=`, to tell an unknown metric from a silent one; `names_a_metric` is
    whether it says anything about the type.
    """

    def __init__(self, text: str) -> None:
        self.metric_types: set[str] = set()
        self.names_a_metric = False
        self._text = text
        self._at = 0
        self.matches = self._all()
        if self._peek():
            raise self._wrong("expected AND, OR or the end")

    def _all(self) -> Test:
        tests = [self._any()]
        while self._take("AND"):
            tests.append(self._any())
        return lambda series: all(test(series) for test in tests)

    def _any(self) -> Test:
        tests = [self._not()]
        while self._take("OR"):
            tests.append(self._not())
        return lambda series: any(test(series) for test in tests)

    def _not(self) -> Test:
        if self._take("NOT"):
            inner = self._not()
            return lambda series: not inner(series)
        if self._take("("):
            inner = self._all()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        selector = self._next()
        read = reader(selector)
        if read is None:
            raise self._wrong(f"{selector!r} is no selector of the sandbox")
        self.names_a_metric |= selector == "metric.type"
        negated = self._take("!=")
        if not negated:
            self._expect("=")
        if self._take("starts_with"):
            self._expect("(")
            prefix = self._string()
            self._expect(")")
            return lambda series: read(series).startswith(prefix) != negated
        value = self._string()
        if selector == "metric.type" and not negated:
            self.metric_types.add(value)
        return lambda series: (read(series) == value) != negated

    def _string(self) -> str:
        token = self._next()
        if not token.startswith('"'):
            raise self._wrong(f'expected a "quoted string", found {token!r}')
        return str(json.loads(token))

    def _peek(self) -> str:
        found = TOKEN.match(self._text, self._at)
        if found is None:
            raise self._wrong("unreadable")
        return found.group().strip()

    def _next(self) -> str:
        found = TOKEN.match(self._text, self._at)
        if found is None:
            raise self._wrong("unreadable")
        self._at = found.end()
        return found.group().strip()

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._next()
        return True

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._wrong(f"expected {token!r}, found {self._peek()!r}")

    def _wrong(self, what: str) -> Exception:
        return invalid(("filter", f"{what} at position {self._at} of {self._text!r}"))


def reader(selector: str) -> Reader | None:
    """How to read a selector's value from a series; a label that is not there reads as empty."""
    if selector == "metric.type":
        return lambda series: series.metric
    if selector == "resource.type":
        return lambda series: series.resource
    label = LABEL.fullmatch(selector)
    if label is None:
        return None
    name = label.group(2)
    if label.group(1) == "metric":
        return lambda series: series.metric_labels.get(name, "")
    return lambda series: series.resource_labels.get(name, "")
