"""Freio's detector as the incident benchmark asks for one: every hour's score of every series, in one matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from freio.adapters.detector.engine import judge
from freio.adapters.detector.evidence import WORTH
from freio.adapters.detector.pool import right_tail, second_opinion
from freio.adapters.detector.windows import Floats


def score(spend: Floats, model: Callable[[], Any] = right_tail) -> Floats:
    """USD per hour (series, hours) → scores of the same shape; column t uses columns ≤ t only."""
    return _worth_it(second_opinion(judge(spend), model))


def records_alone(spend: Floats) -> Floats:
    """The same without PyOD's second opinion."""
    return _worth_it(judge(spend).score)


def _worth_it(scores: Floats) -> Floats:
    """A budget is not filled with what is no alert: under the least score that is one, nothing is said."""
    return np.where(scores >= WORTH, scores, 0.0)
