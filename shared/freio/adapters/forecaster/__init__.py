"""The forecaster: a simple forecast of statsforecast's models, and how far off such forecasts were, for its range.

Read in this order: `models` (what the coming days cost; alone imports statsforecast), `errors` (how far off that was at
each earlier day, and what follows for now), `adapter` (the port).
"""
