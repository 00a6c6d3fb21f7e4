"""The forecast in an incident's message: the range, the chance, and what it was made from."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from freio.adapters.slack.card import draw
from freio.domain.calendar import month_end
from freio.domain.forecast import Forecast, Shift
from freio.sandbox.slack.blocks import check_blocks
from tests.unit.slack.examples import APP, ENGLISH, NOW, brl, incident

FORECAST = Forecast(
    app=APP.name,
    at=NOW,
    until=month_end(NOW),
    so_far=brl("28000"),
    low=brl("36000"),
    expected=brl("39000"),
    high=brl("45500"),
    budget=brl("40000"),
    chance=Decimal("0.3812"),
    days=28,
)


def said(*forecasts: Forecast) -> str:
    drawing = draw(incident(forecasts=forecasts), app=APP, chart="", language=ENGLISH, address=str)
    blocks = [block.to_dict() for block in drawing.blocks]
    check_blocks(blocks)
    return json.dumps(blocks, ensure_ascii=False)


def test_the_range_and_the_chance_stand_in_the_message() -> None:
    """With what they were made from, and what the range promises."""
    text = said(FORECAST)
    assert "*Forecast of the month: R$39,000* (R$36,000 to R$45,500)" in text
    assert "chance to pass the budget of R$40,000: 38.1%" in text
    assert "from 28 days of history; the range is to hold in 80% of months." in text


def test_a_forecast_that_trouble_has_moved_says_so_and_between_what_it_lies() -> None:
    """A range from stopping now to going on holds in no known share of months: no such promise is made of it."""
    shift = Shift(
        made=NOW - timedelta(hours=6), base=brl("0"), over=brl("3900"), stops=brl("15000"), goes_on=brl("90000")
    )
    text = said(replace(FORECAST, shift=shift))
    assert "made without this trouble, with the R$3,900 that it has cost since. At least, it stops now" in text
    assert "in between, it adds R$15,000 more." in text
    assert "of months" not in text
    braked = said(replace(FORECAST, shift=replace(shift, stops=brl("0"), goes_on=brl("0"))))
    assert "with the R$3,900 that it has cost since." in braked
    assert "At least" not in braked


def test_a_budget_that_is_passed_has_no_chance_any_more() -> None:
    """It is certain, and is said so."""
    text = said(replace(FORECAST, so_far=brl("41000"), chance=Decimal(1)))
    assert "the budget of R$40,000 is passed" in text
    assert "chance" not in text


def test_without_a_budget_there_is_a_range_alone() -> None:
    """And where telemetry was missing, that is said with it."""
    text = said(replace(FORECAST, budget=None, chance=None, complete=False))
    assert "Forecast of the month" in text
    assert "chance" not in text
    assert "could not be read or has no price" in text


def test_without_a_forecast_nothing_is_said_of_one() -> None:
    """An app in its first week."""
    assert "forecast" not in said().casefold()
