"""The control plane on a loopback port, where Google's own client library finds it.

One port serves every API, as `FREIO_GOOGLE_API_ENDPOINT` wants: the path tells them apart.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from freio.sandbox.loopback import ServerHandle, hang_up, listen

if TYPE_CHECKING:
    from freio.sandbox.google.control_plane import ControlPlane

VERBS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


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
            hang_up()
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
    return listen(application(control_plane), host, port)
