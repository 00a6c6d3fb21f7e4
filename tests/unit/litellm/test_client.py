"""How a gateway is called: no redirects, no proxies to this machine, one key on every request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from freio.adapters.litellm.client import MOST_PAGES, LiteLlmApi
from freio.errors import Rejected, Unavailable


class Answering(BaseHTTPRequestHandler):
    """Answers every request as the test says, and keeps what was asked."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b"{}"
    location: ClassVar[str] = ""
    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET  # noqa: N815  # the base class's own name

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteLlmApi]:
    for name, value in {"status": 200, "body": b"{}", "location": "", "asked": []}.items():
        monkeypatch.setattr(Answering, name, value)
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    made = LiteLlmApi(f"http://127.0.0.1:{server.server_port}/llm/", "sk-admin", timeout=5)
    yield made
    made.close()
    server.shutdown()
    thread.join()
    server.server_close()


def answer(monkeypatch: pytest.MonkeyPatch, body: object, status: int = 200, location: str = "") -> None:
    monkeypatch.setattr(Answering, "status", status)
    monkeypatch.setattr(Answering, "location", location)
    monkeypatch.setattr(Answering, "body", body if isinstance(body, bytes) else json.dumps(body).encode())


def test_the_admin_key_goes_with_every_request_whatever_the_machine_says(
    api: LiteLlmApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A .netrc would put its own in the header's place, and a proxy of the environment is no way to this machine."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password mine\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    answer(monkeypatch, {"team_info": {"team_id": "care"}})
    assert api.team("care") == {"team_id": "care"}
    assert Answering.asked == [("GET", "/llm/team/info?team_id=care", "Bearer sk-admin")]


def test_a_redirect_of_a_change_is_no_success(api: LiteLlmApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Followed, the POST would come out as a GET that changes nothing."""
    answer(monkeypatch, {}, status=302, location="/login")
    with pytest.raises(Rejected, match="302"):
        api.update_key("0a1b", {"tpm_limit": 5})
    assert len(Answering.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"", [], {"team_info": None}, {}])
def test_a_success_that_is_not_the_gateways_is_unavailable(
    api: LiteLlmApi, monkeypatch: pytest.MonkeyPatch, body: object
) -> None:
    """Something else answered on the way: what was asked may or may not have happened."""
    answer(monkeypatch, body)
    with pytest.raises(Unavailable):
        api.team("care")


def test_a_list_without_an_end_is_no_answer(api: LiteLlmApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that counts its pages wrongly does not hold a brake up for ever."""
    answer(monkeypatch, {"keys": [], "total_pages": 10**9})
    with pytest.raises(Unavailable, match="pages of keys"):
        api.keys(team_id="care")
    assert len(Answering.asked) == MOST_PAGES


def test_a_host_keeps_its_port_and_its_path() -> None:
    """Two proxies on one machine are two gateways."""
    assert LiteLlmApi("https://llm.acme.example:4000/eu/", "k").host == "llm.acme.example:4000/eu"


def test_nobody_there_is_unavailable() -> None:
    """A refused connection passes, or pages somebody after some tries."""
    with pytest.raises(Unavailable, match="no reply"):
        LiteLlmApi("http://127.0.0.1:9", "k", timeout=1).deployments()
