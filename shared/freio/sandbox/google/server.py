"""The control plane on a loopback port, where Google's own client library finds it.

One port serves every API, as `FREIO_GOOGLE_API_ENDPOINT` wants: the path tells them apart.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from freio.sandbox.google.control_plane import ControlPlane

VERBS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


class _QuietHandler(WSGIRequestHandler):
    """Requests stand in the control plane's own log; only errors are printed."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


@dataclass(frozen=True, kw_only=True)
class ServerHandle:
    """A running server. `url` is what a client takes as `api_endpoint`."""

    url: str
    _server: BaseWSGIServer
    _thread: Thread

    def stop(self) -> None:
        """Stops listening and waits for the thread to end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def application(control_plane: ControlPlane) -> Flask:
    """The control plane as a WSGI application."""
    app = Flask("freio-sandbox-google")

    def answer(path: str = "") -> Response:
        # The decoded path has lost the difference between `/` and `%2F`, which names of quotas live by.
        raw_path = str(request.environ["RAW_URI"]).partition("?")[0] if path else "/"
        reply = control_plane.handle(
            request.method,
            raw_path,
            request.query_string.decode(),
            request.get_data(),
            authorization=request.headers.get("Authorization", ""),
        )
        if reply.lost:
            _hang_up(request.environ["werkzeug.socket"])
        return Response(
            json.dumps(reply.body),
            status=reply.status,
            headers=dict(reply.headers),
            content_type="application/json; charset=UTF-8",
        )

    app.add_url_rule("/", "root", answer, methods=VERBS)
    app.add_url_rule("/<path:path>", "any", answer, methods=VERBS)
    return app


def serve(control_plane: ControlPlane, host: str = "127.0.0.1", port: int = 0) -> ServerHandle:
    """Starts a threaded server; port 0 takes a free one."""
    server = make_server(host, port, application(control_plane), threaded=True, request_handler=_QuietHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox-google", daemon=True)
    thread.start()
    return ServerHandle(url=f"http://{host}:{server.server_port}", _server=server, _thread=thread)


def _hang_up(connection: socket.socket) -> None:
    """Ends the connection before a byte of the reply; werkzeug takes the broken pipe for a client that went away."""
    connection.shutdown(socket.SHUT_RDWR)
