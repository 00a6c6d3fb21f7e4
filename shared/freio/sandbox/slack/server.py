"""Gives the workspace an address on loopback: ``{url}/`` is the page, ``{url}/api/`` the Web API's base URL."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from freio.sandbox.slack.api_routes import api_routes
from freio.sandbox.slack.page_routes import page_routes

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


POLL = 0.05  # seconds between two looks at whether to stop


class QuietHandler(WSGIRequestHandler):
    """Leaves the request log out: the page asks often. Errors are still logged."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line for each request is nothing to read."""


@dataclass(frozen=True)
class ServerHandle:
    """A served workspace; ``api_url`` is what ``slack_sdk.WebClient(base_url=…)`` takes."""

    url: str
    workspace: "SlackWorkspace"
    _server: BaseWSGIServer = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def stop(self) -> None:
        """Lets the open pages go, then closes the port."""
        self.workspace.changes.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def create_app(workspace: "SlackWorkspace") -> Flask:
    app = Flask(__name__)
    app.register_blueprint(api_routes(workspace))
    app.register_blueprint(page_routes(workspace))
    return app


def serve(workspace: "SlackWorkspace", host: str = "127.0.0.1", port: int = 0) -> ServerHandle:
    """Serves in a thread; port 0 takes a free one. The workspace learns its address, for the URLs it hands out."""
    server = make_server(host, port, create_app(workspace), threaded=True, request_handler=QuietHandler)
    url = f"http://{host}:{server.server_port}"
    workspace.origin = url
    workspace.changes.open()
    thread = threading.Thread(target=server.serve_forever, args=(POLL,), name="slack-workspace", daemon=True)
    thread.start()
    return ServerHandle(url=url, workspace=workspace, _server=server, _thread=thread)
