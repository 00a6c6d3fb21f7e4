"""Spend by the hour over the last days: what is usual, and what is not.

matplotlib is imported when a chart is drawn, so that only the function that draws pays for it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from freio.domain.app import Client

DAYS = 4
_BAR, _LAST, _USUAL, _INK = "#9db4c8", "#d1495b", "#2e6f95", "#3d3d3d"


def spend_chart(hours: Sequence[Decimal], now: datetime, client: Client) -> bytes:
    """A PNG of the last `DAYS` days of an app's hourly spend, in the client's currency and time zone.

    ``hours`` end with the hour that ends now, oldest first. The line is the median of the same hour on earlier days.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # heavy, and only needed here
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    shown = [float(h) for h in hours[-24 * DAYS :]]
    usual = [_usual(hours, len(hours) - len(shown) + i) for i in range(len(shown))]
    zone = ZoneInfo(client.time_zone)
    at = [(now - timedelta(hours=len(shown) - 1 - i)).astimezone(zone) for i in range(len(shown))]
    figure = Figure(figsize=(7.2, 2.2), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.bar(at, shown, width=1 / 26, color=[_BAR] * (len(shown) - 1) + [_LAST])  # type: ignore[arg-type]  # dates are fine
    axes.plot(at, usual, color=_USUAL, linewidth=1.2)  # type: ignore[arg-type]  # dates are fine
    locator = AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    axes.set_ylabel(f"{client.currency} / h", color=_INK)
    axes.tick_params(colors=_INK, labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    return picture.getvalue()


def alt_text(hours: Sequence[Decimal]) -> str:
    """The chart in numbers, for those who do not see it: the last hour, and what the same hour usually costs."""
    return f"{float(hours[-1]):.2f} / h; {_usual(hours, len(hours) - 1):.2f} / h"


def _usual(hours: Sequence[Decimal], index: int) -> float:
    same = sorted(float(hours[i]) for i in range(index % 24, index, 24) if i >= index - 24 * 14)
    return same[len(same) // 2] if same else float(hours[index])
