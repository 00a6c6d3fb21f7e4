"""The clients of the Web API: one that is patient, and one that is not."""

from __future__ import annotations

import pytest

from freio.adapters.slack.errors import translated
from freio.adapters.slack.web import PROMPT_TIMEOUT, prompt_client
from freio.errors import Unavailable
from freio.sandbox.slack import ServerHandle
from freio.sandbox.slack.faults import LostReply, RateLimited
from freio.sandbox.slack.workspace import BOT_TOKEN


@pytest.mark.parametrize("fault", [RateLimited(seconds=30), LostReply()])
def test_what_is_worth_nothing_late_is_asked_once(slack: ServerHandle, fault: RateLimited | LostReply) -> None:
    """A trigger id lives three seconds: no pause is slept through, and nothing is sent again."""
    slack.workspace.faults.inject("auth.test", fault)
    client = prompt_client(BOT_TOKEN, slack.api_url)
    with pytest.raises(Unavailable), translated("asking"):
        client.auth_test()
    assert client.timeout == PROMPT_TIMEOUT < 3
    assert client.auth_test()["ok"]
