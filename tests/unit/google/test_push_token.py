"""The token of a push: who is let in, who is not and why, and how often the certificates are fetched."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from freio.adapters.google.push_token import REMOVED, Certificates, PushToken, TokenRefused
from freio.errors import SettingsError, Unavailable
from freio.settings import CERTIFICATES, Push
from tests.contracts.signer import AUDIENCE, SERVICE_ACCOUNT, CertificateServer, Signer

SIGNER, STRANGER = Signer(), Signer()


@pytest.fixture
def google() -> Iterator[CertificateServer]:
    with CertificateServer(SIGNER) as made:
        yield made


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def lock(google: CertificateServer, *, behind_cloud_run: bool = False) -> PushToken:
    return PushToken(
        service_account=SERVICE_ACCOUNT,
        audience=AUDIENCE,
        certificates=Certificates(google.url),
        behind_cloud_run=behind_cloud_run,
    )


def unsigned(token: str) -> str:
    """As Cloud Run hands a token on that it has verified."""
    return f"{token.rpartition('.')[0]}.{REMOVED}"


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_our_subscriptions_token_is_let_in(google: CertificateServer, issuer: str) -> None:
    """Google writes its own name in two ways; the scheme's letters may be small."""
    for scheme in ("Bearer", "bearer"):
        lock(google).check(f"{scheme} {SIGNER.token(iss=issuer)}")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://elsewhere.example"}, "audience is 'https://elsewhere.example', and must be"),
        ({"aud": None}, "audience is None"),
        ({"aud": [AUDIENCE, "b"]}, "audience is"),
        ({"iss": "https://accounts.example"}, "issuer is 'https://accounts.example'"),
        ({"email": "somebody@acme.example"}, "e-mail is 'somebody@acme.example', and must be 'freio-push@"),
        ({"email": None}, "e-mail is None"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": None}, "not verified"),
        ({"email_verified": "true"}, "not verified"),
    ],
)
@pytest.mark.parametrize("behind_cloud_run", [False, True])
def test_somebody_elses_sound_token_is_forbidden(
    google: CertificateServer, claims: dict[str, Any], why: str, *, behind_cloud_run: bool
) -> None:
    """Google vouches for many; the message names what the token says and what it must say."""
    token = SIGNER.token(**claims)
    with pytest.raises(TokenRefused, match=why) as refused:
        lock(google, behind_cloud_run=behind_cloud_run).check(
            f"Bearer {unsigned(token) if behind_cloud_run else token}"
        )
    assert refused.value.status == 403


def test_what_nobody_vouches_for_is_unauthorised(google: CertificateServer) -> None:
    """No token, no JWT, another key, another id, another payload, too old, too young, without its times."""
    token = SIGNER.token()
    header, _, signature = token.split(".")
    other = SIGNER.token(sub="2").split(".")[1]
    unsafe = base64.urlsafe_b64encode(b'{"alg": "none", "kid": "key-1"}').decode().rstrip("=")
    bad = [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer ....",
        "Bearer ÿ.ÿ.ÿ",
        f"Bearer {STRANGER.token()}",
        f"Bearer {Signer('key-2').token()}",
        f"Bearer {header}.{other}.{signature}",
        f"Bearer {unsafe}.{other}.",
        f"Bearer {SIGNER.token(age=3700)}",
        f"Bearer {SIGNER.token(age=-60)}",
        f"Bearer {SIGNER.token(exp=None)}",
        f"Bearer {SIGNER.token(iat='now')}",
    ]
    for authorization in bad:
        with pytest.raises(TokenRefused) as refused:
            lock(google).check(authorization)
        assert refused.value.status == 401, authorization
        for part in (authorization or "").partition(" ")[2].split("."):
            assert len(part) < 9 or part not in str(refused.value)


def test_a_signature_that_cloud_run_took_off_counts_only_where_the_setting_says_so(google: CertificateServer) -> None:
    """Anybody can write that word: in a service without Cloud Run's check it is a bad signature."""
    without = f"Bearer {unsigned(SIGNER.token())}"
    lock(google, behind_cloud_run=True).check(without)
    assert google.fetched == 0
    with pytest.raises(TokenRefused, match="not valid"):
        lock(google).check(without)
    with pytest.raises(TokenRefused, match="not valid"):
        lock(google, behind_cloud_run=True).check(f"Bearer {STRANGER.token()}")


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": 0, "exp": 0},
        {"age": 3700},
        {"age": -60},
        {"exp": None},
        {"iat": None},
        {"iat": "now"},
        {"exp": "9999999999"},
        {"exp": float("nan")},
        {"iat": True},
    ],
    ids=repr,
)
def test_a_token_without_signature_still_has_its_time(google: CertificateServer, claims: dict[str, Any]) -> None:
    """Too old, too young, or no times: the claims are ours, and it is refused all the same."""
    with pytest.raises(TokenRefused, match="its token") as refused:
        lock(google, behind_cloud_run=True).check(f"Bearer {unsigned(SIGNER.token(**claims))}")
    assert refused.value.status == 401


@pytest.mark.parametrize("age", [-5, 3605])
def test_two_clocks_may_be_some_seconds_apart(google: CertificateServer, age: int) -> None:
    """With the signature and without it alike."""
    token = SIGNER.token(age=age)
    lock(google).check(f"Bearer {token}")
    lock(google, behind_cloud_run=True).check(f"Bearer {unsigned(token)}")


@pytest.mark.parametrize("serverless", [f"Bearer {STRANGER.token()}", ""], ids=["a token", "nothing"])
def test_what_cloud_run_did_not_read_is_not_believed(google: CertificateServer, serverless: str) -> None:
    """It authenticates by that header alone where there is one: then anybody has written the other."""
    without = f"Bearer {unsigned(SIGNER.token())}"
    with pytest.raises(TokenRefused, match="X-Serverless-Authorization") as refused:
        lock(google, behind_cloud_run=True).check(without, serverless)
    assert refused.value.status == 403
    lock(google).check(f"Bearer {SIGNER.token()}", serverless)


def test_certificates_are_kept_as_long_as_their_reply_allows(google: CertificateServer) -> None:
    """Its max-age, less the age that the reply already had; then they are fetched again, with a new key in them."""
    google.headers = {"Cache-Control": "public, max-age=100", "Age": "40"}
    clock = Clock()
    kept = Certificates(google.url, clock)
    for seconds in (0.0, 30.0, 59.9):
        clock.seconds = seconds
        assert set(kept.now()) == {"key-1"}
    assert google.fetched == 1
    google.signers = (SIGNER, Signer("key-2"))
    clock.seconds = 60.0
    assert set(kept.now()) == {"key-1", "key-2"}
    assert google.fetched == 2


@pytest.mark.parametrize("control", ["no-store, max-age=100", "no-cache, max-age=100", "s-maxage=100", ""])
def test_what_may_not_be_kept_is_fetched_each_time(google: CertificateServer, control: str) -> None:
    """Without a max-age nothing is known of how long a key is good."""
    google.headers = {"Cache-Control": control}
    kept = Certificates(google.url, Clock())
    kept.now()
    kept.now()
    assert google.fetched == 2


def test_many_pushes_at_once_fetch_once(google: CertificateServer) -> None:
    """The threads of a cold start wait for the first of them."""
    kept = Certificates(google.url)
    threads = [threading.Thread(target=kept.now) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert google.fetched == 1


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (404, None), (200, b"<html>"), (200, b"[]"), (200, b'{"k": 1}')]
)
def test_without_certificates_nothing_can_be_said(google: CertificateServer, status: int, body: bytes | None) -> None:
    """Neither yes nor no; the next push asks again."""
    door = lock(google)
    google.status, google.body = status, body
    with pytest.raises(Unavailable):
        door.check(f"Bearer {SIGNER.token()}")
    google.status, google.body = 200, None
    door.check(f"Bearer {SIGNER.token()}")


def test_nobody_at_the_certificates_address_is_unavailable() -> None:
    """A refused connection is told like a bad reply."""
    with CertificateServer() as gone:
        pass
    with pytest.raises(Unavailable, match="certs"):
        lock(gone).check(f"Bearer {SIGNER.token()}")


BOTH = {"FREIO_PUSH_SERVICE_ACCOUNT": SERVICE_ACCOUNT, "FREIO_PUSH_AUDIENCE": AUDIENCE}


def test_the_lock_is_on_where_the_environment_names_account_and_audience() -> None:
    """Both or none; the certificates are Google's unless moved, and the signature is verified unless said."""
    assert Push.of({}) is None
    assert Push.of(BOTH) == Push(
        service_account=SERVICE_ACCOUNT, audience=AUDIENCE, certificates=CERTIFICATES, behind_cloud_run=False
    )
    moved = Push.of(
        {**BOTH, "FREIO_PUSH_CERTIFICATES": "http://127.0.0.1:1/c", "FREIO_PUSH_SIGNATURE": "verified-by-cloud-run"}
    )
    assert moved is not None
    assert (moved.certificates, moved.behind_cloud_run) == ("http://127.0.0.1:1/c", True)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"FREIO_PUSH_AUDIENCE": ""}, "FREIO_PUSH_AUDIENCE"),
        ({"FREIO_PUSH_SERVICE_ACCOUNT": ""}, "FREIO_PUSH_SERVICE_ACCOUNT"),
        ({"FREIO_PUSH_CERTIFICATES": "http://certs.example"}, "FREIO_PUSH_CERTIFICATES"),
        ({"FREIO_PUSH_CERTIFICATES": "file:///etc/passwd"}, "FREIO_PUSH_CERTIFICATES"),
        ({"FREIO_PUSH_SIGNATURE": "no"}, "FREIO_PUSH_SIGNATURE"),
    ],
)
def test_a_wrong_lock_is_named(changes: dict[str, str], name: str) -> None:
    """Certificates that travel in the clear would let anybody in."""
    with pytest.raises(SettingsError, match=name):
        Push.of({**BOTH, **changes})
