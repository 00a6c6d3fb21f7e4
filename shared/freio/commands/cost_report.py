"""How a month's cost is said: a table, JSON or CSV, and whether the aims are met."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping

from freio.commands.table import aligned
from freio.domain.google_prices import AS_READ
from freio.domain.running_cost import AIM_SHARE, AIM_USD, RunningCost

COLUMNS = ("item", "quantity", "unit", "free", "usd", "usd_without_free_tiers", "how")
LEFT_OUT = (
    "Not counted: traffic to Slack (some MiB), builds, cold starts, failed ticks that run again, commands that people"
    " run (freio spend, freio forecast), what a gateway of the client's own is asked, taxes, and what the export itself"
    " costs to keep."
)


def verdict(cost: RunningCost) -> list[str]:
    """Whether the aims are met: with the free tiers, and without them. What is missed begins in capitals."""
    told = []
    for what, usd, share in (
        ("with the free tiers", cost.total_usd, cost.share),
        ("without the free tiers", cost.total_without_free_usd, cost.share_without_free),
    ):
        if usd > AIM_USD:
            told.append(f"AIM MISSED {what}: {usd:.2f} USD a month is {usd - AIM_USD:.2f} over {AIM_USD} USD.")
        if share is not None and share > AIM_SHARE:
            told.append(f"AIM MISSED {what}: {share:.3%} of the AI spend is over {AIM_SHARE:.1%}.")
    if told:
        largest = sorted(cost.items, key=lambda item: -item.cost_without_free_usd)[:3]
        told.append("The largest items: " + "; ".join(f"{i.name} {i.cost_without_free_usd:.2f}" for i in largest) + ".")
    elif cost.share is not None:
        told.append(f"Both aims are met: under {AIM_USD} USD a month, and under {AIM_SHARE:.1%} of the AI spend.")
    else:
        told.append(f"Under {AIM_USD} USD a month; --ai-spend says which share of the AI spend it is.")
    return told


def _rows(cost: RunningCost) -> list[tuple[str, ...]]:
    return [
        (
            item.name,
            f"{item.quantity:,.3f}" if item.quantity < 1000 else f"{item.quantity:,.0f}",
            item.unit,
            f"{item.free:,.3f}" if 0 < item.free < 1000 else f"{item.free:,.0f}",
            f"{item.cost_usd:.2f}",
            f"{item.cost_without_free_usd:.2f}",
            item.how,
        )
        for item in cost.items
    ]


def _table(cost: RunningCost, remarks: list[str]) -> str:
    heads = ("item", "quantity", "unit", "free", "USD", "no free tier", "how")
    total = ("total", "", "", "", f"{cost.total_usd:.2f}", f"{cost.total_without_free_usd:.2f}", "a month")
    items = aligned(heads, [*_rows(cost), total], numbers={1, 3, 4, 5})
    spend = cost.size.ai_spend
    share = [] if cost.share is None or spend is None else [f"{cost.share:.3%} of {spend} of AI spend a month."]
    prices = f"Google's list prices, us-central1, as read {AS_READ}; the free tiers are one for the billing account."
    return "\n".join([items, "", *share, *remarks, prices, LEFT_OUT, ""])


def _json(cost: RunningCost, remarks: list[str]) -> str:
    size = cost.size
    told = {
        "apps": size.apps,
        "projects": size.projects,
        "ai_spend_usd": None if size.ai_spend is None else str(size.ai_spend.amount),
        "prices_as_read": AS_READ,
        "items": [
            {
                "item": item.name,
                "quantity": str(item.quantity),
                "unit": item.unit,
                "free": str(item.free),
                "unit_price_usd": f"{item.unit_price_usd:f}",
                "usd": f"{item.cost_usd:.4f}",
                "usd_without_free_tiers": f"{item.cost_without_free_usd:.4f}",
                "how": item.how,
            }
            for item in cost.items
        ],
        "total_usd": f"{cost.total_usd:.4f}",
        "total_usd_without_free_tiers": f"{cost.total_without_free_usd:.4f}",
        "share_of_ai_spend": None if cost.share is None else f"{cost.share:.6f}",
        "remarks": [*remarks, LEFT_OUT],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _csv(cost: RunningCost, _remarks: list[str]) -> str:
    """The items and their total; the remarks go to standard error."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in cost.items:
        paid = (f"{item.cost_usd:.4f}", f"{item.cost_without_free_usd:.4f}")
        writer.writerow((item.name, f"{item.quantity:.6f}", item.unit, f"{item.free:.6f}", *paid, item.how))
    writer.writerow(("total", "", "", "", f"{cost.total_usd:.4f}", f"{cost.total_without_free_usd:.4f}", "a month"))
    return text.getvalue()


FORMATS: Mapping[str, Callable[[RunningCost, list[str]], str]] = {"table": _table, "json": _json, "csv": _csv}
