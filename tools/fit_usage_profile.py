"""Fits the sandbox's usage profile on real usage: figures go into the project, the data does not.

    python tools/fit_usage_profile.py USAGE.csv.gz > shared/freio/sandbox/spend/profile.json

The file holds 14 days of 145 clients of a cloud model service in ten-minute steps, made from ServeGen
(github.com/alibaba/ServeGen, Apache-2.0); its columns are described in ``freio.sandbox.spend.usage_file``. Every
figure is a median, a quantile or a mean over clients; no client's series, and no client's name, is written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from freio.sandbox.spend import fitting
from freio.sandbox.spend.profile import QUANTILES, Habit, Profile, Tier
from freio.sandbox.spend.usage_file import DAYS, ClientUsage, read_usage

if TYPE_CHECKING:
    from freio.sandbox.spend.fitting import Floats

# Shares of active ten-minute steps. Below `sporadic` a client has too few steps (under 40) to fit anything on.
HABITS: dict[Habit, tuple[float, float]] = {"steady": (0.9, 1.01), "bursty": (0.3, 0.9), "sporadic": (0.02, 0.3)}
WINDOW = 36  # ten-minute steps in the six-hour windows for which the source publishes mean tokens
SATURDAY = 5

SOURCE = {
    "name": "ServeGen: 14 days of usage of 145 clients of a cloud model service, in ten-minute steps",
    "repository": "https://github.com/alibaba/ServeGen",
    "licence": "Apache-2.0",
    "fitted": [
        "habits: by the share of ten-minute steps with traffic: steady >= .9, bursty >= .3, sporadic >= .02.",
        "hours: a client's median day by hour over its mean; the median over the tier's steady clients, mean 1.",
        (
            "weekdays: a steady client's daily totals over its own mean; the median over clients of all tiers, the two "
            "weeks folded, mean 1. The source does not name weekdays: the two neighbouring days with the least traffic "
            "are taken as Saturday and Sunday, which gives first_weekday."
        ),
        (
            "sigma, smooth, phi: deviation of log requests about the client's own mean for the hour (sporadic clients: "
            "about one mean), the share of its variance that is autocorrelated, and the autocorrelation's coefficient "
            "per ten minutes; medians over clients."
        ),
        "inactive, active_run: share of steps without traffic, and steps in a run with traffic; medians over clients.",
        (
            "quantiles: 10, 25, 50, 75 and 90 % over clients of the client's median mean tokens per request; drift: "
            "deviation of the log of a client's mean tokens per request over six-hour windows, median over clients."
        ),
    ],
}


def main() -> None:
    """Reads the file named on the command line and prints the profile as JSON."""
    if len(sys.argv) != 2:
        sys.exit("usage: fit_usage_profile.py USAGE.csv.gz")
    clients = read_usage(Path(sys.argv[1]))
    weekdays, first = weekday_shape([c.requests for c in of_habit(clients, "steady")])
    figures = {
        "source": SOURCE,
        "weekdays": rounded(weekdays),
        "first_weekday": first,
        "tiers": {tier: tier_figures([c for c in clients if c.tier == tier]) for tier in get_args(Tier)},
    }
    Profile.model_validate_json(json.dumps(figures))
    print(json.dumps(figures, indent=1))


def of_habit(clients: list[ClientUsage], habit: Habit) -> list[ClientUsage]:
    """The clients whose share of active steps lies in the habit's range."""
    low, high = HABITS[habit]
    return [client for client in clients if low <= client.active < high]


def weekday_shape(series: list[Floats]) -> tuple[Floats, int]:
    """Factors from Monday to Sunday with mean 1, and the weekday (0 = Monday) of the first day."""
    days = np.array([one.reshape(DAYS, -1).sum(axis=1) / one.sum() * DAYS for one in series])
    folded = np.median(days, axis=0).reshape(2, 7).mean(axis=0)
    saturday = int(np.argmin(folded + np.roll(folded, -1)))
    first = (SATURDAY - saturday) % 7
    return np.roll(folded, first) / folded.mean(), first


def tier_figures(clients: list[ClientUsage]) -> dict[str, Any]:
    """Everything that is said of one tier."""
    shape = np.median([fitting.hour_shape(c.requests) for c in of_habit(clients, "steady")], axis=0)
    return {
        "hours": rounded(shape / shape.mean()),
        "habits": {habit: habit_figures(of_habit(clients, habit)) for habit in HABITS},
        "input_tokens": token_figures([(c.requests, c.input_tokens) for c in clients]),
        "output_tokens": token_figures([(c.requests, c.output_tokens) for c in clients]),
    }


def habit_figures(clients: list[ClientUsage]) -> dict[str, float]:
    """Medians over the clients of one tier and habit."""
    fits = [{**vars(fitting.burstiness(c.requests)), **vars(fitting.gaps(c.requests))} for c in clients]
    medians = {name: round(float(np.median([fit[name] for fit in fits])), 4) for name in fits[0]}
    return {"clients": len(clients), **medians}


def token_figures(clients: list[tuple[Floats, Floats]]) -> dict[str, Any]:
    """Quantiles over clients of their median tokens per request, and the median drift between six-hour windows.

    A window's mean is that of its first active step: the source publishes one per window.
    """
    medians, drifts = [], []
    for requests, tokens in clients:
        active = requests > 0
        medians.append(np.median(tokens[active]))
        windows, first = np.unique(np.flatnonzero(active) // WINDOW, return_index=True)
        drift = float(np.log(np.maximum(tokens[active][first], 1)).std())
        if len(windows) > 4 and drift > 0:  # no drift at all: none was published, and the reader filled it in
            drifts.append(drift)
    return {"quantiles": rounded(np.quantile(medians, QUANTILES)), "drift": round(float(np.median(drifts)), 4)}


def rounded(values: Floats) -> list[float]:
    """Four digits after the point: more than the fit can tell apart."""
    return [round(float(value), 4) for value in values]


if __name__ == "__main__":
    main()
