"""The billing export, read as it stood at a moment: the port's promise, over any engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.adapters.warehouse.engine import Engine, Session, Value, moment
from freio.adapters.warehouse.questions import Tables, question
from freio.adapters.warehouse.rollup import Rollup, Run
from freio.adapters.warehouse.rules import Rules
from freio.domain.money import Money
from freio.domain.spend import DIMENSIONS, Every, Export, HourlyCost, SpendLine
from freio.errors import CurrencyMismatch, Rejected, Unavailable

ATTEMPTS = 3
FRESH = timedelta(hours=2)  # the watch refreshes each hour


class SqlWarehouse:
    """The export in `tables`, attributed by `rules`.

    With a rollup, that is brought up to date and read instead: the export is scanned for what is new in it alone.
    ``refreshes`` False: it is read as the watch left it, and neither the export is read nor anything written.
    """

    def __init__(self, engine: Engine, tables: Tables, rules: Rules, *, refreshes: bool = True) -> None:
        self._refreshes = refreshes
        self._engine = engine
        self._tables = tables
        self._rules = rules
        self._rollup = Rollup(engine, tables, rules) if tables.rollup else None
        self._last: tuple[Run, datetime, datetime, Export] | None = None

    def export(self, since: datetime, as_of: datetime) -> Export:
        """Net hourly cost of AI services used since `since` (a whole hour), from the rows exported by `as_of`.

        CurrencyMismatch where the table holds two currencies: a billing account has one, so two are two accounts.
        Rejected where it may not be refreshed, and was never made, or by other rules than these.
        """
        if self._rollup is None:
            return self._asked(since, as_of)
        for _ in range(ATTEMPTS):
            stands = self._rollup.refresh(as_of) if self._refreshes else self._as_left(self._rollup)
            if known := self._known(stands, since, as_of):
                return known
            found = self._asked(since, as_of)
            # Three statements, and another process may have refreshed between them, for other apps even.
            if self._rollup.standing() == stands:
                self._last = (stands, since, as_of, found)
                return found
        raise Unavailable(f"{self._tables.rollup} was changed by others each time that it was read")

    def _as_left(self, rollup: Rollup) -> Run:
        stands = rollup.standing()
        if stands is None:
            raise Rejected(f"{self._tables.rollup} cannot be read, or nobody has filled it yet: spend_watch does")
        if stands.basis != rollup.basis:
            raise Rejected(
                f"{self._tables.rollup} was made for other apps than those of this file, or by another version:"
                " deploy the file first, and wait for spend_watch's next hour"
            )
        return stands

    def _asked(self, since: datetime, as_of: datetime) -> Export:
        values = {"since": since, "as_of": as_of, "exported_since": since, **_of_rules(self._rules)}
        rolled = self._rollup is not None
        with self._engine.session() as session:
            costs = self._ask(session, "hourly_costs", values, rolled=rolled)
            [[complete_until]] = self._ask(session, "complete_until", values, rolled=rolled)
            rates = self._ask(session, "usd_rate", values, rolled=rolled)
        self._refuse_two_currencies({str(currency) for *_, currency, _, _ in costs})
        return Export(
            costs=tuple(_hourly_cost(row) for row in costs),
            complete_until=None if complete_until is None else moment(complete_until),
            usd_rate=Decimal(rates[0][0]) if rates else None,
        )

    def _known(self, stands: Run, since: datetime, as_of: datetime) -> Export | None:
        """What was answered last, where nobody has refreshed since and it held the whole export: it costs no scan."""
        if self._last is None:
            return None
        last_run, last_since, last_as_of, export = self._last
        if last_run != stands or since < last_since or min(as_of, last_as_of) < stands.newest:
            return None
        return replace(export, costs=tuple(cost for cost in export.costs if cost.hour >= since))

    def refresh(self, as_of: datetime) -> None:
        """Brings the rollup up to date, where there is one."""
        if self._rollup is not None:
            self._rollup.refresh(as_of)

    def spend(
        self, since: datetime, until: datetime, *, by: Sequence[str], every: Every, as_of: datetime
    ) -> list[SpendLine]:
        """What AI cost from `since` until before `until` (whole hours), by some of `DIMENSIONS`, oldest first.

        It changes nothing. Where the rollup was made by these very rules, reaches back to `since`, and is of the last
        two hours or of the export as it is, it is read as the watch left it; else the export itself is.
        CurrencyMismatch as for `export`.
        """
        values: dict[str, Value] = {
            "since": since,
            "until": until,
            "by": tuple(by),
            "every": str(every),
            "as_of": as_of,
            "exported_since": since,
            **_of_rules(self._rules),
        }
        rolled = self._is_rolled(since, as_of)
        with self._engine.session() as session:
            rows = self._ask(session, "spend", values, rolled=rolled)
        self._refuse_two_currencies({str(currency) for *_, currency, _ in rows})
        return [_spend_line(row, by) for row in rows]

    def _is_rolled(self, since: datetime, as_of: datetime) -> bool:
        stands = self._rollup.standing() if self._rollup else None
        if stands is None or self._rollup is None or stands.basis != self._rollup.basis or stands.held_from > since:
            return False
        # A watch that stands still leaves a rollup that does: what came since would be in no sum.
        return stands.at >= as_of - FRESH or stands.mark == self._engine.mark(self._tables.export) != ""

    def _ask(self, session: Session, name: str, values: Mapping[str, Value], *, rolled: bool) -> list[tuple[Any, ...]]:
        return session.rows(question(name, self._tables, rolled=rolled), values)

    def _refuse_two_currencies(self, currencies: set[str]) -> None:
        if len(currencies) > 1:
            both = " and ".join(sorted(currencies))
            raise CurrencyMismatch(
                f"{self._tables.file or self._tables.export} holds {both}: an export must be of one billing account"
            )


def _of_rules(rules: Rules) -> dict[str, Value]:
    return {"apps": rules.apps, "label_keys": rules.label_keys}


def _hourly_cost(row: tuple[Any, ...]) -> HourlyCost:
    hour, project, model, labels, currency, beside, net = row
    return HourlyCost(
        hour=moment(hour),
        project=project,
        model=model,
        labels={pair["key"]: pair["value"] for pair in json.loads(labels)},
        net=Money(Decimal(net), currency),
        beside=bool(beside),
    )


def _spend_line(row: tuple[Any, ...], by: Sequence[str]) -> SpendLine:
    period, *parts, currency, net = row
    found = dict(zip(DIMENSIONS, parts, strict=True))
    return SpendLine(period=period or "", by={name: found[name] for name in by}, net=Money(Decimal(net), currency))
