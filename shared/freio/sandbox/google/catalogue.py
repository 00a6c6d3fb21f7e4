"""The limits that exist: which metric, which unit, what each counts and where.

Metrics, units and limit ids were observed in running projects. What was not observed is marked *assumed* beside it.
The bucket of each model, its default, and whether it binds, stand in `models`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Counts: TypeAlias = Literal["requests", "input_tokens", "output_tokens", "nothing_here"]
Endpoint: TypeAlias = Literal["global", "region", "anywhere"]

UNLIMITED = -1
LOCATION_DIMENSIONS = frozenset({"region", "zone"})
NEVER_A_KEY = frozenset({"project", "user"})  # said in the description of QuotaOverride.dimensions
VERTEX = "aiplatform.googleapis.com"
DEVELOPER_API = "generativelanguage.googleapis.com"
REGIONS = ("europe-west1", "europe-west4", "southamerica-east1", "us-central1", "us-east5", "us-west1")
MULTI_REGIONS = ("eu", "us")  # endpoints that were observed to have no quota at all

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit of one metric.

    `default` is that of the bucket without dimensions. `maximum` is the most that a consumer may set by himself
    (more is COMMON_QUOTA_CONSUMER_OVERRIDE_TOO_HIGH); None where nothing was observed. A `fixed` limit takes no
    override. `nothing_here` marks a limit that is listed, but whose usage the sandbox has no traffic for.
    """

    service: str
    metric: str
    unit: str
    limit_id: str
    counts: Counts
    endpoint: Endpoint
    default: int
    maximum: int | None = None
    fixed: bool = False
    locations: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return (self.metric, self.unit)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The keys that an override of this limit may name."""
        return tuple(name for name in PLACEHOLDER.findall(self.unit) if name not in NEVER_A_KEY)

    @property
    def model_dimension(self) -> str | None:
        """`base_model` on Vertex, `model` on the Developer API."""
        return next((name for name in self.dimensions if name not in LOCATION_DIMENSIONS), None)

    @property
    def period(self) -> Literal["minute", "day", "none"]:
        """The window after which usage starts from nothing; days end at Pacific midnight."""
        if self.unit.startswith("1/min/"):
            return "minute"
        return "day" if self.unit.startswith("1/d/") else "none"

    @property
    def name(self) -> str:
        """The `limit_name` label in monitoring (assumed: the limit id, spelt as one word)."""
        return self.metric.rpartition("/")[2] + self.limit_id.replace("/", "-")


def _vertex(name: str, unit: str, counts: Counts, default: int, *, maximum: int | None = None) -> Limit:
    parts = unit.replace("{", "").replace("}", "").removeprefix("1/")
    regional = "{region}" in unit
    return Limit(
        service=VERTEX,
        metric=f"{VERTEX}/{name}",
        unit=unit,
        limit_id=f"/{parts}",
        counts=counts,
        endpoint="region" if regional else "global",
        default=default,
        maximum=maximum,
        locations=REGIONS if regional else (),
    )


PER_MINUTE = "1/min/{project}/{base_model}"
PER_DAY = "1/d/{project}/{base_model}"
PER_MINUTE_AND_REGION = "1/min/{project}/{region}/{base_model}"

GLOBAL_INPUT_NAME = "global_generate_content_input_tokens_per_minute_per_base_model"
GLOBAL_INPUT = _vertex(GLOBAL_INPUT_NAME, PER_MINUTE, "input_tokens", 0)
GLOBAL_INPUT_DAILY = _vertex(GLOBAL_INPUT_NAME, PER_DAY, "input_tokens", UNLIMITED)
GLOBAL_OUTPUT = _vertex(
    "global_generate_content_output_tokens_per_minute_per_base_model", PER_MINUTE, "output_tokens", 0
)
# Observed: a generic bucket of 5 a minute, and every raise refused with a maximum of 0.
GLOBAL_REQUESTS = _vertex(
    "global_generate_content_requests_per_minute_per_project_per_base_model", PER_MINUTE, "requests", 5, maximum=0
)
REGIONAL_REQUESTS = _vertex(
    "generate_content_requests_per_minute_per_project_per_base_model", PER_MINUTE_AND_REGION, "requests", 0
)
REGIONAL_INPUT = _vertex(
    "generate_content_input_tokens_per_minute_per_base_model", PER_MINUTE_AND_REGION, "input_tokens", 0
)
PREDICTIONS = _vertex("online_prediction_requests_per_base_model", PER_MINUTE_AND_REGION, "requests", 0)
# Units of the next four are assumed, after their siblings.
PREDICTION_INPUT = _vertex(
    "online_prediction_input_tokens_per_minute_per_base_model", PER_MINUTE_AND_REGION, "input_tokens", 0
)
PREDICTION_OUTPUT = _vertex(
    "online_prediction_output_tokens_per_minute_per_base_model", PER_MINUTE_AND_REGION, "output_tokens", 0
)
GLOBAL_PREDICTIONS = _vertex("global_online_prediction_requests_per_base_model", PER_MINUTE, "requests", 0)
EMBED_INPUT = _vertex("embed_content_input_tokens_per_minute_per_base_model", PER_MINUTE_AND_REGION, "input_tokens", 0)

DEVELOPER_DAILY = Limit(
    service=DEVELOPER_API,
    metric=f"{DEVELOPER_API}/generate_requests_per_model_per_day",
    unit="1/d/{project}/{model}",
    limit_id="/d/model/project",
    counts="requests",
    endpoint="anywhere",
    default=UNLIMITED,
)
DEVELOPER_PAID_TIER_2 = Limit(
    service=DEVELOPER_API,
    metric=f"{DEVELOPER_API}/generate_content_paid_tier_2_requests",
    unit="1/d/{project}/{model}",
    limit_id="/d/model/project",
    counts="requests",
    endpoint="anywhere",
    default=350_000,
)
DEVELOPER_SESSIONS = Limit(
    service=DEVELOPER_API,
    metric=f"{DEVELOPER_API}/bidi_generate_content_paid_tier_3_sessions",
    unit="1/10min/{project}",
    limit_id="/10min/project",
    counts="nothing_here",
    endpoint="anywhere",
    default=UNLIMITED,
)
BIGQUERY_MEBIBYTES = Limit(
    service="bigquery.googleapis.com",
    metric="bigquery.googleapis.com/quota/query/usage",
    unit="1/d/{project}",
    limit_id="/d/project",
    counts="nothing_here",
    endpoint="anywhere",
    default=209_715_200,
)
# Assumed to be fixed: that fixed limits exist was observed, which ones they are was not.
RUN_GPUS = Limit(
    service="run.googleapis.com",
    metric="run.googleapis.com/nvidia_l4_gpu_allocation_no_zonal_redundancy",
    unit="1/{project}/{region}",
    limit_id="/project/region",
    counts="nothing_here",
    endpoint="region",
    default=3,
    fixed=True,
    locations=REGIONS,
)

LIMITS = (
    GLOBAL_INPUT,
    GLOBAL_INPUT_DAILY,
    GLOBAL_OUTPUT,
    GLOBAL_REQUESTS,
    REGIONAL_REQUESTS,
    REGIONAL_INPUT,
    PREDICTIONS,
    PREDICTION_INPUT,
    PREDICTION_OUTPUT,
    GLOBAL_PREDICTIONS,
    EMBED_INPUT,
    DEVELOPER_DAILY,
    DEVELOPER_PAID_TIER_2,
    DEVELOPER_SESSIONS,
    BIGQUERY_MEBIBYTES,
    RUN_GPUS,
)
