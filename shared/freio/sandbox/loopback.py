"""A stand-in's WSGI application on a loopback port, in a thread of this process."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from threading import Thread

from flask import Flask, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class _QuietHandler(WSGIRequestHandler):
    """Requests stand in the stand-in's own log; only errors are printed."""

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


def listen(app: Flask, host: str, port: int) -> ServerHandle:
    """Starts a threaded server; port 0 takes a free one. The thread goes by the application's name."""
    server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name=app.name, daemon=True)
    thread.start()
    return ServerHandle(url=f"http://{host}:{server.server_port}", _server=server, _thread=thread)


def hang_up() -> None:
    """Ends the connection before a byte of the reply; werkzeug takes the broken pipe for a client that went away."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
