"""What nobody can use is journalled each time, and pages once a day for each fault."""

from __future__ import annotations

from datetime import timedelta

from freio.domain.journal import Kind
from freio.errors import BadMessage
from freio.guard.reject import Rejecter
from tests.unit.guard.watching import Town


def test_a_fault_whose_figure_changes_is_one_page_a_day() -> None:
    """A cost below zero comes every twenty minutes, each time another one; another budget's is another fault."""
    town = Town()
    rejecter = Rejecter(town.store, town.clock, town.alerter)
    for n, budget in enumerate(("b-1", "b-1", "b-1", "b-2")):
        rejecter.reject(f"m{n}", BadMessage("negative", f"costAmount: -{n}.5; must be zero or more", budget), b"raw")
    assert len(town.pager.pages) == 2
    assert town.kinds().count(Kind.REJECTED) == 4
    town.clock.at += timedelta(days=1)
    rejecter.reject("m9", BadMessage("negative", "costAmount: -9; must be zero or more", "b-1"), b"raw")
    rejecter.reject("m10", BadMessage("negative", "budgetAmount: -9; must be zero or more", "b-1"), b"raw")
    assert len(town.pager.pages) == 4
