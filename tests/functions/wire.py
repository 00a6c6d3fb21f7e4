"""How a test talks to a function: messages, posts, and waiting until it is up."""

from __future__ import annotations

import base64
import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STARTS_WITHIN = 30.0  # seconds
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def message(data: bytes, attributes: Mapping[str, str] | None = None, *, id: str = "1") -> dict[str, Any]:  # noqa: A002  # Pub/Sub's own word
    """A Pub/Sub message with the snake_case duplicates that Eventarc adds."""
    published = NOW.isoformat()
    return {
        "data": base64.b64encode(data).decode(),
        "attributes": dict(attributes or {}),
        "messageId": id,
        "message_id": id,
        "publishTime": published,
        "publish_time": published,
    }


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body, whatever the status is."""
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"{log.stem} did not come up:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
