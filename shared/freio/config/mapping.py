"""The file's keys as the domain's types."""

from __future__ import annotations

from collections.abc import Mapping

from freio.config.model import (
    AppKeys,
    ApprovalKeys,
    CallerKeys,
    ClientKeys,
    DrillKeys,
    FloorKeys,
    GatewayKeys,
    LevelKeys,
    MatchKeys,
    QuotaKeys,
)
from freio.domain.app import App, Approvals, Client, Drill, ExpectedEvent, Level, Match, Mode, Policy
from freio.domain.gateway import Callers, Counts, Gateway
from freio.domain.money import Money


def client(keys: ClientKeys) -> Client:
    return Client(
        name=keys.client,
        locale=keys.locale,
        time_zone=keys.time_zone,
        currency=keys.currency,
        billing_account=keys.billing.account,
        billing_export=keys.billing.export,
        alerts_per_app_week=keys.alerts_per_app_week,
        money_gate=Money(keys.money_gate, keys.currency),
        apps=tuple(_app(app, keys.currency) for app in keys.apps),
        approvals=_approvals(keys.approvals),
        channel=keys.slack.channel,
        pager_webhook=keys.pager.webhook if keys.pager else None,
        gateway=_gateway(keys.gateway),
        country=keys.country,
        subdivision=keys.subdivision,
        drill=_drill(keys.drill),
    )


def match(keys: MatchKeys) -> Match:
    return Match(
        projects=frozenset(keys.projects),
        labels=tuple(sorted(keys.labels.items())),
        service_accounts=frozenset(keys.service_accounts),
        api_keys=frozenset(keys.api_keys),
        models=frozenset(keys.models),
    )


def _app(keys: AppKeys, currency: str) -> App:
    return App(
        name=keys.name,
        team=keys.team,
        cost_centre=keys.cost_centre,
        environment=keys.environment,
        owners=_once(keys.owners),
        match=match(keys.match),
        feature_label=keys.features.label if keys.features else None,
        budget=Money(keys.budget.monthly, currency) if keys.budget else None,
        budget_names=_once(keys.budget.names) if keys.budget else (),
        budget_account=keys.budget.account if keys.budget else None,
        quotas=_by_unit(keys.quotas),
        floor=_by_unit(keys.floor),
        policy=Policy(modes=_modes(keys.mode), grace=keys.grace, lease=keys.lease, levers=_once(keys.levers)),
        expected=tuple(ExpectedEvent(start=e.start, end=e.until, factor=e.factor, why=e.why) for e in keys.expected),
        callers=_callers(keys.gateway),
    )


def _gateway(keys: GatewayKeys | None) -> Gateway | None:
    return Gateway(url=keys.url, counts=Counts(keys.counts)) if keys else None


def _drill(keys: DrillKeys | None) -> Drill | None:
    return Drill(app=keys.app, model=keys.model, location=keys.location, calls=keys.calls) if keys else None


def _callers(keys: CallerKeys | None) -> Callers:
    return Callers(teams=_once(keys.teams), keys=_once(keys.keys)) if keys else Callers()


def _modes(mode: str | LevelKeys) -> Mapping[Level, Mode]:
    if isinstance(mode, str):
        return dict.fromkeys(Level, Mode(mode))
    return {Level.WARNING: Mode(mode.warning), Level.CRITICAL: Mode(mode.critical)}


def _by_unit(keys: QuotaKeys | FloorKeys) -> Mapping[str, int]:
    return keys.model_dump(exclude_none=True)


def _approvals(keys: ApprovalKeys) -> Approvals:
    return Approvals(
        ops=_once(keys.ops),
        cost_owners={centre: _once(people) for centre, people in keys.cost_owners.items()},
        hard_levers=_once(keys.hard_levers),
        ops_may_raise=keys.ops_may_raise,
    )


def _once(names: list[str]) -> tuple[str, ...]:
    """In the file's order, each once."""
    return tuple(dict.fromkeys(names))
