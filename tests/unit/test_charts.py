"""The chart of an incident: a picture that Slack can show, and the same in numbers."""

from __future__ import annotations

import struct
from dataclasses import replace
from decimal import Decimal

import pytest

from freio.charts.spend import alt_text, spend_chart
from tests.unit.guard.watching import NOW, client


@pytest.mark.parametrize("hours", [1, 2, 24, 96, 672])
@pytest.mark.parametrize("each", ["0", "12.5"])
def test_any_history_can_be_drawn(hours: int, each: str) -> None:
    """From the first hour on, and where nothing was spent: wide, and sharp enough for a phone."""
    png = spend_chart([Decimal(each)] * hours, NOW, client())
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 2 * height > 200


def test_the_same_hours_are_the_same_picture() -> None:
    """Nothing but the spend is in it."""
    hours = [Decimal(n % 24) for n in range(200)]
    assert spend_chart(hours, NOW, client()) == spend_chart(hours, NOW, client())


def test_who_does_not_see_it_reads_its_numbers() -> None:
    """The last hour, and the median of the same hour on the days before."""
    hours = [Decimal(2)] * 24 * 5 + [Decimal(50)]
    assert alt_text(hours, client()) == "$50.00 in the last hour; usual at that hour: $2.00."
    assert alt_text(hours, replace(client(), locale="pt-BR")).startswith("US$\u00a050,00 na última hora")
