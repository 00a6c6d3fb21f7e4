"""The stand-in on a loopback port: its address is what a client's file says for ``gateway.url``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from freio.sandbox.loopback import ServerHandle, hang_up, listen

if TYPE_CHECKING:
    from freio.sandbox.gateway.proxy import Proxy


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
            hang_up()
        body = json.dumps(reply.body)
        return Response(body, status=reply.status, headers=dict(reply.headers), content_type="application/json")

    app.add_url_rule("/<path:path>", "any", answer, methods=["GET", "POST"])
    return listen(app, host, port)
