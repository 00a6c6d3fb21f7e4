"""A function behind the lock of `push_token`: where HTTP's headers are, and what Pub/Sub is answered.

Pub/Sub takes every status but 102, 200, 201, 202 and 204 for "not delivered": it pushes again with the pauses of the
subscription's retry policy, and after ``max_delivery_attempts`` the message goes to the dead-letter topic. So a refusal
loses nothing where the subscription is ours and only set up wrongly, and asks nobody to come again who forged it:

* 401, 403: the token is missing, bad, somebody else's, or one that Cloud Run has not read. A person must look, and
  finds one line in the log.
* 503: the certificates cannot be had. The next attempt may find them.
https://cloud.google.com/pubsub/docs/push#receive_push

functions-framework has read the body as JSON by then; none of it was looked at, and nothing stored.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import ParamSpec

from flask import abort, request

from freio.adapters.google.push_token import SERVERLESS, PushToken, TokenRefused
from freio.errors import Unavailable

P = ParamSpec("P")


def behind(token: PushToken, function: Callable[P, None]) -> Callable[P, None]:
    """`function`, called only where the request that is being served carries our subscription's token."""

    @functools.wraps(function)
    def locked(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            token.check(request.headers.get("Authorization"), request.headers.get(SERVERLESS))
        except TokenRefused as refused:
            _turn_away(refused.status, "WARNING", f"a push was refused: {refused}")
        except Unavailable as unknown:
            _turn_away(503, "ERROR", f"a push could not be verified: {unknown}")
        function(*args, **kwargs)

    return locked


def _turn_away(status: int, severity: str, why: str) -> None:
    """One line of JSON on stderr, which Cloud Logging reads as an entry; then the request ends."""
    sys.stderr.write(json.dumps({"severity": severity, "message": why}, ensure_ascii=False) + "\n")
    sys.stderr.flush()
    abort(status)
