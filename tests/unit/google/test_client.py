"""Clients are built late, once for each thread, and find their way to a stand-in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import google.auth
import google.auth.exceptions
import pytest
from google.auth import impersonated_credentials
from google.auth.credentials import AnonymousCredentials

from freio.adapters.google.client import SCOPE, GoogleApis
from freio.errors import Rejected


class Own(AnonymousCredentials):
    """The machine's."""


def test_a_thread_keeps_its_client_and_shares_it_with_no_other() -> None:
    """httplib2 is not thread-safe."""
    apis = GoogleApis(endpoint="http://127.0.0.1:1")
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(apis.monitoring).result()
        other.submit(apis.close).result()
    ours = apis.monitoring()
    assert ours is apis.monitoring()
    assert ours is not theirs
    apis.close()
    assert apis.monitoring() is not ours
    apis.close()


def test_a_stand_in_gets_every_request_and_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an endpoint nobody looks for credentials."""
    monkeypatch.setattr(google.auth, "default", lambda **_: pytest.fail("looked for credentials"))
    apis = GoogleApis(endpoint="http://127.0.0.1:1")
    request = apis.service_usage().operations().get(name="operations/1")
    assert request.uri.startswith("http://127.0.0.1:1/v1beta1/operations/1")
    apis.close()


def test_missing_credentials_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without credentials gets some from a person, not from trying again."""

    def none(**_: object) -> None:
        raise google.auth.exceptions.DefaultCredentialsError("none here")  # type: ignore[no-untyped-call]  # untyped

    monkeypatch.setattr(google.auth, "default", none)
    with pytest.raises(Rejected, match="no access token: none here"):
        GoogleApis().monitoring()


def test_a_service_account_is_acted_as_by_tokens_that_ours_may_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key: the machine's own credentials are the source."""
    own = Own()  # type: ignore[no-untyped-call]  # untyped
    monkeypatch.setattr(google.auth, "default", lambda **_: (own, "acme-freio"))
    assert GoogleApis().credentials() is own
    acting = GoogleApis(acting_as="freio-hard-levers@acme-freio.iam.gserviceaccount.com").credentials()
    assert isinstance(acting, impersonated_credentials.Credentials)
    assert acting.service_account_email == "freio-hard-levers@acme-freio.iam.gserviceaccount.com"
    assert isinstance(acting._source_credentials, Own)
    assert acting._target_scopes == [SCOPE]


def test_a_stand_in_is_asked_by_nobody_whoever_is_acted_as(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could verify no token."""
    monkeypatch.setattr(google.auth, "default", lambda **_: pytest.fail("looked for credentials"))
    acting = GoogleApis(endpoint="http://127.0.0.1:1", acting_as="a@b.iam.gserviceaccount.com")
    assert isinstance(acting.credentials(), AnonymousCredentials)
