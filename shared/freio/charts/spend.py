"""Spend by the hour over the last days: what is usual, and what is not.

matplotlib is imported when a chart is drawn, so that only the function that draws pays for it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_decimal, get_currency_symbol

from freio.domain.app import Client
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

DAYS = 4
DOTS = 200  # an inch: sharp on a screen of twice the pixels
# Legible on white, which is what Slack shows a picture on in either theme; told apart without colour by their form.
_BAR, _LAST, _USUAL, _INK = "#a9bccd", "#c8323f", "#1f5f8b", "#3d3d3d"

SPENT = N_("{currency} an hour")
LAST = N_("the last hour")
USUAL = N_("usual at that hour")
IN_NUMBERS = N_("{last:money} in the last hour; usual at that hour: {usual:money}.")


def spend_chart(hours: Sequence[Decimal], now: datetime, client: Client) -> bytes:
    """A PNG of the last `DAYS` days of an app's hourly spend, in the client's currency, language and time zone.

    ``hours`` end with the hour that ends now, oldest first. The line is the median of the same hour on earlier days.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # heavy, and only needed here
    from matplotlib.dates import DayLocator, HourLocator  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    language = Language(client.locale, client.time_zone)
    zone = ZoneInfo(client.time_zone)
    shown = [float(h) for h in hours[-24 * DAYS :]]
    usual = [_usual(hours, len(hours) - len(shown) + i) for i in range(len(shown))]
    at = [(now - timedelta(hours=len(shown) - 1 - i)).astimezone(zone) for i in range(len(shown))]

    figure = Figure(figsize=(5.4, 1.9), dpi=DOTS, layout="constrained")
    axes = figure.add_subplot()
    axes.bar(at[:-1], shown[:-1], width=1 / 26, color=_BAR)  # type: ignore[arg-type]  # dates are fine
    axes.bar(at[-1:], shown[-1:], width=1 / 20, color=_LAST, label=language.gettext(LAST))  # type: ignore[arg-type]  # dates are fine
    axes.plot(at, usual, color=_USUAL, linewidth=1.2, label=language.gettext(USUAL))  # type: ignore[arg-type]  # dates are fine
    axes.xaxis.set_major_locator(DayLocator(tz=zone))
    axes.xaxis.set_minor_locator(HourLocator(byhour=12, tz=zone))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: _day(day, language)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_decimal(value, locale=language.locale)))
    currency = get_currency_symbol(client.currency, language.locale)
    axes.set_title(language.say(SPENT, {"currency": currency}), color=_INK, fontsize=8, loc="left")
    axes.legend(frameon=False, fontsize=7.5, labelcolor=_INK, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    axes.tick_params(colors=_INK, labelsize=7.5)
    axes.margins(x=0.01)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    return picture.getvalue()


def _day(number: float, language: Language) -> str:
    """A day as its readers write it: ``Nov 8``, ``8 de nov.``."""
    from matplotlib.dates import num2date  # noqa: PLC0415  # heavy, and only needed here

    day = num2date(number, tz=ZoneInfo(language.time_zone))
    return format_skeleton("MMMd", day, tzinfo=day.tzinfo, locale=language.locale)


def alt_text(hours: Sequence[Decimal], client: Client) -> str:
    """The chart in numbers, for those who do not see it: the last hour, and what the same hour usually costs."""
    last, usual = (f"{spent:.2f} {client.currency}" for spent in (hours[-1], _usual(hours, len(hours) - 1)))
    return Language(client.locale, client.time_zone).say(IN_NUMBERS, {"last": last, "usual": usual})


def _usual(hours: Sequence[Decimal], index: int) -> float:
    same = sorted(float(hours[i]) for i in range(index % 24, index, 24) if i >= index - 24 * 14)
    return same[len(same) // 2] if same else float(hours[index])
