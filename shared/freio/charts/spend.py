"""Spend by the hour over the last days: what is usual, what is not, and since when.

matplotlib is imported when a chart is drawn, so that only the function that draws pays for it.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_decimal, get_currency_symbol

from freio.domain.app import Client
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS = 4
DAYS_BEFORE = 14  # of which the same hour is looked at
BAND = (0.1, 0.9)  # quantiles of the same hour on those days
DOTS = 200  # an inch: sharp on a screen of twice the pixels
# Legible on white, which is what Slack shows a picture on in either theme; told apart without colour by their form.
_BAR, _OVER, _USUAL, _INK = "#bfc9d2", "#d8505c", "#1f5f8b", "#3d3d3d"

SPENT = N_("{currency} an hour")
LAST = N_("the last hour")
SINCE = N_("since it began")
FIRED = N_("fired")
USUAL = N_("usual at that hour")
UNKNOWN = N_("not known")
IN_NUMBERS = N_("{last:money} in the last hour; usual at that hour: {usual:money}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """An app's hours: what is drawn.

    ``spent``  of each, in the client's currency, oldest first; the last one ends now.
    ``usual``  what the last ones usually cost, as the detector says (fewer, or none: the middle of the days before).
    ``fired``  which fired, by their distance from the last one, which is 0.
    ``since``  when the trouble began; None: there is none.
    ``unheard``  of which nobody knows anything, by their distance from the last one.
    """

    spent: Sequence[Decimal]
    usual: Sequence[float] = ()
    fired: Sequence[int] = ()
    since: datetime | None = None
    unheard: Collection[int] = frozenset()


def spend_chart(hours: Hours, now: datetime, client: Client) -> bytes:
    """A PNG of the last `DAYS` days, in the client's currency, language and time zone.

    The band is where four of five of the same hours lay in the two weeks before, of those before the trouble alone; the
    line within it is the usual. What has run since the trouble began stands out, and so do the hours that fired. Hours
    of which nobody knows anything are hatched: they are not hours without spend.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # heavy, and only needed here
    from matplotlib.figure import Figure  # noqa: PLC0415

    language = Language(client.locale, client.time_zone)
    figure = Figure(figsize=(5.4, 1.9), dpi=DOTS, layout="constrained")
    axes = figure.add_subplot()
    _plot(axes, hours, now, language)
    _dress(axes, client, language)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    return picture.getvalue()


def _plot(axes: Axes, hours: Hours, now: datetime, language: Language) -> None:
    spent = [float(hour) for hour in hours.spent]
    first, last = max(0, len(spent) - 24 * DAYS), len(spent) - 1
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    starts = [this_hour - timedelta(hours=last - i) for i in range(len(spent))]
    ends = [start + timedelta(hours=1) for start in starts]
    began = next((i for i, end in enumerate(ends) if hours.since and end > hours.since), last)
    shown = range(first, last + 1)
    middles: Any = [(starts[i] + timedelta(minutes=30)).astimezone(ZoneInfo(language.time_zone)) for i in shown]
    at = dict(zip(shown, middles, strict=True))
    usual = [_usual(hours, i) for i in shown]
    unheard = {last - ago for ago in hours.unheard}
    known = [spend if i not in unheard else None for i, spend in enumerate(spent)]
    bands = [_band(known, i, began) or (usual[i - first],) * 2 for i in shown]
    low = [min(line, band[0]) for line, band in zip(usual, bands, strict=True)]
    high = [max(line, band[1]) for line, band in zip(usual, bands, strict=True)]
    axes.fill_between(middles, low, high, step="mid", color=_USUAL, alpha=0.3, linewidth=0, zorder=3)
    axes.plot(middles, usual, color=_USUAL, linewidth=1.1, zorder=4, label=language.gettext(USUAL))
    over = [i for i in shown if i >= began]
    axes.bar([at[i] for i in shown if i < began], [spent[i] for i in shown if i < began], width=1 / 26, color=_BAR)
    label = language.gettext(SINCE if hours.since else LAST)
    axes.bar([at[i] for i in over], [spent[i] for i in over], width=1 / 26, color=_OVER, label=label)
    fired = [last - ago for ago in hours.fired if last - ago >= first]
    for place, i in enumerate(i for i in shown if i in unheard):
        label = "" if place else language.gettext(UNKNOWN)
        half = timedelta(minutes=30)
        axes.axvspan(at[i] - half, at[i] + half, facecolor="none", edgecolor=_BAR, hatch="////", lw=0, label=label)
    if fired:
        top = max(spent[first:]) * 1.09
        look = {"marker": "v", "markersize": 2.6, "linestyle": "", "color": _INK}
        axes.plot([at[i] for i in fired], [top] * len(fired), label=language.gettext(FIRED), **look)  # type: ignore[arg-type]  # options


def _dress(axes: Axes, client: Client, language: Language) -> None:
    from matplotlib.dates import DayLocator, HourLocator  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    zone = ZoneInfo(language.time_zone)
    axes.xaxis.set_major_locator(DayLocator(tz=zone))
    axes.xaxis.set_minor_locator(HourLocator(byhour=12, tz=zone))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: _day(day, language)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_decimal(value, locale=language.locale)))
    currency = get_currency_symbol(client.currency, language.locale)
    axes.set_title(language.say(SPENT, {"currency": currency}), color=_INK, fontsize=8, loc="left")
    axes.legend(
        frameon=False,
        fontsize=7.5,
        labelcolor=_INK,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=3,
        handlelength=1.4,
        columnspacing=1.2,
    )
    axes.tick_params(colors=_INK, labelsize=7.5)
    axes.margins(x=0.01)
    axes.set_ylim(bottom=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _day(number: float, language: Language) -> str:
    """A day as its readers write it: ``Nov 8``, ``8 de nov.``."""
    from matplotlib.dates import num2date  # noqa: PLC0415  # heavy, and only needed here

    day = num2date(number, tz=ZoneInfo(language.time_zone))
    return format_skeleton("MMMd", day, tzinfo=day.tzinfo, locale=language.locale)


def alt_text(hours: Hours, client: Client) -> str:
    """The chart in numbers, for those who do not see it: the last hour, and what the same hour usually costs."""
    last = f"{hours.spent[-1]:.2f} {client.currency}"
    usual = f"{_usual(hours, len(hours.spent) - 1):.2f} {client.currency}"
    return Language(client.locale, client.time_zone).say(IN_NUMBERS, {"last": last, "usual": usual})


def _usual(hours: Hours, index: int) -> float:
    """As the detector says, where it does: what the message says is what the line shows."""
    told = index - (len(hours.spent) - len(hours.usual))
    if told >= 0:
        return hours.usual[told]
    same = _same(hours.spent, index, len(hours.spent))
    return float(same[len(same) // 2]) if same else float(hours.spent[index])


def _band(spent: Sequence[float | None], index: int, began: int) -> tuple[float, float] | None:
    """None: nothing is known of that hour on any day."""
    here = spent[index]
    same = _same(spent, index, began) or ([] if here is None else [here])
    if not same:
        return None
    low, high = (same[round(part * (len(same) - 1))] for part in BAND)
    return low, high


def _same(spent: Sequence[Any], index: int, before: int) -> list[Any]:
    """The same hour on the days before it, lowest first; of the hours under `before` alone, and of those known."""
    same = (spent[i] for i in range(index % 24, min(index, before), 24) if i >= index - 24 * DAYS_BEFORE)
    return sorted(hour for hour in same if hour is not None)
