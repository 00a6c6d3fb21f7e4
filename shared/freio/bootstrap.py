"""Puts the parts together. The only file that names adapters; everything heavy is imported late, here.

Each function asks for one thing (`inbox`, `budget_desk`, `watcher`, `sweeper`), and gets it with only what it needs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from freio.adapters.local.clock import FileClock, SystemClock
from freio.errors import BadMessage, SettingsError, VendorError
from freio.events import CloudEvent, from_cloudevent
from freio.settings import Settings

if TYPE_CHECKING:
    from freio.adapters.google.bigquery_engine import BigQueryEngine
    from freio.adapters.google.client import GoogleApis
    from freio.adapters.google.firestore_store import FirestoreStore
    from freio.adapters.google.journal_copy import JournalCopy
    from freio.adapters.google.monitoring_meter import MonitoringMeter
    from freio.adapters.google.quota_lever import QuotaLever
    from freio.adapters.litellm.client import LiteLlmApi
    from freio.adapters.local.sqlite import SqliteStore
    from freio.adapters.slack.chat import SlackChat
    from freio.adapters.slack.directory import SlackDirectory
    from freio.adapters.slack.door import Door
    from freio.adapters.slack.interactions import Inbox
    from freio.adapters.slack.web import WebClient
    from freio.adapters.warehouse.questions import Tables
    from freio.adapters.warehouse.sizing import Scans
    from freio.adapters.warehouse.warehouse import SqlWarehouse
    from freio.domain.anomaly import AnomalyMessage
    from freio.domain.app import App, Client
    from freio.domain.budget import BudgetMessage
    from freio.domain.click import Click
    from freio.domain.rights import RightsReport
    from freio.domain.spend import SpendLine
    from freio.domain.spend_cap import SpendCap
    from freio.guard.alert import Alerter
    from freio.guard.anomaly import AnomalyDesk
    from freio.guard.budget import BudgetDesk
    from freio.guard.enforce import Enforcer
    from freio.guard.history import History
    from freio.guard.hold import Holder
    from freio.guard.meter import SpendMeter
    from freio.guard.prove import Prover
    from freio.guard.quotas import StandingQuotas
    from freio.guard.release import Releaser
    from freio.guard.sweep import Sweeper
    from freio.guard.watch import Watcher
    from freio.ports import (
        Calendar,
        CallLog,
        Clock,
        Detector,
        Forecaster,
        Lever,
        Meter,
        Model,
        PaceDetector,
        Pager,
        PriceBook,
        Queue,
        Rights,
        SpendCaps,
        Warehouse,
        Witness,
    )

P = ParamSpec("P")


class Freio:
    """One process's parts, each made when it is first asked for, and kept."""

    def __init__(self, environment: Mapping[str, str] = os.environ, *, is_operator: bool = False) -> None:
        """``is_operator``: a person at a command line, who reads the warehouse as the watch left it."""
        self._environment = environment
        self._is_operator = is_operator

    # ---- what everything needs

    @cached_property
    def settings(self) -> Settings:
        return Settings.of(self._environment)

    @cached_property
    def client(self) -> Client:
        from freio.config import load

        return load(self.settings.config)

    @cached_property
    def clock(self) -> Clock:
        return FileClock(self.settings.clock) if self.settings.clock else SystemClock()

    @cached_property
    def store(self) -> SqliteStore | FirestoreStore:
        scheme, _, where = self.settings.store.partition(":")
        if scheme == "sqlite" and where:
            from freio.adapters.local.sqlite import SqliteStore

            return SqliteStore(Path(where))
        project, _, database = where.partition("/")
        if scheme == "firestore" and project:
            from freio.adapters.google.firestore_store import FirestoreStore

            return FirestoreStore(project, database or "(default)", now=self.clock.now)
        raise SettingsError(f"FREIO_STORE: {self.settings.store!r}; may be sqlite:PATH or firestore:PROJECT[/DATABASE]")

    @cached_property
    def queue(self) -> Queue:
        where = self.settings.queue
        if where.startswith(("http://", "https://")):
            from freio.adapters.local.queue import LoopbackQueue

            return LoopbackQueue(where)
        scheme, _, project = where.partition(":")
        if scheme != "pubsub" or not project:
            raise SettingsError(f"FREIO_QUEUE: {where!r}; may be pubsub:PROJECT or http://HOST:PORT")
        from freio.adapters.google.pubsub import PubSubQueue

        return PubSubQueue(project)

    # ---- Slack

    @cached_property
    def web(self) -> WebClient:
        from freio.adapters.slack.web import web_client

        return web_client(self._bot_token, self.settings.slack_api_url)

    @property
    def _bot_token(self) -> str:
        if not self.settings.slack_bot_token:
            raise SettingsError("the environment lacks SLACK_BOT_TOKEN (the app's bot token, xoxb-…)")
        return self.settings.slack_bot_token

    @cached_property
    def directory(self) -> SlackDirectory:
        from freio.adapters.slack.directory import SlackDirectory, named_groups

        return SlackDirectory(self.web, named_groups(self.client), self.clock.now)

    @cached_property
    def chat(self) -> SlackChat:
        from freio.adapters.slack.chat import SlackChat

        return SlackChat(self.web, self.client, self.directory)

    @cached_property
    def door(self) -> Door:
        """For `slack_inbox`: light, and without the client's file where it is told how the client speaks."""
        from freio.adapters.slack.door import Door
        from freio.adapters.slack.web import prompt_client

        if not self.settings.slack_signing_secret:
            raise SettingsError("the environment lacks SLACK_SIGNING_SECRET (the app's signing secret)")
        return Door(
            signing_secret=self.settings.slack_signing_secret,
            wall=SystemClock(),
            clock=self.clock,
            inbox=self.inbox,
            web=prompt_client(self._bot_token, self.settings.slack_api_url),
            queue=self.queue,
            topic=self.settings.clicks_topic,
        )

    @cached_property
    def inbox(self) -> Inbox:
        from freio.adapters.slack.interactions import Inbox
        from freio.i18n.catalogue import Language

        spoken = self.settings.spoken
        if spoken is None:
            client = self.client
            return Inbox(language=Language(client.locale, client.time_zone), currency=client.currency)
        try:
            return Inbox(language=Language(spoken.locale, spoken.time_zone), currency=spoken.currency)
        except ValueError as exc:
            raise SettingsError(f"FREIO_LOCALE, FREIO_TIME_ZONE and FREIO_CURRENCY: {exc}") from exc

    @cached_property
    def pager(self) -> Pager:
        from freio.adapters.local.pager import LogPager, Pagers, WebhookPager

        webhook = self.client.pager_webhook
        return Pagers(LogPager(), WebhookPager(webhook)) if webhook else LogPager()

    @cached_property
    def alerter(self) -> Alerter:
        from freio.guard.alert import Alerter

        return Alerter(self.client, self.store, self.clock, self.chat, self.pager)

    # ---- Google

    @cached_property
    def apis(self) -> GoogleApis:
        from freio.adapters.google.client import GoogleApis

        return GoogleApis(endpoint=self.settings.google_api_endpoint)

    @cached_property
    def _hard_apis(self) -> GoogleApis:
        """For the levers whose powers Terraform gives to an account of their own: infra/terraform/hard_levers.tf."""
        from freio.adapters.google.client import GoogleApis

        account = self.settings.hard_levers_service_account
        return GoogleApis(endpoint=self.settings.google_api_endpoint, acting_as=account) if account else self.apis

    @cached_property
    def levers(self) -> Mapping[str, Lever]:
        """All that the client's file names; and those that are not named any more may still have to let go: all."""
        return self._levers(lambda _, own: own)

    @cached_property
    def _told_levers(self) -> Mapping[str, Lever]:
        """For who offers them and may set none: what the identity that sets them lacks, it has left in the store."""
        from freio.guard.rights import ToldRights

        return self._levers(lambda lever, _: ToldRights(lever, self.store, self.clock))

    def levers_as(self, report: RightsReport) -> Mapping[str, Lever]:
        """For an operator, whose own rights say nothing of what the enforcer may set: as it has found out itself."""
        from freio.guard.rights import JoinedRights

        now = self.clock.now()
        return self._levers(lambda lever, own: JoinedRights(lever, report, own, now))

    def _levers(self, rights: Callable[[str, Rights], Rights]) -> Mapping[str, Lever]:
        """``rights`` of a lever, by its name and what whoever runs this may do."""
        from freio.adapters.google.api_key_lever import ApiKeyLever
        from freio.adapters.google.billing_lever import UnlinkBillingLever
        from freio.adapters.google.deny_lever import DenyLever
        from freio.adapters.google.models_lever import AllowedModelsLever
        from freio.adapters.google.permissions import OwnRights
        from freio.adapters.google.quota_lever import QuotaLever
        from freio.adapters.google.service_lever import DisableServiceLever

        apis, hard, own = self.apis, self._hard_apis, self.settings.own_project
        softly, hardly = OwnRights(apis), OwnRights(hard)
        levers: list[Lever] = [
            QuotaLever(apis, rights=rights("quota", softly)),
            AllowedModelsLever(hard, rights=rights("allowed_models", hardly), now=self.clock.now),
            ApiKeyLever(apis, rights=rights("api_key", softly)),
            DenyLever(hard, rights=rights("iam_deny", hardly)),
            DisableServiceLever(hard, rights=rights("disable_service", hardly), own_project=own),
            UnlinkBillingLever(hard, rights=rights("unlink_billing", hardly), own_project=own),
        ]
        if self.client.gateway is not None:
            from freio.adapters.litellm.gateway_lever import GatewayLever, KeyRights

            key = rights("gateway", KeyRights(self._gateway_api))
            levers.insert(0, GatewayLever(self._gateway_api, self.client.gateway, rights=key))
        return {lever.name: lever for lever in levers}

    @cached_property
    def _quota(self) -> QuotaLever:
        """The lever, and what tells how much Google grants."""
        from freio.adapters.google.quota_lever import QuotaLever

        return QuotaLever(self.apis)

    @cached_property
    def holder(self) -> Holder:
        from freio.guard.hold import Holder

        return Holder(self.client, self.store, self.clock, self.levers)

    @cached_property
    def _gateway_api(self) -> LiteLlmApi:
        from freio.adapters.litellm.client import LiteLlmApi

        assert self.client.gateway is not None, "asked for only where the file names a gateway"
        if not self.settings.gateway_key:
            raise SettingsError("the environment lacks FREIO_GATEWAY_KEY (a proxy admin's key of the file's gateway)")
        return LiteLlmApi(self.client.gateway.url, self.settings.gateway_key)

    @cached_property
    def spend_caps(self) -> SpendCaps:
        from freio.adapters.google.spend_caps import GoogleSpendCaps

        return GoogleSpendCaps(self.apis, self.client.billing_account, self.client.currency)

    @cached_property
    def meter(self) -> Meter:
        from freio.adapters.local.kept_telemetry import KeptTelemetry

        projects = {project for app in self.client.apps for project in app.match.projects}
        return KeptTelemetry(self._monitoring, self.clock.now, len(projects))

    @cached_property
    def _monitoring(self) -> MonitoringMeter:
        from freio.adapters.google.monitoring_meter import MonitoringMeter

        return MonitoringMeter(self.apis, now=self.clock.now)

    @cached_property
    def prover(self) -> Prover:
        from freio.guard.prove import Prover

        return Prover(self.witnesses)

    @cached_property
    def witnesses(self) -> Mapping[str, Witness]:
        """What reports of each lever's targets, by the lever's name."""
        from freio.adapters.google.caller_windows import CallerWindows
        from freio.adapters.google.invocation_windows import InvocationWitness

        callers = CallerWindows(self.apis, now=self.clock.now)
        invocations = InvocationWitness(self.apis, now=self.clock.now)
        found: dict[str, Witness] = {
            "quota": self._monitoring,
            "api_key": callers,
            "iam_deny": callers,
            "allowed_models": invocations,
            "disable_service": invocations,
            "unlink_billing": invocations,
        }
        if self.client.gateway is not None:
            from freio.adapters.litellm.gateway_witness import GatewayWitness

            found["gateway"] = GatewayWitness(self._gateway_api, self.client.gateway, now=self.clock.now)
        return found

    @cached_property
    def call_logs(self) -> Sequence[CallLog]:
        """What tells callers apart; the gateway first, which knows what each has spent, and of which models."""
        from freio.adapters.google.credential_calls import CredentialCalls

        logs: list[CallLog] = [CredentialCalls(self.apis, self.client.apps)]
        if self.client.gateway is not None:
            from freio.adapters.litellm.gateway_calls import GatewayCalls

            logs.insert(0, GatewayCalls(self._gateway_api))
        return logs

    @cached_property
    def list_prices(self) -> PriceBook:
        """What everybody pays: it needs no cloud and no account."""
        from freio.adapters.genai_prices_book import GenaiPricesBook

        return GenaiPricesBook()

    @cached_property
    def prices(self) -> PriceBook:
        """What the client pays."""
        from freio.adapters.google.billing_catalogue import BillingCatalogue
        from freio.adapters.google.contract_prices import ContractPrices

        catalogue = BillingCatalogue(self.apis, self.client.billing_account)
        return ContractPrices(catalogue, self.list_prices, self.clock.now)

    @cached_property
    def warehouse(self) -> Warehouse:
        from freio.adapters.local.kept_export import KeptExport

        return KeptExport(self.spend_warehouse)

    @cached_property
    def spend_warehouse(self) -> SqlWarehouse:
        """The export as it is now, with everything that can be asked of it."""
        from freio.adapters.warehouse.questions import Tables
        from freio.adapters.warehouse.rules import Rules
        from freio.adapters.warehouse.warehouse import SqlWarehouse

        rules = Rules.of(self.client.apps)
        scheme, _, where = self.settings.warehouse.partition(":")
        project, _, dataset = where.partition(".")
        if scheme == "duckdb" and where:
            from freio.adapters.duckdb.engine import DuckDbEngine

            tables = Tables(export=self.client.billing_export.rpartition(".")[2])
            return SqlWarehouse(DuckDbEngine(Path(where)), tables, rules)
        if scheme == "bigquery" and project and dataset:
            return SqlWarehouse(self._bigquery(), self._rolled_up, rules, refreshes=not self._is_operator)
        raise SettingsError(
            f"FREIO_WAREHOUSE: {self.settings.warehouse!r}; may be duckdb:PATH or bigquery:PROJECT.DATASET (Freio's own"
            " dataset, for its hourly rollup)"
        )

    @property
    def _dataset(self) -> str:
        """Freio's own, ``PROJECT.DATASET``, where the warehouse is BigQuery."""
        return self.settings.warehouse.removeprefix("bigquery:")

    @property
    def _rolled_up(self) -> Tables:
        from freio.adapters.warehouse.questions import Tables

        return Tables(export=self.client.billing_export, rollup=f"{self._dataset}.hourly_spend")

    def _bigquery(self, **limits: Any) -> BigQueryEngine:
        """Jobs in the dataset's project and location; `limits` over those of the environment."""
        from freio.adapters.google.bigquery_engine import BigQueryEngine

        limits = {"maximum_bytes_billed": self.settings.maximum_bytes_billed, **limits}
        return BigQueryEngine(self._dataset, **limits)

    @cached_property
    def scans(self) -> Scans:
        """What the warehouse's statements would read now: BigQuery alone can tell, and asking it costs nothing."""
        from freio.adapters.warehouse.rules import Rules
        from freio.adapters.warehouse.sizing import scans

        # A dry run bills nothing, so that nothing has to be capped, and a table too large for the cap can be told.
        engine = self._bigquery(maximum_bytes_billed=2**62)
        return scans(engine, self._rolled_up, Rules.of(self.client.apps), self.clock.now())

    @cached_property
    def journal_copy(self) -> JournalCopy | None:
        """Where the journal is kept for years; None: it stays where it is, whole (SQLite, or no BigQuery)."""
        if not self.settings.warehouse.startswith("bigquery:"):
            return None
        from freio.adapters.google.firestore_store import FirestoreStore
        from freio.adapters.google.journal_copy import TIMEOUT, JournalCopy

        if not isinstance(self.store, FirestoreStore):
            return None
        return JournalCopy(self.store.uncopied, self._bigquery(timeout=TIMEOUT), self._dataset, now=self.clock.now)

    def copy_journal(self) -> None:
        """After a sweep. What fails is noted, and paged where it stands: braking goes on, and the next sweep tries.

        The note is an entry itself, at most one an hour, that is copied with the others.
        """
        from freio.guard.failing import note

        try:
            if self.journal_copy is not None:
                self.journal_copy.copy()
        except VendorError as error:
            note(self.store, self.clock.now(), "copying the journal to BigQuery", error)

    # ---- events: what came in, in our words

    def pushed(self, function: Callable[P, None]) -> Callable[P, None]:
        """`function`, run only for a push that our own subscription has signed, where the environment names it.

        The environment is read when the function is loaded: a wrong one fails the start, and not a message.
        """
        push = self.settings.push
        if push is None:
            return function
        from freio.adapters.google.push import behind
        from freio.adapters.google.push_token import Certificates, PushToken

        return behind(
            PushToken(
                service_account=push.service_account,
                audience=push.audience,
                certificates=Certificates(push.certificates),
                behind_cloud_run=push.behind_cloud_run,
            ),
            function,
        )

    @staticmethod
    def read_billing(event: CloudEvent) -> BudgetMessage | list[AnomalyMessage]:
        """What came to the billing topic: a budget's message or, in whatever shape, Google's own anomalies."""
        from freio.adapters.google import anomaly_message, budget_message

        message = from_cloudevent(event)
        return budget_message.parse(message) if anomaly_message.is_budget(message) else anomaly_message.read(message)

    @staticmethod
    def read_click(event: CloudEvent) -> Click | None:
        """The click that a message holds; None for the sweep's tick, which is told by its attribute."""
        from freio.adapters.slack.wire import from_json

        message = from_cloudevent(event)
        return None if message.attributes.get("tick") == "sweep" else from_json(message.data)

    @staticmethod
    def read_drill(event: CloudEvent) -> tuple[str, str] | None:
        """The run of a fire drill that a tick calls for, and who called; None: an ordinary tick.

        The message's own id names the run, unless the caller named one to follow it by.
        """
        message = from_cloudevent(event)
        if message.attributes.get("tick") != "drill":
            return None
        return message.attributes.get("run") or message.id, message.attributes.get("by", "")

    @staticmethod
    def ticked(tick: str) -> None:
        """Say in the log that a tick was handled, ``watch`` or ``sweep``; what of it has failed is noted by itself.

        Where no such line comes for 15 minutes, an alert wakes somebody: infra/terraform/alerts.tf counts them.
        """
        from freio.adapters.local.log import write_entry

        write_entry("INFO", f"Freio has handled a tick: {tick}", tick=tick)

    @contextmanager
    def rejecting(self, event: CloudEvent) -> Iterator[None]:
        """What nobody can use is journalled and paged; the delivery fails all the same, and ends as a dead letter."""
        from freio.guard.reject import Rejecter

        try:
            yield
        except BadMessage as error:
            Rejecter(self.store, self.clock, self.alerter).reject(str(event["id"]), error, repr(event.data).encode())
            raise

    # ---- the use cases, one for each function

    @cached_property
    def budget_desk(self) -> BudgetDesk:
        from freio.guard.budget import BudgetDesk

        return BudgetDesk(
            self.client,
            self.store,
            self.clock,
            alerter=self.alerter,
            queue=self.queue,
            watch_topic=self.settings.watch_topic,
        )

    @cached_property
    def anomaly_desk(self) -> AnomalyDesk:
        from freio.guard.anomaly import AnomalyDesk

        return AnomalyDesk(
            self.client,
            self.store,
            self.clock,
            alerter=self.alerter,
            queue=self.queue,
            watch_topic=self.settings.watch_topic,
        )

    @cached_property
    def watcher(self) -> Watcher:
        from freio.adapters.google.projects import GoogleProjects
        from freio.domain.spend_cap import CapReport
        from freio.guard.callers import CallerWatch
        from freio.guard.caps import CapWatch
        from freio.guard.digest import DigestDesk
        from freio.guard.drill import Drills
        from freio.guard.forecast import ForecastWatch
        from freio.guard.numbers import NumberBook
        from freio.guard.paused import Sparing
        from freio.guard.propose import Proposer
        from freio.guard.watch import Watcher

        def caps() -> Iterable[SpendCap]:
            report = self.store.get(CapReport, CapReport().id)
            return report.known(self.clock.now()) if report else ()

        levers = [Sparing(lever, caps) for lever in self._told_levers.values()]
        return Watcher(
            self.client,
            self.store,
            self.clock,
            detector=self.detector,
            paces=paces_of(self.client),
            meter=self.spend_meter,
            proposer=Proposer(self.client, self.meter, self.prices, levers),
            drills=Drills(self.client, self.store, self.clock, meter=self.meter, levers=levers),
            prover=self.prover,
            callers=CallerWatch(self.call_logs),
            chat=self.chat,
            alerter=self.alerter,
            calendar=self.calendar,
            numbers=NumberBook(self.client, self.store, self.clock, GoogleProjects(self.apis)),
            forecasts=ForecastWatch(self.client, self.store, self.clock, self.forecaster, self.calendar),
            digests=DigestDesk(self.client, self.store, self.store, self.clock),
            caps=CapWatch(self.client, self.store, self.clock, self.spend_caps, own_project=self.settings.own_project),
        )

    @cached_property
    def calendar(self) -> Calendar | None:
        """The holidays of the client's country, where the file names one."""
        if self.client.country is None:
            return None
        from freio.adapters.holiday_calendar import HolidayCalendar

        return HolidayCalendar(self.client.country, self.client.subdivision)

    @cached_property
    def detector(self) -> Detector:
        return detector_of(self.client)

    @cached_property
    def forecaster(self) -> Forecaster:
        from freio.adapters.forecaster.adapter import StatsForecaster

        return StatsForecaster()

    @cached_property
    def spend_meter(self) -> SpendMeter:
        from freio.guard.meter import SpendMeter

        return SpendMeter(self.client, self.warehouse, self.meter, self.prices)

    @cached_property
    def quotas(self) -> StandingQuotas:
        """For the command line: every lever that sets limits takes part."""
        from freio.guard.quotas import StandingQuotas

        grants = {self._quota.name: self._quota}
        return StandingQuotas(self.client, self.store, self.clock, meter=self.meter, holder=self.holder, grants=grants)

    @cached_property
    def enforcer(self) -> Enforcer:
        from freio.guard.enforce import Enforcer

        return Enforcer(self.client, self.store, self.clock, self.holder, self.prover, model=self._drill_model)

    @property
    def _drill_model(self) -> Model | None:
        if self.client.drill is None or not self.client.drill.calls:
            return None
        from freio.adapters.google.vertex_model import VertexModel

        return VertexModel(self.apis)

    @cached_property
    def releaser(self) -> Releaser:
        """For the command line: it needs neither the queue nor Slack."""
        from freio.guard.release import Releaser

        return Releaser(self.client, self.store, self.clock, self.holder, self.enforcer)

    @cached_property
    def sweeper(self) -> Sweeper:
        from freio.adapters.google.quota_increases import GoogleQuotaIncreases
        from freio.guard.increase import Increases
        from freio.guard.respond import Responder
        from freio.guard.rights import RightsWatch
        from freio.guard.sweep import Sweeper

        responder = Responder(self.client, self.store, self.clock, self.directory)
        return Sweeper(
            self.client,
            self.store,
            self.clock,
            enforcer=self.enforcer,
            holder=self.holder,
            responder=responder,
            alerter=self.alerter,
            increases=Increases(
                self.client,
                self.store,
                self.clock,
                directory=self.directory,
                grants=self._quota,
                requests=GoogleQuotaIncreases(self.apis),
            ),
            rights=RightsWatch(self.client, self.store, self.clock, self.levers),
        )


def paces_of(client: Client) -> PaceDetector:
    """Under the same budget of alerts."""
    from freio.adapters.detector.paces import PaceRecords

    return PaceRecords(float(client.alerts_per_app_week))


def detector_of(client: Client) -> Detector:
    """It keeps the client's budget of alerts, and knows its money gate."""
    from freio.adapters.detector.adapter import Budget, PyodDetector

    return PyodDetector(Budget(alerts=float(client.alerts_per_app_week), gate=float(client.money_gate.amount)))


def file_history(path: Path, apps: Iterable[App] | None) -> History:
    """What an export in a file says of each of the apps, hour by hour; None: of each project."""
    from freio.adapters.duckdb.local_file import LocalFile
    from freio.adapters.warehouse.rules import Rules
    from freio.adapters.warehouse.warehouse import SqlWarehouse
    from freio.domain.spend import Every
    from freio.guard.history import BY, History

    since, until = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
    file, rules = LocalFile(path), Rules.of(apps or ())

    def lines(tables: Tables) -> list[SpendLine]:
        return SqlWarehouse(file, tables, rules).spend(since, until, by=BY, every=Every.HOUR, as_of=until)

    tokens = lines(file.tokens) if file.tokens else ()
    steps = [lines(tables) for tables in file.steps]
    return History.of(lines(file.tables), who="project" if apps is None else "app", tokens=tokens, steps=steps)


def file_warehouse(path: Path, apps: Iterable[App]) -> SqlWarehouse:
    """An export in a file of one's own, attributed to `apps`; needs no cloud and no environment."""
    from freio.adapters.duckdb.local_file import LocalFile
    from freio.adapters.warehouse.rules import Rules
    from freio.adapters.warehouse.warehouse import SqlWarehouse

    file = LocalFile(path)
    return SqlWarehouse(file, file.tables, Rules.of(apps))
