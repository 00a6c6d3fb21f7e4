"""Modals, checked as Slack checks them before it opens one."""

from typing import Any

from freio.sandbox.slack import limits
from freio.sandbox.slack.blocks import check_blocks
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.objects import Findings, check_text, kind_of

NEEDS = ("type", "title", "blocks")
MAY = ("submit", "close", "private_metadata", "callback_id", "external_id", "clear_on_close", "notify_on_close")


def check_view(view: Any) -> Json:
    """The view as it came, or ``invalid_arguments`` with every finding.

    Home tabs are not drawn here: a view of another type than ``modal`` is refused.
    """
    found = Findings()
    if found.record("/view", view, needs=NEEDS, may=MAY):
        found.one_of("/view/type", view["type"], ("modal",))
        check_text(found, "/view/title", view["title"], most=limits.MODAL_TITLE)
        found += check_blocks(view["blocks"], most=limits.MODAL_BLOCKS, path="/view/blocks")
        _check_rest(found, view)
    if found:
        raise SlackError("invalid_arguments", messages=[f"[ERROR] {finding}" for finding in found])
    checked: Json = view
    return checked


def _check_rest(found: Findings, view: Json) -> None:
    for button in ("submit", "close"):
        if button in view:
            check_text(found, f"/view/{button}", view[button], most=limits.MODAL_BUTTON)
    for name, most in (
        ("private_metadata", limits.PRIVATE_METADATA),
        ("callback_id", limits.CALLBACK_ID),
        ("external_id", limits.EXTERNAL_ID),
    ):
        if name in view:
            found.string(f"/view/{name}", view[name], most=most, least=0)
    inputs = isinstance(view["blocks"], list) and any(kind_of(block) == "input" for block in view["blocks"])
    if inputs and "submit" not in view:
        found.add("/view", "missing required field: submit, as there are input blocks")
