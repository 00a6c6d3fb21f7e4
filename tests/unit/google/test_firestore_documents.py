"""Names as ids that Firestore takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.adapters.google.firestore_documents import ID_BYTES, document_id

NAMES = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("./_-0"), max_size=80)


@given(NAMES)
def test_every_name_has_an_id_that_firestore_takes(name: str) -> None:
    """No slash, not only dots, nothing reserved, and not too long."""
    made = document_id(name)
    assert "/" not in made
    assert made not in {"", ".", ".."}
    assert not re.fullmatch(r"__.*__", made)
    assert len(made.encode()) <= ID_BYTES


@given(NAMES, NAMES)
def test_ids_stand_in_the_order_of_their_names(one: str, other: str) -> None:
    """So two names never share one, and what is ordered by id is ordered as in every other store."""
    assert (document_id(one) < document_id(other)) == (one < other)
    assert (document_id(one) == document_id(other)) == (one == other)


@pytest.mark.parametrize("length", [1499, 1500, 5000])
def test_names_that_are_too_long_keep_ids_of_their_own(length: int) -> None:
    """However alike their beginnings are."""
    one, other = document_id("ü" * length + "a"), document_id("ü" * length + "b")
    assert one != other
    assert max(len(one.encode()), len(other.encode())) <= ID_BYTES


def test_a_name_that_just_fits_is_not_shortened() -> None:
    """1,500 bytes, with the leading hyphen."""
    assert document_id("x" * 1499) == "-" + "x" * 1499
    assert len(document_id("x" * 1500)) == ID_BYTES
