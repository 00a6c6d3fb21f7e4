"""HTTPS: what Slack posts when people click, submit a form or type a command."""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from freio.bootstrap import Freio

# Made before the port opens: what it imports would cost the first click half a second of the three that Slack waits,
# and a setting that is missing or wrong fails the deployment instead of a click.
DOOR = Freio().door


@functions_framework.http
def slack_inbox(request: Request) -> ResponseReturnValue:
    """Verify, open a form if one was asked for, enqueue, acknowledge."""
    answer = DOOR.answer(dict(request.headers), request.get_data(cache=False))
    return dict(answer.body) if answer.body else "", answer.status
