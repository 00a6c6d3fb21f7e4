"""``views.*``: opening, stacking and redrawing modals."""

from typing import TYPE_CHECKING

from freio.sandbox.slack.call import Call
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.modals import View
from freio.sandbox.slack.shapes import view_json
from freio.sandbox.slack.views import check_view

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def open_view(workspace: "SlackWorkspace", call: Call) -> Json:
    """Opens a modal for whoever clicked. The view is checked first: a bad one does not use the trigger up."""
    content = check_view(call.structure("view"))
    trigger = workspace.tickets.redeem(call.needed("trigger_id"))
    return _shown(workspace, workspace.modals.open(trigger.person, content))


def push_view(workspace: "SlackWorkspace", call: Call) -> Json:
    """Stacks a modal on the one in which the person clicked."""
    content = check_view(call.structure("view"))
    trigger = workspace.tickets.redeem(call.needed("trigger_id"))
    if trigger.view is None:
        raise SlackError("invalid_trigger_id", messages=["[ERROR] views.push needs a trigger from inside a modal"])
    return _shown(workspace, workspace.modals.push(trigger.person, content))


def update_view(workspace: "SlackWorkspace", call: Call) -> Json:
    content = check_view(call.structure("view"))
    if view_id := call.text("view_id"):
        view = workspace.modals.find(view_id)
    else:
        view = workspace.modals.find_external(call.needed("external_id"))
    if call.text("hash") not in {"", view.hash}:
        raise SlackError("hash_conflict")
    return _shown(workspace, workspace.modals.redraw(view, content))


def _shown(workspace: "SlackWorkspace", view: View) -> Json:
    return {"view": view_json(workspace, view)}
