"""Public holidays from the `holidays` package: by country (ISO 3166-1) and, where it has any, by part of it."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import holidays

from freio.errors import SettingsError


class HolidayCalendar:
    """Implements `Calendar`. SettingsError where the package knows no such country, or no such part of it."""

    def __init__(self, country: str, subdivision: str | None = None) -> None:
        known = holidays.list_supported_countries(include_aliases=True)
        if country not in known:
            raise SettingsError(f"country: no calendar of {country!r} is known; may be {', '.join(sorted(known))}")
        if subdivision is not None and subdivision not in known[country]:
            parts = ", ".join(sorted(known[country])) or "none: leave it out"
            raise SettingsError(f"subdivision: {country} has no part {subdivision!r}; may be {parts}")
        self._country = country
        self._subdivision = subdivision

    @cached_property
    def _days(self) -> holidays.HolidayBase:
        """Years are worked out as they are asked for."""
        return holidays.country_holidays(self._country, subdiv=self._subdivision)

    def is_holiday(self, day: date) -> bool:
        return day in self._days
