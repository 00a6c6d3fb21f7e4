"""Whose spend it is: by every kind of evidence that a source shows, the first app in the file's order."""

from __future__ import annotations

from typing import Any

import pytest

from freio.domain.app import Match
from freio.domain.attribution import Traits, attribute, meets, sharing
from tests.unit.guard.watching import app


def match(**kinds: Any) -> Match:
    read: dict[str, Any] = {k: v if k == "labels" else frozenset(v) for k, v in kinds.items()}
    return Match(**read)


@pytest.mark.parametrize(
    ("of", "traits", "is_met"),
    [
        (match(projects=["p", "q"]), Traits(project="q"), True),
        (match(projects=["p"]), Traits(project="q"), False),
        (match(projects=["p"], models=["m"]), Traits(project="p", model="n"), False),
        (match(projects=["p"], labels=(("a", "1"), ("b", "2"))), Traits(project="p", labels={"a": "1"}), False),
        (match(projects=["p"], labels=(("a", "1"),)), Traits(project="p", labels={"a": "1", "c": "3"}), True),
        (match(labels=(("a", "1"),)), Traits(project="any", labels={"a": "1"}), True),
        (match(labels=(("a", "1"),)), Traits(project="any", labels=None), False),
        (match(service_accounts=["x"]), Traits(project="p"), False),
        (Match(), Traits(project="p"), False),
    ],
)
def test_what_a_match_meets(of: Match, traits: Traits, is_met: bool) -> None:
    """Kinds that a source cannot show are not held against it, and claim nothing either."""
    assert meets(of, traits) is is_met


def test_the_first_app_has_it_and_all_that_could_share_it() -> None:
    """Narrower ones stand first; on a target labels are not seen, so both are named."""
    narrow = app("narrow", match=match(projects=["p"], labels=(("app", "n"),)))
    wide = app("wide", match=match(projects=["p"]))
    assert attribute([narrow, wide], Traits(project="p", labels={"app": "n"})) is narrow
    assert attribute([narrow, wide], Traits(project="p", labels={})) is wide
    assert attribute([narrow, wide], Traits(project="q")) is None
    assert sharing([narrow, wide], Traits(project="p")) == [narrow, wide]
