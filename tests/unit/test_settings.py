"""The environment: what must be there, what may, and what is said when it is not."""

from __future__ import annotations

import pytest

from freio.errors import SettingsError
from freio.settings import Settings

SOUND = {"FREIO_CONFIG": "freio.yaml", "FREIO_STORE": "sqlite:x.db", "FREIO_QUEUE": "http://127.0.0.1:8100"}


def test_what_is_left_out_has_its_default() -> None:
    """Three names are enough; an empty value is none."""
    settings = Settings.of({**SOUND, "FREIO_GOOGLE_API_ENDPOINT": "", "FREIO_CLICKS_TOPIC": ""})
    assert (settings.config, settings.store, settings.queue) == tuple(SOUND.values())
    assert settings.google_api_endpoint is None
    assert settings.clicks_topic == "freio-clicks"
    assert settings.spoken is None


def test_all_missing_names_come_in_one_error() -> None:
    """With what each is."""
    with pytest.raises(SettingsError) as caught:
        Settings.of({})
    assert all(name in str(caught.value) for name in SOUND)


def test_how_the_client_speaks_is_told_whole_or_not_at_all() -> None:
    """Half of it would mean reading the file after all, and unnoticed."""
    spoken = {"FREIO_LOCALE": "pt-BR", "FREIO_TIME_ZONE": "America/Sao_Paulo", "FREIO_CURRENCY": "BRL"}
    made = Settings.of({**SOUND, **spoken}).spoken
    assert made is not None
    assert (made.locale, made.time_zone, made.currency) == tuple(spoken.values())
    with pytest.raises(SettingsError, match="must have all or none"):
        Settings.of({**SOUND, "FREIO_LOCALE": "en"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("FREIO_PUSH_SIGNATURE", "verified-by-cloud-run"), ("FREIO_PUSH_CERTIFICATES", "https://certs.example")],
)
def test_half_a_lock_on_the_pushes_is_an_error(name: str, value: str) -> None:
    """It would look like a lock, and let everybody in."""
    assert Settings.of(SOUND).push is None
    with pytest.raises(SettingsError, match=f"{name} locks nothing without FREIO_PUSH_SERVICE_ACCOUNT and"):
        Settings.of({**SOUND, name: value})


def test_the_gateways_admin_key_comes_from_the_environment_alone() -> None:
    """A secret stands in no file; without a gateway there is none."""
    assert Settings.of(SOUND).gateway_key == ""
    assert Settings.of({**SOUND, "FREIO_GATEWAY_KEY": "sk-admin"}).gateway_key == "sk-admin"


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "FREIO_GATEWAY_KEY"])
def test_a_line_break_behind_a_secret_is_none_of_it(name: str) -> None:
    """`echo … | gcloud secrets versions add` leaves one there; and a secret of nothing else is missing."""
    assert getattr(Settings.of({**SOUND, name: "s3cret\n"}), name.removeprefix("FREIO_").lower()) == "s3cret"
    assert getattr(Settings.of({**SOUND, name: "\n"}), name.removeprefix("FREIO_").lower()) == ""
