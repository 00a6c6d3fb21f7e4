"""Every key of the client's file, what it says, and what stands when it is left out.

The descriptions are the reference: an editor shows them through the JSON Schema, and a fault about a missing key
quotes them. What keys must be *together* stands in `freio.config.rules`.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from freio.config.kinds import (
    Account,
    Alerts,
    ApiKey,
    Budget,
    BudgetName,
    Channel,
    CostCentre,
    Counted,
    Country,
    Currency,
    Day,
    Duration,
    Environment,
    Factor,
    Floor,
    Gate,
    GatewayKey,
    GatewayUrl,
    LabelKey,
    LabelValue,
    Lever,
    Locale,
    Location,
    Mode,
    ModelId,
    Name,
    NamedPerson,
    People,
    ProjectId,
    Quota,
    ServiceAccount,
    Subdivision,
    Table,
    Team,
    TeamId,
    TimeZone,
    Webhook,
    Why,
)


class Keys(BaseModel):
    """A mapping with known keys and no others; nothing is turned into something else on the way."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BillingKeys(Keys):
    """The billing account, and where its export lies."""

    account: Account = Field(description="The billing account's id.")
    export: Table = Field(description="The BigQuery table of the detailed usage cost export.")


class MatchKeys(Keys):
    """How an app's spend is recognised: every kind that is given must hold, and within a kind any one is enough."""

    projects: list[ProjectId] = Field(default=[], description="The app's projects; spend in any of them.")
    labels: dict[LabelKey, LabelValue] = Field(
        default={}, description="Labels that must all be there, with these values."
    )
    service_accounts: list[ServiceAccount] = Field(
        default=[],
        description="Service accounts that the app runs as. Billing rows and token metrics do not show them.",
    )
    api_keys: list[ApiKey] = Field(
        default=[], description="Ids of API keys that the app uses. Billing rows and token metrics do not show them."
    )
    models: list[ModelId] = Field(default=[], description="Models that only this app uses in its projects.")


class FeatureKeys(Keys):
    """What splits an app's cost further."""

    label: LabelKey = Field(description="The label whose values are the app's features.")


class BudgetKeys(Keys):
    """What the app may cost."""

    monthly: Budget = Field(description="For one calendar month (Pacific time), in the client's currency.")
    account: Account | None = Field(
        default=None,
        description="The billing account that pays for the app's projects, where it is another one. "
        "Default: billing.account.",
    )
    names: list[BudgetName] = Field(
        default=[],
        description="Display names of Cloud Billing budgets that watch the app, beside its own name and freio-<name>.",
    )


class QuotaKeys(Keys):
    """What the app may have in normal times; kept in place by `freio quotas`, and what a throttle returns to."""

    input_tokens_per_minute: Quota | None = Field(
        default=None, description="Input tokens in a minute. Default: no quota."
    )
    requests_per_minute: Quota | None = Field(default=None, description="Requests in a minute. Default: no quota.")


class FloorKeys(Keys):
    """What no throttle may go under; 0 allows a full stop."""

    input_tokens_per_minute: Floor | None = Field(
        default=None, description="Input tokens in a minute. Default: no floor."
    )
    requests_per_minute: Floor | None = Field(default=None, description="Requests in a minute. Default: no floor.")


class CallerKeys(Keys):
    """Who calls the client's gateway for the app, and for no other app."""

    teams: list[TeamId] = Field(
        default=[], description="Ids of the gateway's teams whose keys are all the app's. Default: none."
    )
    keys: list[GatewayKey] = Field(
        default=[],
        description="Keys of the gateway that are the app's, by alias or by hash; never the keys themselves. "
        "Default: none.",
    )


class LevelKeys(Keys):
    """A mode for each level of signal."""

    warning: Mode = Field(default="approve", description="What Freio may do about a warning. Default: approve.")
    critical: Mode = Field(
        default="approve", description="What Freio may do about something critical. Default: approve."
    )


class ExpectedKeys(Keys):
    """More spend that is known beforehand."""

    start: Day = Field(alias="from", description="The first day, in the client's time zone.")
    until: Day = Field(description="The last day, included.")
    factor: Factor = Field(description="Up to how many times the usual spend is expected.")
    why: Why = Field(description="What is expected, in words for people.")


WORD, LEVELS = "<word>", "<levels>"
"""Steps that pydantic adds to an error's path below `mode`; they stand in no file."""

Modes = Annotated[
    Annotated[Mode, Tag(WORD)] | Annotated[LevelKeys, Tag(LEVELS)],
    Discriminator(lambda value: LEVELS if isinstance(value, dict | LevelKeys) else WORD),
]


class AppKeys(Keys):
    """A named workload with owners, a budget and a policy."""

    name: Name = Field(description="The app's name, once in the file.")
    team: Team = Field(description="The team that runs the app.")
    cost_centre: CostCentre = Field(description="Who pays for the app: a key of approvals.cost_owners.")
    environment: Environment = Field(description="Where the app runs, in your words, such as production.")
    owners: People = Field(description="People who own the app: e-mail addresses, Slack user or user-group ids.")
    match: MatchKeys = Field(description="How the app's spend is recognised; the first app that matches has it.")
    features: FeatureKeys | None = Field(default=None, description="What splits the app's cost. Default: nothing.")
    budget: BudgetKeys | None = Field(default=None, description="What the app may cost. Default: no budget.")
    quotas: QuotaKeys = Field(
        default=QuotaKeys(), description="What the app may have in normal times. Default: no quotas."
    )
    floor: FloorKeys = Field(default=FloorKeys(), description="What no throttle may go under. Default: no floor.")
    mode: Modes = Field(
        default="approve",
        description="What Freio may do by itself: observe (tell), approve (ask), enforce (brake when nobody answers "
        "within the grace); one word, or one for each level. Default: approve.",
    )
    grace: Duration = Field(
        default=timedelta(minutes=15),
        description="How long people have to answer. What is expected to cost more than two money gates by then is "
        "critical. Default: 15m.",
    )
    lease: Duration = Field(default=timedelta(hours=6), description="How long a throttle holds. Default: 6h.")
    levers: list[Lever] = Field(
        default=["quota"],
        min_length=1,
        description="The levers that may be used; the softest that binds comes first. Default: quota.",
    )
    expected: list[ExpectedKeys] = Field(default=[], description="More spend that is known beforehand. Default: none.")
    gateway: CallerKeys | None = Field(
        default=None,
        description="Who calls the client's gateway for the app: what the lever gateway limits. Default: nobody.",
    )


class ApprovalKeys(Keys):
    """Who may decide: e-mail addresses or Slack ids, never display names."""

    ops: People = Field(description="People who run things: they may throttle, snooze, expect and keep running.")
    cost_owners: dict[CostCentre, People] = Field(
        description="By cost centre, the people who may let an app have more."
    )
    hard_levers: list[NamedPerson] = Field(
        default=[], description="People of whom two must approve a hard lever. Default: nobody, so none is pulled."
    )
    ops_may_raise: bool = Field(
        default=False, description="Whether ops may raise or release a throttle. Default: false."
    )


class SlackKeys(Keys):
    """What Freio needs to know of the Slack workspace."""

    channel: Channel = Field(description="The id of the channel that gets one message for each incident.")


class GatewayKeys(Keys):
    """The client's own gateway: a LiteLLM proxy that its apps call the models through."""

    url: GatewayUrl = Field(description="The address of its admin API. Its admin key comes from FREIO_GATEWAY_KEY.")
    counts: Counted = Field(
        default="total",
        description="What its token limits count, as its general_settings.token_rate_limit_type says: total (input and "
        "output), input or output. Default: total.",
    )


class DrillKeys(Keys):
    """The fire drill, which `freio drill` and a monthly job start: its app must have no traffic there."""

    app: Name = Field(description="The app whose brake is tried: one of apps, in one project, without any traffic.")
    model: ModelId = Field(description="The model that is limited for the drill.")
    location: Location = Field(description="The endpoint that is limited for the drill: global or a region.")
    calls: bool = Field(
        default=False,
        description="Whether the drill asks that model itself while it is braked, so that the brake has something to "
        "refuse and the proof can bind; needs aiplatform.endpoints.predict in the app's project. Default: false.",
    )


class PagerKeys(Keys):
    """Who is called when Slack is not enough."""

    webhook: Webhook = Field(description="The address that gets a POST when a throttle is stuck or a delivery fails.")


class ClientKeys(Keys):
    """One client organisation: its apps, who decides about them, and where it is told."""

    client: Name = Field(description="The client's short name.")
    locale: Locale = Field(description="The language of messages and reports: pt-BR or en.")
    time_zone: TimeZone = Field(description="The time zone that people see.")
    currency: Currency = Field(description="The billing account's currency.")
    country: Country | None = Field(
        default=None,
        description="The country whose holidays and month ends the apps' spend follows, as ISO 3166-1 has it. Default: "
        "every day is judged alike.",
    )
    subdivision: Subdivision | None = Field(
        default=None, description="The part of the country whose holidays count too, such as SP. Default: none."
    )
    billing: BillingKeys = Field(description="The billing account and its export.")
    alerts_per_app_week: Alerts = Field(
        default=Decimal("0.25"),
        description="How many alerts a quiet app may raise in a week; lower is less sensitive. Default: 0.25.",
    )
    money_gate: Gate = Field(
        default=Decimal("25.00"),
        description="Money, in the client's currency, under which nothing is an alert. Default: 25.00.",
    )
    apps: list[AppKeys] = Field(min_length=1, description="The client's apps; the first that matches has the spend.")
    approvals: ApprovalKeys = Field(description="Who may decide.")
    slack: SlackKeys = Field(description="Where incidents are told.")
    pager: PagerKeys | None = Field(
        default=None, description="Where trouble is told when Slack is not enough. Default: nowhere."
    )
    gateway: GatewayKeys | None = Field(
        default=None, description="The LiteLLM proxy that apps call the models through. Default: none."
    )
    drill: DrillKeys | None = Field(
        default=None, description="The fire drill and the harmless target that it brakes. Default: there is none."
    )
