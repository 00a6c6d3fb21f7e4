"""The chart of an incident: a picture that Slack can show, and the same in numbers."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.charts.spend import Hours, alt_text, spend_chart
from tests.unit.guard.watching import NOW, client


@pytest.mark.parametrize("hours", [1, 2, 24, 96, 672])
@pytest.mark.parametrize("each", ["0", "12.5"])
def test_any_history_can_be_drawn(hours: int, each: str) -> None:
    """From the first hour on, and where nothing was spent: wide, and sharp enough for a phone."""
    png = spend_chart(Hours(spent=[Decimal(each)] * hours), NOW, client())
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 2 * height > 200


@pytest.mark.parametrize("hours", [1, 2, 30, 672])
@pytest.mark.parametrize("since", [timedelta(minutes=15), timedelta(hours=1), timedelta(days=6)])
def test_a_trouble_is_drawn_since_it_began(hours: int, since: timedelta) -> None:
    """However long the history, and wherever it fired: also where all that is shown belongs to it."""
    calm = Hours(spent=[Decimal(5)] * hours)
    usual, fired = (4.0,) * min(hours, 192), range(min(hours, 150))
    trouble = replace(calm, usual=usual, fired=tuple(fired), since=NOW - since)
    assert spend_chart(trouble, NOW, client()) != spend_chart(calm, NOW, client())
    assert alt_text(trouble, client()).endswith("usual at that hour: $4.00.")


def test_the_same_hours_are_the_same_picture() -> None:
    """Nothing but the spend is in it."""
    hours = Hours(spent=[Decimal(n % 24) for n in range(200)])
    assert spend_chart(hours, NOW, client()) == spend_chart(hours, NOW, client())


@pytest.mark.parametrize("hours", [1, 3, 40, 200])
def test_hours_of_which_nobody_knows_anything_are_no_hours_without_spend(hours: int) -> None:
    """They are marked, and no example of what is usual then."""
    silent = Hours(spent=[Decimal(0 if n % 24 in {3, 4} else 5) for n in range(hours)])
    ago = {hours - 1 - n for n in range(hours) if n % 24 in {3, 4}}
    marked = spend_chart(replace(silent, unheard=ago), NOW, client())
    assert (marked == spend_chart(silent, NOW, client())) is (hours < 4)
    days = Hours(spent=[Decimal(8)] * 24 * 3 + [Decimal(0)], unheard={24, 48})
    assert spend_chart(days, NOW, client()) != spend_chart(replace(days, unheard=()), NOW, client())


def test_who_does_not_see_it_reads_its_numbers() -> None:
    """The last hour, and the median of the same hour on the days before."""
    hours = Hours(spent=[Decimal(2)] * 24 * 5 + [Decimal(50)])
    assert alt_text(hours, client()) == "$50.00 in the last hour; usual at that hour: $2.00."
    assert alt_text(hours, replace(client(), locale="pt-BR")).startswith("US$\u00a050,00 na última hora")
