"""The stand-in on a loopback port: its address is what a client's file says for ``gateway.url``."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from freio.sandbox.gateway.proxy import Proxy


class _QuietHandler(WSGIRequestHandler):
    """Requests stand in the proxy's own log; only errors are printed."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


@dataclass(frozen=True, kw_only=True)
class ServerHandle:
    """A running server."""

    url: str
    _server: BaseWSGIServer
    _thread: Thread

    def stop(self) -> None:
        """Stops listening and waits for the thread to end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(proxy: Proxy, host: str = "127.0.0.1", port: int = 0) -> ServerHandle:
    """Starts a threaded server; port 0 takes a free one."""
    app = Flask("freio-sandbox-gateway")

    def answer(path: str) -> Response:
        reply = proxy.handle(
            request.method,
            f"/{path}",
            request.query_string.decode(),
            request.get_data(),
            request.headers.get("Authorization", ""),
        )
        if reply.lost:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        body = json.dumps(reply.body)
        return Response(body, status=reply.status, headers=dict(reply.headers), content_type="application/json")

    app.add_url_rule("/<path:path>", "any", answer, methods=["GET", "POST"])
    server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox-gateway", daemon=True)
    thread.start()
    return ServerHandle(url=f"http://{host}:{server.server_port}", _server=server, _thread=thread)
