"""The workspace's side for apps over HTTP: the Web API with its faults, uploads, response URLs."""

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from freio.sandbox.slack.api import answer, refusal_json
from freio.sandbox.slack.call import Call
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.faults import Fault, Hang, LostReply, RateLimited, Refused, ServerError, Slow
from freio.sandbox.slack.responses import respond

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def api_routes(workspace: "SlackWorkspace") -> Blueprint:
    """Routes under ``/api``, ``/upload`` and ``/hooks``."""
    routes = Blueprint("api", __name__)

    @routes.route("/api/<method>", methods=["GET", "POST"])
    def call_method(method: str) -> Response:
        token, call = _token(), _call(workspace.origin)
        if call is None:
            return jsonify(ok=False, error="invalid_json")
        with workspace.lock:
            fault = workspace.faults.take(method)
        if (failure := _fail(fault, workspace.changes.pause)) is not None:
            return failure
        reply = answer(workspace, method, token, call)
        if isinstance(fault, LostReply):
            return _hang_up()
        return jsonify(reply)

    @routes.post("/upload/v1/<file_id>")
    def upload(file_id: str) -> Response:
        content = request.get_data()
        try:
            with workspace.lock:
                workspace.files.fill(file_id, content)
        except SlackError as refusal:
            return Response(refusal.code, status=refusal.status)
        return Response(f"OK - {len(content)}")

    @routes.post("/hooks/<name>")
    def hook(name: str) -> Response:
        try:
            with workspace.lock:
                respond(workspace, name, request.get_json(force=True, silent=True))
        except SlackError as refusal:
            reply = jsonify(refusal_json(refusal))
            reply.status_code = refusal.status if refusal.status != 200 else 400
            return reply
        return Response("ok")

    return routes


def _token() -> str:
    """The bearer token, or the older ``token`` argument in a form."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else request.values.get("token", "")


def _call(origin: str) -> Call | None:
    """The arguments of the call; None for a JSON body that is no JSON object."""
    if request.is_json and request.get_data():  # the client says JSON of an empty body too
        body = request.get_json(silent=True)
        return Call(body, origin) if isinstance(body, dict) else None
    return Call(request.values.to_dict(), origin)


def _fail(fault: Fault | None, pause: Callable[[float], None]) -> Response | None:
    """The failure that takes the place of the call; None when the call goes on, now or after a pause."""
    match fault:
        case RateLimited(seconds):
            reply = jsonify(ok=False, error="ratelimited")
            reply.status_code = 429
            reply.headers["Retry-After"] = str(seconds)
            return reply
        case ServerError(status):
            return Response("the workspace was told to fail", status=status)
        case Refused(error):
            return jsonify(ok=False, error=error)
        case Hang(seconds):
            pause(seconds)
            return _hang_up()
        case Slow(seconds):
            pause(seconds)
    return None


def _hang_up() -> Response:
    """Closes the connection under the reply: the caller cannot know whether the call took effect."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=204)
