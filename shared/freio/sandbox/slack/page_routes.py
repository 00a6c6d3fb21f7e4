"""The workspace's side for people over HTTP: the page, what it draws, and what people do in it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, render_template, request

from freio.sandbox.slack.acks import Ack
from freio.sandbox.slack.board import Message
from freio.sandbox.slack.errors import ScriptError, SlackError
from freio.sandbox.slack.snapshot import snapshot

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

HEARTBEAT = 10.0  # seconds between signs of life on the event stream
# Pictures may come from anywhere, as in Slack; everything else comes from here.
POLICY = "default-src 'self'; img-src 'self' data: http: https:; base-uri 'none'; form-action 'none'"


def page_routes(workspace: "SlackWorkspace") -> Blueprint:
    """Routes of the page itself, and under ``/page`` those that its script calls."""
    routes = Blueprint("page", __name__)

    @routes.get("/")
    def page() -> str:
        return render_template("page.html", team=workspace.team_name)

    @routes.get("/files/<file_id>")
    def file(file_id: str) -> Response:
        with workspace.lock:
            found = workspace.files.find(file_id)
        return Response(found.content, mimetype=found.mimetype, headers={"X-Content-Type-Options": "nosniff"})

    @routes.get("/page/people")
    def people() -> Response:
        with workspace.lock:
            everybody = workspace.directory.people.values()
            acting = [one.id for one in everybody if not (one.is_bot or one.deleted)]
        return jsonify(people=acting)

    @routes.get("/page/state")
    def state() -> Response:
        asked = request.args
        return jsonify(snapshot(workspace, asked.get("person", ""), asked.get("channel", ""), asked.get("thread", "")))

    @routes.get("/page/events")
    def events() -> Response:
        return Response(_versions(workspace), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    @routes.post("/page/<deed>")
    def act(deed: str) -> Response:
        return jsonify(_act(workspace, deed, request.get_json()))

    @routes.errorhandler(ScriptError)
    def impossible(error: ScriptError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 409

    @routes.errorhandler(SlackError)
    def refused(error: SlackError) -> tuple[Response, int]:
        return jsonify(error=error.code), 404

    @routes.after_request
    def guarded(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return routes


def _versions(workspace: "SlackWorkspace") -> Iterator[str]:
    """Server-sent events: the version of the workspace, now and whenever it grows."""
    seen = -1
    while not workspace.changes.closed:
        version = workspace.changes.wait(seen, HEARTBEAT)
        yield f"data: {version}\n\n" if version != seen else ": still here\n\n"
        seen = version


def _drawing(workspace: "SlackWorkspace", said: dict[str, Any]) -> Message | None:
    """The drawing that was clicked, which may be an older one: the page hears of a change a moment after it."""
    if "edited" not in said:
        return None
    drawings = workspace.drawings(said["channel"], said["ts"])
    return next((drawn for drawn in drawings if drawn.edited_ts == said["edited"]), None)


def _act(workspace: "SlackWorkspace", deed: str, said: dict[str, Any]) -> dict[str, Any]:
    """What somebody did in the page; ``ack`` is how the app took it, None when the app was not asked."""
    person, values = said["person"], said.get("values", {})
    ack: Ack | None = None
    match deed:
        case "click" if said.get("view"):
            ack = workspace.click_in_view(
                person, said["view"], said["action_id"], value=said.get("value"), values=values
            )
        case "click":
            ack = workspace.click(
                person,
                said["channel"],
                said["ts"],
                said["action_id"],
                value=said.get("value"),
                values=values,
                message=_drawing(workspace, said),
            )
        case "submit":
            ack = workspace.submit(person, said["view"], values)
        case "close":
            ack = workspace.close(person, said["view"])
        case "say" if said["text"].startswith("/"):
            ack = workspace.command(person, said["channel"], said["text"])
        case "say":
            workspace.say(person, said["channel"], said["text"], thread_ts=said.get("thread"))
        case _:
            raise ScriptError(f"the page knows no deed called {deed}")
    return {"ack": asdict(ack) if ack else None}
