"""Who signs pushes in the place of Google: a key of the test's own, and its certificate on a loopback server."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

SERVICE_ACCOUNT = "freio-push@acme-freio.iam.gserviceaccount.com"
AUDIENCE = "https://enforcer.example"


class Signer:
    """One key, under one id."""

    def __init__(self, key_id: str = "key-1") -> None:
        self.key_id = key_id

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def certificate(self) -> str:
        """Self-signed, PEM."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def token(self, *, age: int = 0, **claims: Any) -> str:
        """A token as Pub/Sub's, made `age` seconds ago and valid for an hour; a claim that is None is left out."""
        issued = int(datetime.now(UTC).timestamp()) - age
        sound = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "email": SERVICE_ACCOUNT,
            "email_verified": True,
            "iat": issued,
            "exp": issued + 3600,
            "sub": "1",
        }
        said = {name: value for name, value in {**sound, **claims}.items() if value is not None}
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        library: Any = crypt.RSASigner  # the library leaves it bare of types
        encode: Any = jwt.encode
        encoded: bytes = encode(library.from_string(pem, self.key_id), said)
        return encoded.decode()


class CertificateServer(ThreadingHTTPServer):
    """Serves the signers' certificates as Google does; counts how often they were fetched."""

    def __init__(self, *signers: Signer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.signers = signers
        self.headers = {"Cache-Control": "public, max-age=3600, must-revalidate"}
        self.status = 200
        self.body: bytes | None = None
        self.fetched = 0
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/certs"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: CertificateServer

    def do_GET(self) -> None:
        world = self.server
        world.fetched += 1
        body = world.body
        if body is None:
            body = json.dumps({signer.key_id: signer.certificate for signer in world.signers}).encode()
        self.send_response(world.status)
        for name, value in world.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        pass
