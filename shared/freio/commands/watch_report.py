"""How a backtest is said: a table, JSON or CSV, with what it could not judge."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from freio.commands.table import aligned
from freio.domain.money import Money
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

if TYPE_CHECKING:
    from freio.domain.app import Client
    from freio.guard.backtest import Backtest
    from freio.guard.replay import Alert

OUTCOME = N_(
    "{alerts:alerts} in {weeks:decimal} weeks of apps, from {since:time} to {until:time}: {rate:decimal2} for each app "
    "and week, of a budget of {budget:decimal2} (alerts_per_app_week)."
)
OF_PRICE = N_(
    "Of these, {alerts:alerts} of what a token costs, which has thresholds of its own: not counted against the budget."
)
NOTHING_JUDGED = N_("Nothing could be judged: every app has less than {hours:number} hours of history.")
NOTHING_SPENT = N_(
    "Nothing could be judged: net of credits, none of these apps has cost anything in any hour from {since:time} to "
    "{until:time}."
)
MONEY = N_(
    "Over the usual, {before:money} had been spent when the alerts came, and {after:money} after them, which a brake "
    "at once would have saved at most. Under {gate:money} an hour over the usual nothing is an alert."
)
REPLAYED = N_("Each hour was judged as it ended: its money, how fast its tokens came, and what a million of them cost.")
REPLAYED_STEPS = N_(
    "Each hour was judged as it ended, by its money and by what a million of its tokens cost; how fast tokens came, "
    "every {step:duration}: the rows of this file are so fine."
)
REPLAYED_MONEY = N_(
    "Each hour was judged as it ended, by its money alone: this file has no amounts of usage (usage.amount and "
    "usage.unit, or ConsumedQuantity and ConsumedUnit), so neither how fast tokens came nor what they cost was judged."
)
BY_TOKENS = N_(
    "{alerts:alerts} of them by the pace or the price of tokens: by hours, and with thresholds that are set for "
    "quarters of an hour. How often production will alert by them, this cannot tell."
)
BY_PARTS = N_(
    "{alerts:alerts} of them by the pace or the price of tokens: paces are of {step:duration}, with thresholds that "
    "are set for quarters of an hour. How often production will alert by them, this cannot tell."
)
BY_STEPS = N_(
    "{alerts:alerts} of them by the pace or the price of tokens: paces are of quarters of an hour, as in production, "
    "which looks at them every five minutes."
)
NOT_REPLAYED = N_("No bill can show, so that none of it was replayed here: {missing:phrases}.")
BURSTS = N_("bursts within an hour, which production tells within minutes")
MISSING = (
    N_("calls that were refused"),
    N_("feeds that fall silent"),
    N_("models without a price"),
    N_("whose key or account it is"),
    N_("budget messages"),
    N_("Google's anomalies and spend caps"),
)
SHORT = N_(
    "{app}: {hours:duration} of history. The first 24 hours are never judged, records are kept for {full:duration}, "
    "and with less than that an alert is likelier than it will be"
)
UNOWNED = N_(
    "{amount:money} of {total:money} belong to none of these apps, and were not judged: production pages somebody once "
    "an hour of that costs more than {gate:money}."
)
GAP = N_(
    "None of these apps spent anything from {since:time} to {until:time}: longer than records are kept, so that each "
    "begins anew after it. Has a row of the file a wrong date?"
)
ABSENT = N_("{app}: no spend in this export")
QUARTER = timedelta(minutes=15)
APPS = (N_("app"), N_("history"), N_("alerts"), N_("a week"), N_("over the usual before"), N_("and after"))
ALERTS = (
    N_("alert at"),
    N_("app"),
    N_("what"),
    N_("an hour cost"),
    N_("usually"),
    N_("mostly"),
    N_("began"),
    N_("before"),
    N_("after"),
    N_("ended"),
)
STILL = N_("still running")
FEATURE_OF = N_("mostly of the feature")


def _table(client: Client, found: Backtest, language: Language) -> str:
    zone = ZoneInfo(client.time_zone)
    apps = [
        [
            one.app,
            language.say("{hours:duration}", {"hours": str(one.hours * 3600)}) if one.hours else "-",
            str(len(found.of(one.app))),
            _number(len(found.of(one.app)) / one.weeks, language) if one.weeks else "-",
            *(_money(money, language) for money in found.money(one.app)),
        ]
        for one in found.judged
    ]
    alerts = [_row(alert, zone, language) for alert in found.alerts]
    parts = [
        *notes(client, found, language),
        "",
        aligned([language.gettext(name) for name in APPS], apps, numbers={2, 3, 4, 5}),
    ]
    if alerts:
        header = [language.gettext(name) for name in ALERTS]
        if any(alert.feature for alert in found.alerts):
            for row, name in zip((header, *alerts), (FEATURE_OF, *(a.feature for a in found.alerts)), strict=True):
                row.append(language.gettext(name) if row is header else name or "-")
        parts += ["", aligned(header, alerts, numbers={3, 4, 7, 8})]
    return "\n".join(parts)


def _row(alert: Alert, zone: ZoneInfo, language: Language) -> list[str]:
    return [
        f"{alert.at.astimezone(zone):%Y-%m-%d %H:%M}",
        alert.app,
        language.word(alert.kind),
        _money(alert.observed, language),
        _money(alert.usual, language),
        alert.driver or "-",
        f"{alert.began.astimezone(zone):%m-%d %H:%M}",
        _money(alert.before, language),
        _money(alert.after, language),
        f"{alert.ended.astimezone(zone):%m-%d %H:%M}" if alert.ended else language.gettext(STILL),
    ]


def notes(client: Client, found: Backtest, language: Language) -> list[str]:
    """What has to be known beside the rows: what came out, how it was judged, and what was not."""
    from freio.guard.judge import MIN_HOURS  # noqa: PLC0415  # the command line starts without it
    from freio.guard.replay import KEPT  # noqa: PLC0415  # and without this

    told = []
    span = {"since": found.since.isoformat(), "until": found.until.isoformat()}
    step = {"step": str(int(found.step.total_seconds()))}
    if found.rate is None:
        spent = any(one.hours for one in found.judged)
        why = language.say(NOTHING_JUDGED, {"hours": str(MIN_HOURS)}) if spent else language.say(NOTHING_SPENT, span)
        told.append(f"! {why}")
    else:
        said = {
            "alerts": str(len(found.alerts)),
            "weeks": f"{found.app_weeks:.1f}",
            **span,
            "rate": f"{found.rate:.4f}",
            "budget": str(client.alerts_per_app_week),
        }
        mark = "! " if found.rate > client.alerts_per_app_week else ""
        told.append(mark + language.say(OUTCOME, said))
        before, after = found.money()
        money = {"before": _text(before), "after": _text(after), "gate": _text(client.money_gate)}
        told.append(language.say(MONEY, money))
        if found.tokens:
            told.append(language.say(REPLAYED_STEPS if _is_fine(found) else REPLAYED, step))
        else:
            told.append(f"! {language.say(REPLAYED_MONEY, {})}")
    if many := len(found.alerts) - len(found.budgeted):
        told.append(language.say(OF_PRICE, {"alerts": str(many)}))
    if many := sum(alert.by_tokens for alert in found.alerts):
        told.append(language.say(_by_tokens(found), {"alerts": str(many), **step}))
    missing = packed(Phrase(what) for what in _missing(found))
    told.append(f"! {language.say(NOT_REPLAYED, {'missing': missing})}")
    if found.unowned.amount > 0:
        amounts = {"amount": found.unowned, "total": found.total, "gate": client.money_gate}
        told.append(f"! {language.say(UNOWNED, {name: _text(money) for name, money in amounts.items()})}")
    for since, until in found.gaps:
        told.append(f"! {language.say(GAP, {'since': since.isoformat(), 'until': until.isoformat()})}")
    for one in found.judged:
        if not one.hours:
            told.append(f"! {language.say(ABSENT, {'app': one.app})}")
        elif one.hours < KEPT:
            hours, full = (str(count * 3600) for count in (one.hours, KEPT))
            told.append(f"! {language.say(SHORT, {'app': one.app, 'hours': hours, 'full': full})}")
    return told


def _is_fine(found: Backtest) -> bool:
    return found.step < timedelta(hours=1)


def _by_tokens(found: Backtest) -> str:
    """Rows of twenty or thirty minutes say nothing of quarters of an hour."""
    if found.step <= QUARTER:
        return BY_STEPS
    return BY_PARTS if _is_fine(found) else BY_TOKENS


def _missing(found: Backtest) -> tuple[str, ...]:
    """A burst is seen where rows are as fine as the windows that production looks at: quarters of an hour."""
    return MISSING if found.step <= QUARTER else (BURSTS, *MISSING)


def _json(client: Client, found: Backtest, _language: Language) -> str:
    before, after = found.money()
    return json.dumps(
        {
            "since": found.since.isoformat(),
            "until": found.until.isoformat(),
            "currency": found.currency,
            "alerts_per_app_week": str(client.alerts_per_app_week),
            "money_gate": f"{client.money_gate.amount:f}",
            "judged_by": ["money", *(("tokens", "price") if found.tokens else ())] if found.rate is not None else [],
            "pace_step_minutes": int(found.step.total_seconds()) // 60 if found.tokens else None,
            "not_replayed": list(_missing(found)),
            "app_weeks": f"{found.app_weeks:.4f}",
            "budgeted_alerts": len(found.budgeted),
            "per_app_week": None if found.rate is None else f"{found.rate:.4f}",
            "spend": f"{found.total.amount:f}",
            "spend_of_no_app": f"{found.unowned.amount:f}",
            "over_the_usual_before": f"{before.amount:f}",
            "over_the_usual_after": f"{after.amount:f}",
            "apps": [
                {"app": one.app, "hours": one.hours, "weeks": f"{one.weeks:.4f}", "alerts": len(found.of(one.app))}
                for one in found.judged
            ],
            "alerts": [_fields(alert) for alert in found.alerts],
        },
        indent=2,
        ensure_ascii=False,
    )


def _csv(_client: Client, found: Backtest, _language: Language) -> str:
    """One line for each alert; the notes go to standard error."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_fields(alert) for alert in found.alerts)
    return out.getvalue().rstrip("\n")


_FIELDS = (
    "at",
    "app",
    "kind",
    "level",
    "observed",
    "usual",
    "currency",
    "driver",
    "began",
    "before",
    "after",
    "ended",
    *("feature", "by"),
)


def _fields(alert: Alert) -> dict[str, Any]:
    values = (
        alert.at.isoformat(),
        alert.app,
        str(alert.kind),
        str(alert.level),
        f"{alert.observed.amount:f}",
        f"{alert.usual.amount:f}",
        alert.observed.currency,
        alert.driver,
        alert.began.isoformat(),
        f"{alert.before.amount:f}",
        f"{alert.after.amount:f}",
        alert.ended.isoformat() if alert.ended else None,
        alert.feature or None,
        "tokens" if alert.by_tokens else "money",
    )
    return dict(zip(_FIELDS, values, strict=True))


FORMATS = {"table": _table, "json": _json, "csv": _csv}


def _money(money: Money, language: Language) -> str:
    return language.say("{amount:money}", {"amount": _text(money)})


def _text(money: Money) -> str:
    return f"{money.amount:f} {money.currency}"


def _number(value: Decimal, language: Language) -> str:
    return language.say("{value:decimal2}", {"value": f"{value:.4f}"})
