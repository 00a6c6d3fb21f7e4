"""The orders of recorded usage in the benchmark: every hour is in each of them once, and days stay whole."""

from __future__ import annotations

import numpy as np
import pytest

from bench.orders import ORDERS, WEEK, ordered

HOURS = np.arange(2.0 * WEEK)[np.newaxis]


@pytest.mark.parametrize("order", ORDERS)
def test_no_hour_is_lost_and_days_stay_days(order: str) -> None:
    """Forwards or backwards, and a week apart is a week apart."""
    found = ordered(HOURS, order)[0]
    assert sorted(found) == HOURS[0].tolist()
    assert {len(set(day // 24)) for day in found.reshape(-1, 24)} == {1}
    assert set(np.abs(found[WEEK:] - found[:WEEK])) == {float(WEEK)}


def test_what_comes_first_in_each_order() -> None:
    """The last hour where time runs backwards; of the weeks, the other one where they are swapped."""
    assert [ordered(HOURS, order)[0, 0] for order in ORDERS] == [0.0, 168.0, 335.0, 167.0]
