"""The kinds of single values that the client's file is made of, in Google's, Slack's and our own forms."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from freio.config import numbers, values
from freio.config.shapes import one_of, pattern
from freio.domain.gateway import Counts
from freio.domain.lever import KINDS

MODES = ("observe", "approve", "enforce")
LOCALES = ("pt-BR", "en")

# Google's. An old project id may carry its domain: example.com:my-project.
_PROJECT = r"(?:[a-z0-9][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
_TABLE = _PROJECT + r"\.[A-Za-z0-9_]{1,1024}\.[A-Za-z0-9_-]{1,1024}"
_SERVICE_ACCOUNT = r"[a-z0-9][a-z0-9-]{0,62}@(?:[a-z0-9][a-z0-9.-]*\.)?gserviceaccount\.com"
# Slack's: users begin with U or W, user groups with S, channels with C (old private ones with G).
_USER = r"[UW][A-Z0-9]{5,20}"
_GROUP = r"S[A-Z0-9]{5,20}"
_MAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
_WEBHOOK = r"https://[!-~]+|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?(?:/[!-~]*)?"
# LiteLLM's: a key itself begins with sk-, and belongs in no file; its hash is SHA-256 in hexadecimal.
_GATEWAY = (
    r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~-]+)*|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?"
)
_TEAM_ID = r"[A-Za-z0-9][A-Za-z0-9._@:-]{0,127}"
_GATEWAY_KEY = r"(?!sk-)[A-Za-z0-9][A-Za-z0-9 ._@:/-]{0,127}"
# Ours.
_NAME = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME_MAY = "1 to 63 lowercase letters, digits and -, a letter first"

Name = Annotated[str, pattern(_NAME, "a name", _NAME_MAY, example="support-chat")]
Team = Annotated[str, values.line("a team", example="customer-care")]
CostCentre = Annotated[str, values.line("a cost centre", example="CC-1042")]
Environment = Annotated[str, values.line("an environment", example="production")]
Why = Annotated[str, values.line("a reason", example="Black Friday", longest=200)]
Duration = Annotated[timedelta, values.DURATION]
Day = Annotated[date, values.DAY]
Country = Annotated[str, values.COUNTRY]
Subdivision = Annotated[
    str,
    pattern(
        r"[A-Z0-9]{1,3}", "a part of a country", "the code after the country's, as ISO 3166-2 has it", example="SP"
    ),
]
TimeZone = Annotated[str, values.TIME_ZONE]
Locale = Annotated[str, one_of(LOCALES, "a locale of Freio")]
Mode = Annotated[str, one_of(MODES, "a mode")]
Lever = Annotated[str, one_of(tuple(KINDS), "a lever")]

Currency = Annotated[str, values.CURRENCY]
BudgetName = Annotated[
    str, values.line("a budget's name", example="acme-vertex-monthly", longest=60)
]  # Google's display names have at most 60 characters
_MONEY = "an amount without thousands separators"
Budget = Annotated[
    Decimal,
    numbers.money("a budget", f"{_MONEY} above 0, such as 40000.00", above=0, at_most=10**15, example=40000.0),
]
Gate = Annotated[Decimal, numbers.money("an amount", f"{_MONEY}, such as 25.00", at_most=10**15, example=25.0)]
Alerts = Annotated[
    Decimal,
    numbers.number(
        "a number of alerts", "a number above 0 and at most 100, such as 0.25", above=0, at_most=100, example=0.25
    ),
]
Factor = Annotated[
    Decimal,
    numbers.number("a factor", "a number above 1 and at most 1000, such as 4", above=1, at_most=1000, example=4),
]
Quota = Annotated[int, numbers.count("a quota", at_least=1, example=2000000)]
Floor = Annotated[int, numbers.count("a floor", at_least=0, example=200000)]

ProjectId = Annotated[
    str,
    pattern(_PROJECT, "a project id", "6 to 30 lowercase letters, digits and -", example="acme-chat-prod"),
]
Account = Annotated[
    str,
    pattern(
        r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}",
        "a billing account",
        "three groups of six digits or letters A to F",
        example="01D4EE-079462-DFD6EC",
    ),
]
Table = Annotated[
    str,
    pattern(
        _TABLE,
        "a table",
        "project.dataset.table",
        example="acme-finops.billing.gcp_billing_export_resource_v1_01D4EE_079462_DFD6EC",
    ),
]
ServiceAccount = Annotated[
    str,
    pattern(
        _SERVICE_ACCOUNT,
        "a service account",
        "its e-mail address",
        example="chat@acme-chat-prod.iam.gserviceaccount.com",
    ),
]
ApiKey = Annotated[
    str,
    pattern(
        r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
        "an API key's id",
        "the id, never the key itself",
        example="3f2a7c1e-0b52-4a43-9d6c-2f1f5f0c8a11",
    ),
]
ModelId = Annotated[
    str,
    pattern(r"[a-z0-9][a-z0-9@._/-]{0,127}", "a model", "its id", example="gemini-2.5-flash"),
]
Location = Annotated[
    str,
    pattern(r"global|[a-z]+(?:-[a-z]+)+[0-9]{1,2}", "an endpoint", "global or a region", example="us-central1"),
]
LabelKey = Annotated[str, values.label("a label's key", shortest=1, example="app")]
LabelValue = Annotated[str, values.label("a label's value", shortest=0, example="support-chat")]

GatewayUrl = Annotated[
    str,
    pattern(
        _GATEWAY,
        "a gateway's address",
        "an https address without a slash at its end (http on this machine alone)",
        example="https://llm.acme.example",
    ),
]
Counted = Annotated[str, one_of(tuple(Counts), "what a gateway's token limits count")]
TeamId = Annotated[
    str,
    pattern(_TEAM_ID, "a team's id", "the id of the gateway, no alias", example="2f6b0c3e-5d1a-4f0e-9b7c-8a1d2e3f4a5b"),
]
GatewayKey = Annotated[
    str,
    pattern(
        _GATEWAY_KEY, "a key's alias or hash", "its alias or its hash, never the key itself", example="support-chat"
    ),
]

Person = Annotated[
    str,
    pattern(
        f"{_USER}|{_GROUP}|{_MAIL}",
        "a person or a group",
        "an e-mail address, or Slack's id of a user (U…, W…) or a user group (S…)",
        example="ana@acme.example",
    ),
]
NamedPerson = Annotated[
    str,
    pattern(
        f"{_USER}|{_MAIL}",
        "a named person",
        "an e-mail address, or Slack's id of a user (U…, W…); no group",
        example="rui@acme.example",
    ),
]
People = Annotated[list[Person], Field(min_length=1)]
Channel = Annotated[
    str,
    pattern(r"[CG][A-Z0-9]{5,20}", "a channel", "Slack's id of a channel, no #name", example="C0FINOPS00"),
]
Webhook = Annotated[
    str,
    pattern(
        _WEBHOOK, "a webhook", "an https address (http on this machine alone)", example="https://events.example/acme"
    ),
]
