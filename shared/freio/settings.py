"""The environment, read once into one frozen record; every fault in one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from freio.errors import SettingsError

REQUIRED = {
    "FREIO_CONFIG": "the client's file, such as /workspace/freio.yaml",
    "FREIO_STORE": "where the state is, such as sqlite:/var/lib/freio/state.db",
    "FREIO_QUEUE": "where messages go: pubsub:PROJECT, or the address of a loopback queue (http://127.0.0.1:8100)",
}
GIB = 1024**3
MAXIMUM_GIB_BILLED = 20
SPOKEN = ("FREIO_LOCALE", "FREIO_TIME_ZONE", "FREIO_CURRENCY")
PUSH = ("FREIO_PUSH_SERVICE_ACCOUNT", "FREIO_PUSH_AUDIENCE")
CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How the client speaks. Handed over beside the file, it spares `slack_inbox` the reading of the whole of it."""

    locale: str
    time_zone: str
    currency: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Spoken | None:
        """From FREIO_LOCALE, FREIO_TIME_ZONE and FREIO_CURRENCY: all three, or none."""
        given = [environment.get(name, "") for name in SPOKEN]
        if not any(given):
            return None
        if not all(given):
            raise SettingsError(f"the environment has some of {', '.join(SPOKEN)}, and must have all or none")
        return cls(locale=given[0], time_zone=given[1], currency=given[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Whose pushes a function takes: see `freio.adapters.google.push_token`, and there when it may be left off.

    ``service_account``  the e-mail address that the subscription signs with.
    ``audience``         what the subscription signs for; Pub/Sub's own default is the function's address.
    ``certificates``     where the signers' certificates are.
    ``behind_cloud_run`` the service lets nobody in without Cloud Run's IAM check, which takes the signature off.
    """

    service_account: str
    audience: str
    certificates: str = CERTIFICATES
    behind_cloud_run: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Push | None:
        """From FREIO_PUSH_SERVICE_ACCOUNT and FREIO_PUSH_AUDIENCE: both, or none.

        FREIO_PUSH_CERTIFICATES moves the certificates; FREIO_PUSH_SIGNATURE says who has verified the signature. Either
        without those two would look like a lock and be none: an error.
        """
        given = [environment.get(name, "") for name in PUSH]
        signature = environment.get("FREIO_PUSH_SIGNATURE", "")
        if signature not in {"", "verified-by-cloud-run"}:
            raise SettingsError(f"FREIO_PUSH_SIGNATURE: {signature!r}; may be verified-by-cloud-run, or left out")
        if not any(given):
            for name in ("FREIO_PUSH_CERTIFICATES", "FREIO_PUSH_SIGNATURE"):
                if environment.get(name):
                    raise SettingsError(f"{name} locks nothing without {' and '.join(PUSH)}")
            return None
        if not all(given):
            raise SettingsError(f"the environment has one of {' and '.join(PUSH)}, and must have both or none")
        certificates = environment.get("FREIO_PUSH_CERTIFICATES") or CERTIFICATES
        if not certificates.startswith(("https://", "http://127.0.0.1:")):
            raise SettingsError(
                f"FREIO_PUSH_CERTIFICATES: {certificates!r}; may be https://… or http://127.0.0.1:PORT/…"
            )
        return cls(
            service_account=given[0],
            audience=given[1],
            certificates=certificates,
            behind_cloud_run=bool(signature),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process is told by its environment.

    ``config``      path of freio.yaml.
    ``store``       ``sqlite:PATH`` or ``firestore:PROJECT[/DATABASE]``.
    ``queue``       ``pubsub:PROJECT`` or ``http://HOST:PORT`` (the loopback queue).
    ``warehouse``   ``duckdb:PATH`` or ``bigquery:PROJECT.DATASET`` (Freio's own dataset, for its rollup); the export's
                    name comes from the client's file. The watch needs it, and the enforcer for the journal's copy.
    ``maximum_bytes_billed``  a BigQuery statement that would read more is refused, and costs nothing.
    ``google_api_endpoint``  every discovery-built client goes there instead of to Google.
    ``spoken``      locale, time zone and currency, where they are handed over beside the file.
    ``push``        whose pushes are taken; None: whoever Cloud Run lets in.
    ``gateway_key`` of the client's LiteLLM proxy (a secret): a proxy admin's, or a viewer's for who only watches.
    ``hard_levers_service_account``  e-mail address that Google's hard levers act as, by impersonation; empty: they act
                    as the process itself does, and may then do what it may.
    ``clock``       a file that another process drives; empty: the machine's clock.
    """

    config: str
    store: str
    queue: str
    warehouse: str = ""
    maximum_bytes_billed: int = MAXIMUM_GIB_BILLED * GIB
    google_api_endpoint: str | None = None
    slack_api_url: str | None = None
    slack_bot_token: str = ""
    slack_signing_secret: str = ""
    gateway_key: str = ""
    hard_levers_service_account: str = ""
    clock: str = ""
    clicks_topic: str = "freio-clicks"
    watch_topic: str = "freio-watch"
    spoken: Spoken | None = None
    push: Push | None = None

    @property
    def own_project(self) -> str:
        """The project that Freio runs in, as far as its state or its queue says; empty on a machine of one's own."""
        for where, scheme in ((self.store, "firestore"), (self.queue, "pubsub")):
            kind, _, rest = where.partition(":")
            if kind == scheme:
                return rest.partition("/")[0]
        return ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """From the environment; what a part needs beyond `REQUIRED` is asked for where that part is made."""
        missing = [name for name in REQUIRED if not environment.get(name)]
        if missing:
            raise SettingsError("the environment lacks " + "; ".join(f"{n} ({REQUIRED[n]})" for n in missing))
        return cls(
            config=environment["FREIO_CONFIG"],
            store=environment["FREIO_STORE"],
            queue=environment["FREIO_QUEUE"],
            warehouse=environment.get("FREIO_WAREHOUSE", ""),
            maximum_bytes_billed=_gib(environment.get("FREIO_MAXIMUM_GIB_BILLED") or str(MAXIMUM_GIB_BILLED)) * GIB,
            google_api_endpoint=environment.get("FREIO_GOOGLE_API_ENDPOINT") or None,
            slack_api_url=environment.get("SLACK_API_URL") or None,
            # A secret that was put in with `echo` ends with a line break, which no signature would be right with.
            slack_bot_token=environment.get("SLACK_BOT_TOKEN", "").strip(),
            slack_signing_secret=environment.get("SLACK_SIGNING_SECRET", "").strip(),
            gateway_key=environment.get("FREIO_GATEWAY_KEY", "").strip(),
            hard_levers_service_account=environment.get("FREIO_HARD_LEVERS_SERVICE_ACCOUNT", ""),
            clock=environment.get("FREIO_CLOCK", ""),
            clicks_topic=environment.get("FREIO_CLICKS_TOPIC") or "freio-clicks",
            watch_topic=environment.get("FREIO_WATCH_TOPIC") or "freio-watch",
            spoken=Spoken.of(environment),
            push=Push.of(environment),
        )


def _gib(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise SettingsError(f"FREIO_MAXIMUM_GIB_BILLED: {text!r}; may be a whole number of GiB, such as 20")
    return int(text)
