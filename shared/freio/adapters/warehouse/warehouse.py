"""The billing export, read as it stood at a moment: the port's promise, over any engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.adapters.warehouse.engine import Engine, Session, Value
from freio.adapters.warehouse.questions import Tables, question
from freio.adapters.warehouse.rollup import Refreshed, Rollup
from freio.adapters.warehouse.rules import Rules
from freio.domain.money import Money
from freio.domain.spend import DIMENSIONS, Every, Export, HourlyCost, SpendLine
from freio.errors import CurrencyMismatch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqlWarehouse:
    """The export in `tables`, attributed by `rules`.

    With a rollup, that is brought up to date and read instead: the export is scanned for what is new in it alone.
    """

    def __init__(self, engine: Engine, tables: Tables, rules: Rules) -> None:
        self._engine = engine
        self._tables = tables
        self._rules = rules
        self._rollup = Rollup(engine, tables, rules) if tables.rollup else None
        self._last: tuple[datetime, datetime, Export] | None = None

    def export(self, since: datetime, as_of: datetime) -> Export:
        """Net hourly cost of AI services used since `since` (a whole hour), from the rows exported by `as_of`.

        CurrencyMismatch where the table holds two currencies: a billing account has one, so two are two accounts.
        """
        if self._rollup is not None and (known := self._known(self._rollup.refresh(as_of), since, as_of)):
            return known
        values = {"since": since, "as_of": as_of, "exported_since": since, **_of_rules(self._rules)}
        with self._engine.session() as session:
            costs = self._ask(session, "hourly_costs", values)
            [[complete_until]] = self._ask(session, "complete_until", values)
            rates = self._ask(session, "usd_rate", values)
        self._refuse_two_currencies({str(currency) for *_, currency, _ in costs})
        found = Export(
            costs=tuple(_hourly_cost(row) for row in costs),
            complete_until=None if complete_until is None else moment(complete_until),
            usd_rate=Decimal(rates[0][0]) if rates else None,
        )
        self._last = (since, as_of, found)
        return found

    def _known(self, refreshed: Refreshed, since: datetime, as_of: datetime) -> Export | None:
        """What was answered last, where it held the whole export, which has not changed since: it costs no scan."""
        if self._last is None or refreshed.read_from is not None or refreshed.watermark is None:
            return None
        last_since, last_as_of, export = self._last
        if not last_since <= since or min(as_of, last_as_of) < refreshed.watermark:
            return None
        return replace(export, costs=tuple(cost for cost in export.costs if cost.hour >= since))

    def spend(
        self, since: datetime, until: datetime, *, by: Sequence[str], every: Every, as_of: datetime
    ) -> list[SpendLine]:
        """What AI cost from `since` until before `until` (whole hours), by some of `DIMENSIONS`, oldest first.

        CurrencyMismatch as for `export`.
        """
        if self._rollup is not None:
            self._rollup.refresh(as_of)
        values: dict[str, Value] = {
            "since": since,
            "until": until,
            "by": tuple(by),
            "every": str(every),
            "as_of": as_of,
            "exported_since": since,
            **_of_rules(self._rules),
        }
        with self._engine.session() as session:
            rows = self._ask(session, "spend", values)
        self._refuse_two_currencies({str(currency) for *_, currency, _ in rows})
        return [_spend_line(row, by) for row in rows]

    def _ask(self, session: Session, name: str, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
        return session.rows(question(name, self._tables, rolled=self._rollup is not None), values)

    def _refuse_two_currencies(self, currencies: set[str]) -> None:
        if len(currencies) > 1:
            both = " and ".join(sorted(currencies))
            raise CurrencyMismatch(f"{self._tables.export} holds {both}: an export must be of one billing account")


def _of_rules(rules: Rules) -> dict[str, Value]:
    return {"apps": rules.apps, "label_keys": rules.label_keys}


def moment(micros: int) -> datetime:
    """Times leave the engines as integers: DuckDB hands out no TIMESTAMPTZ without pytz, and a float would round."""
    return _EPOCH + timedelta(microseconds=micros)


def _hourly_cost(row: tuple[Any, ...]) -> HourlyCost:
    hour, project, model, labels, currency, net = row
    return HourlyCost(
        hour=moment(hour),
        project=project,
        model=model,
        labels={pair["key"]: pair["value"] for pair in json.loads(labels)},
        net=Money(Decimal(net), currency),
    )


def _spend_line(row: tuple[Any, ...], by: Sequence[str]) -> SpendLine:
    period, *parts, currency, net = row
    found = dict(zip(DIMENSIONS, parts, strict=True))
    return SpendLine(period=period or "", by={name: found[name] for name in by}, net=Money(Decimal(net), currency))
