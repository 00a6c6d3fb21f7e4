"""Who works at the made-up client, and what its apps run on."""

from __future__ import annotations

from decimal import Decimal

from freio.domain.app import Client
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.slack import Channel, Group, Person
from freio.sandbox.spend.world import AppSpend

CHANNEL = "C0FINOPS00"
SAO_PAULO, LONDON = "America/Sao_Paulo", "Europe/London"


def _person(user: str, name: str, *, locale: str = "pt-BR", tz: str = SAO_PAULO, guest: bool = False) -> Person:
    mailbox = name.split(maxsplit=1)[0].lower()
    return Person(id=user, name=name, email=f"{mailbox}@acme.example", locale=locale, tz=tz, is_restricted=guest)


ANA = _person("U0ANA00000", "Ana Souza")  # ops
PAT = _person("U0PAT00000", "Pat Moore", locale="en", tz=LONDON)  # ops
BRUNO = _person("U0BRUNO000", "Bruno Lima")  # owns support-chat
CARLA = _person("U0CARLA000", "Carla Dias")  # owns catalogue-search, marketing-copy
DIEGO = _person("U0DIEGO000", "Diego Alves")  # owns catalogue-tagging
EMMA = _person("U0EMMA0000", "Emma Clarke", locale="en", tz=LONDON)  # owns research-agents, translation
RUI = _person("U0RUI00000", "Rui Castro")  # cost owner of CC-1042
HELENA = _person("U0HELENA00", "Helena Prado")  # cost owner of CC-2001
GUS = _person("U0GUS00000", "Gus Guest", locale="en", tz=LONDON, guest=True)  # may nothing

PEOPLE = (ANA, PAT, BRUNO, CARLA, DIEGO, EMMA, RUI, HELENA, GUS)
GROUPS = (Group(id="S01OPS0000", handle="ops", members=(ANA.id, PAT.id)),)
CHANNELS = (Channel(id=CHANNEL, name="finops"),)

# What 30 days of each cost in USD at list price. `translation` runs on a model of Google's dynamic shared quota: no
# override binds there.
APPS = (
    AppSpend(
        app="support-chat",
        project="acme-chat-prod",
        model="gemini-2.5-flash",
        tier="mid",
        habit="steady",
        monthly=Decimal(4000),
        labels=(("app", "support-chat"), ("feature", "answers")),
        time_zone=SAO_PAULO,
    ),
    AppSpend(
        app="research-agents",
        project="acme-research",
        model="gemini-2.5-pro",
        tier="large",
        habit="steady",
        monthly=Decimal(3200),
        time_zone=LONDON,
    ),
    AppSpend(
        app="catalogue-search",
        project="acme-catalogue",
        model="gemini-2.5-flash-lite",
        tier="small",
        habit="steady",
        monthly=Decimal(2600),
        labels=(("app", "catalogue-search"),),
        time_zone=SAO_PAULO,
    ),
    AppSpend(
        app="catalogue-tagging",
        project="acme-catalogue",
        model="gemini-2.5-flash-lite",
        tier="small",
        habit="steady",
        monthly=Decimal(1400),
        labels=(("app", "catalogue-tagging"),),
        time_zone=SAO_PAULO,
    ),
    AppSpend(
        app="translation",
        project="acme-translate",
        model="gemini-3.5-flash",
        tier="mid",
        habit="steady",
        monthly=Decimal(3000),
        time_zone=SAO_PAULO,
    ),
    AppSpend(
        app="marketing-copy",
        project="acme-marketing",
        model="gemini-2.5-flash",
        tier="mid",
        habit="steady",
        monthly=Decimal(2400),
        time_zone=SAO_PAULO,
    ),
)


def set_up_callers(plane: ControlPlane, client: Client) -> None:
    """Every API key and service account that the client's file names is there; a key may also call a translator."""
    for app in client.apps:
        for key in app.match.api_keys:
            targets = [{"service": "aiplatform.googleapis.com"}, {"service": "translate.googleapis.com"}]
            plane.callers.add_api_key(min(app.match.projects), key, {"apiTargets": targets})
        for account in app.match.service_accounts:
            plane.callers.add_service_account(account)
