"""Whether a push comes from our own subscription: the OIDC token that Pub/Sub sends with it.

A push subscription with authentication sends ``Authorization: Bearer <JWT>``, signed by Google for the service account
and the audience that the subscription names. https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions

In production Cloud Run's own IAM check stands in front, and lets in only who has ``run.invoker`` on the service. This
is a second lock, for one caller out of those. It may be left off where that check alone decides: with Eventarc, which
signs as another service account, and in the demo, which has no Google to sign.

Where Cloud Run has made its check, it hands the token on with `REMOVED` in the place of the signature, so that a
function cannot replay it; nobody can verify it any more. ``behind_cloud_run`` says that this is so: then that word is
taken for a signature that was verified, and the claims and the times are still checked here. Without it an unsigned
token is refused like any bad one.
https://cloud.google.com/run/docs/troubleshooting#signature-removed

What that mode cannot promise: the word is no proof, and whoever may write ``Authorization`` unread can write it and
every claim before it. Cloud Run reads ``Authorization`` only where `SERVERLESS` is not there, else it authenticates the
caller by `SERVERLESS` alone and leaves ``Authorization`` to the service. So a push with `SERVERLESS` is refused in that
mode; Pub/Sub never sends it. The mode is a second lock for as long as Cloud Run hands that header on (the experiment
``serverless-header`` finds out); if it does not, ``roles/run.invoker`` alone decides. And it is no lock at all for a
service that anybody may invoke.
https://cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from freio.adapters.local.clock import SystemClock
from freio.errors import Rejected, Unavailable

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
SERVERLESS = "X-Serverless-Authorization"
SKEW = 10  # seconds that two of Google's clocks may be apart
ANSWERS_WITHIN = 5.0  # seconds; a push has its acknowledgement deadline
MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d+)")


class TokenRefused(Rejected):
    """401: nobody whom Google vouches for. 403: somebody else than our subscription. The message holds no token."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Certificates:
    """The signers' certificates by key id (PEM), kept for as long as the reply's ``Cache-Control`` allows.

    Google changes its keys every few days, and publishes a new one long before it signs with it.
    """

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: Mapping[str, str] = {}
        self._until = -1.0

    def now(self) -> Mapping[str, str]:
        """What is valid now; fetched by one thread, for which the others wait. Raises `Unavailable`."""
        with self._lock:
            asked = self._monotonic()
            if asked >= self._until:
                self._kept, age = self._fetch()
                self._until = asked + age
            return self._kept

    def _fetch(self) -> tuple[Mapping[str, str], int]:
        try:
            with urllib.request.urlopen(self._url, timeout=ANSWERS_WITHIN) as reply:  # noqa: S310  # https: the settings see to it
                found = json.loads(reply.read())
                age = _seconds(reply.headers.get("Cache-Control", ""), reply.headers.get("Age", "0"))
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise Unavailable(f"the certificates at {self._url}: {exc!r}") from exc
        if not isinstance(found, dict) or not all(isinstance(pem, str) for pem in found.values()):
            raise Unavailable(f"the certificates at {self._url}: no PEM texts by key id")
        return found, age


class PushToken:
    """What the token of each push must say."""

    def __init__(
        self, *, service_account: str, audience: str, certificates: Certificates, behind_cloud_run: bool = False
    ) -> None:
        self._service_account = service_account
        self._audience = audience
        self._certificates = certificates
        self._behind_cloud_run = behind_cloud_run

    def check(self, authorization: str | None, serverless: str | None = None) -> None:
        """Return where the header ``Authorization`` is our subscription's; else raise `TokenRefused`.

        `serverless` is the header `SERVERLESS`; None where the request has none.

        `Unavailable`: it cannot be said now, because there are no certificates. Validity in time is measured by the
        machine's clock, as Google signs by it, and not by a driven one.
        """
        if self._behind_cloud_run and serverless is not None:
            raise TokenRefused(403, f"it carries {SERVERLESS}, so that nobody has verified its Authorization")
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenRefused(401, "it has no bearer token")
        claims = self._claims(token.strip())
        _must_be("issuer", claims.get("iss"), *ISSUERS)
        _must_be("audience", claims.get("aud"), self._audience)
        _must_be("e-mail", claims.get("email"), self._service_account)
        if claims.get("email_verified") is not True:
            raise TokenRefused(403, "the token's e-mail was not verified by who signed it")

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            jwt.decode_header(token)  # type: ignore[no-untyped-call]  # the library leaves it bare
        except (GoogleAuthError, ValueError, TypeError):
            # Not chained: what Google's library says of a token that cannot be read is the token.
            raise TokenRefused(401, "its token is no JWT") from None
        if self._behind_cloud_run and token.endswith(f".{REMOVED}"):
            claims = _decoded(token, verify=False)
            _must_be_of_now(claims.get("iat"), claims.get("exp"))
            return claims
        certificates = self._certificates.now()
        try:
            return _decoded(token, certs=certificates, clock_skew_in_seconds=SKEW)
        except (GoogleAuthError, ValueError, TypeError) as exc:
            raise TokenRefused(401, f"its token is not valid: {str(exc)[:200]!r}") from exc


def _decoded(token: str, **how: Any) -> Mapping[str, Any]:
    claims: Mapping[str, Any] = jwt.decode(token, **how)  # type: ignore[no-untyped-call]  # the library leaves it bare
    return claims


def _must_be_of_now(issued: object, expires: object) -> None:
    """What Google's library sees to only together with the signature. Both in seconds since 1970."""
    if not (type(issued) is int and type(expires) is int):
        raise TokenRefused(401, f"its token's times are {issued!r} and {expires!r}, and must be two whole numbers")
    now = SystemClock().now().timestamp()
    if not issued - SKEW <= now <= expires + SKEW:
        raise TokenRefused(401, f"its token is valid from {issued} to {expires}, and it is {now:.0f}")


def _must_be(what: str, told: object, *allowed: str) -> None:
    if told not in allowed:
        raise TokenRefused(403, f"the token's {what} is {told!r}, and must be {allowed[0]!r}")


def _seconds(cache_control: str, age: str) -> int:
    """How long a reply may be kept, by RFC 9111: its ``max-age`` less the ``Age`` that it has already.

    >>> _seconds("public, max-age=20000, must-revalidate", "500")
    19500
    """
    allowed = cache_control.lower()
    found = MAX_AGE.search(allowed)
    if found is None or "no-store" in allowed or "no-cache" in allowed:
        return 0
    return max(0, int(found[1]) - (int(age) if age.isdecimal() else 0))
