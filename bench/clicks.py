"""Clicks as Slack posts them: a button of an incident, signed, each with a mark of its own to find it again by."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

SECRET = "a-signing-secret-of-the-bench"  # noqa: S105  # signs pretend clicks
MARK = re.compile(rb"bench-[a-z0-9]+-\d{5}")


@dataclass(frozen=True, kw_only=True)
class SignedClick:
    """One request: `mark` stands in its body, and in whatever is published for it."""

    mark: str
    headers: Mapping[str, str]
    body: bytes


def signed_click(run: str, number: int, at: float) -> SignedClick:
    """*keep running*, clicked and signed at `at` (seconds since 1970). `run`: small letters and digits."""
    mark = f"bench-{run}-{number:05d}"
    payload = {
        "type": "block_actions",
        "user": {"id": f"U{number % 7:010d}", "username": "bench", "team_id": "T0BENCH000"},
        "api_app_id": "A0BENCH000",
        "container": {"type": "message", "message_ts": "1795444200.000100", "channel_id": "C0FINOPS00"},
        "trigger_id": f"{number}.bench",
        "channel": {"id": "C0FINOPS00", "name": "finops"},
        "response_url": "https://hooks.slack.com/actions/T0BENCH000/1/bench",
        "actions": [
            {
                "type": "button",
                "block_id": "decide",
                "action_id": "keep",
                "value": f"{mark}:1",
                "action_ts": f"{at + number / 1000:.6f}",
                "text": {"type": "plain_text", "text": "Keep running", "emoji": True},
            }
        ],
    }
    body = urlencode({"payload": json.dumps(payload)})
    stamp = str(int(at))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
    }
    return SignedClick(mark=mark, headers=headers, body=body.encode())
