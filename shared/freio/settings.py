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
SPOKEN = ("FREIO_LOCALE", "FREIO_TIME_ZONE", "FREIO_CURRENCY")


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
class Settings:
    """What a process is told by its environment.

    ``config``      path of freio.yaml.
    ``store``       ``sqlite:PATH``.
    ``queue``       ``pubsub:PROJECT`` or ``http://HOST:PORT`` (the loopback queue).
    ``warehouse``   ``duckdb:PATH``; the table's name comes from the client's file. Only the watch needs it.
    ``google_api_endpoint``  every discovery-built client goes there instead of to Google.
    ``spoken``      locale, time zone and currency, where they are handed over beside the file.
    ``clock``       a file that another process drives; empty: the machine's clock.
    """

    config: str
    store: str
    queue: str
    warehouse: str = ""
    google_api_endpoint: str | None = None
    slack_api_url: str | None = None
    slack_bot_token: str = ""
    slack_signing_secret: str = ""
    clock: str = ""
    clicks_topic: str = "freio-clicks"
    watch_topic: str = "freio-watch"
    spoken: Spoken | None = None

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
            google_api_endpoint=environment.get("FREIO_GOOGLE_API_ENDPOINT") or None,
            slack_api_url=environment.get("SLACK_API_URL") or None,
            slack_bot_token=environment.get("SLACK_BOT_TOKEN", ""),
            slack_signing_secret=environment.get("SLACK_SIGNING_SECRET", ""),
            clock=environment.get("FREIO_CLOCK", ""),
            clicks_topic=environment.get("FREIO_CLICKS_TOPIC") or "freio-clicks",
            watch_topic=environment.get("FREIO_WATCH_TOPIC") or "freio-watch",
            spoken=Spoken.of(environment),
        )
