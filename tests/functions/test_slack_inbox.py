"""`slack_inbox` under functions-framework: who is let in, what is enqueued, and what it never loads."""

from __future__ import annotations

import hmac
import json
import os
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

import pytest

from tests.functions.wire import post
from tests.functions.world import CHANNEL, OPS, ROOT, SECRET, World

HEAVY = "pyod pandas sklearn numpy duckdb pydantic googleapiclient matplotlib numba ruamel sqlglot"
CLICK = {
    "type": "block_actions",
    "user": {"id": OPS},
    "container": {"type": "message", "message_ts": "1.2", "channel_id": CHANNEL},
    "trigger_id": "1.2.abc",
    "actions": [{"type": "button", "action_id": "throttle", "block_id": "b", "value": "chat-1:1", "action_ts": "1.3"}],
}


def body(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(raw: bytes, timestamp: str) -> dict[str, str]:
    signature = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + raw, sha256).hexdigest()
    return {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": f"v0={signature}",
        "content-type": "application/x-www-form-urlencoded",
    }


def test_only_what_slack_signed_within_five_minutes_comes_in(town: World) -> None:
    """A bad or old signature, none, and a timestamp that is no integer are 401; the click itself is enqueued."""
    town.environment = {**town.environment, "FREIO_CONFIG": str(town.folder / "nowhere.yaml")}  # a click needs no file
    address, raw, now = town.url("slack_inbox"), body(CLICK), town.signing_now()
    stamp, old = (str(int((now - ago).timestamp())) for ago in (timedelta(0), timedelta(minutes=6)))
    good = signed(raw, stamp)
    refused = [
        {**good, "x-slack-signature": "v0=0000"},
        signed(raw, old),
        signed(raw, "yesterday"),
        signed(raw, "1.5"),
        {},
    ]
    assert [post(address, raw, headers)[0] for headers in refused] == [401] * len(refused)
    assert post(address, raw + b"&x=1", good)[0] == 401
    assert town.queue.counts().published == 0
    assert post(address, raw, good) == (200, b"")
    assert town.queue.counts().published == 1
    nonsense = body({"type": "block_actions"})
    assert post(address, nonsense, signed(nonsense, stamp))[0] == 400


def test_it_loads_nothing_heavy_in_a_fresh_process(town: World) -> None:
    """Neither by being imported nor by a plain click: the first click of a cold start is answered in time."""
    raw = body(CLICK)
    headers = signed(raw, str(int(town.signing_now().timestamp())))
    code = f"""
import sys
sys.path.insert(0, {str(ROOT / "functions" / "slack_inbox")!r})
import main
answer = main.DOOR.answer({headers!r}, {raw!r})
assert answer.status == 200, answer
loaded = {{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r}.split())
assert not loaded, loaded
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **town.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("missing", ["SLACK_SIGNING_SECRET", "FREIO_QUEUE"])
def test_a_missing_setting_fails_the_start_and_not_a_click(missing: str, town: World) -> None:
    """A deployment that cannot work does not come up, and says what it lacks."""
    town.environment = {**town.environment, missing: ""}
    with pytest.raises(AssertionError, match=missing):
        town.url("slack_inbox")
