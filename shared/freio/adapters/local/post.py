"""One JSON document to one URL: what the loopback queue and the pager share.

http.client and not urllib.request, because urllib follows a redirect of a POST by a GET without the body, and sends
loopback through a proxy that the environment names: either way it would report a delivery that was none.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from freio.errors import Rejected, SettingsError, Unavailable

TRY_AGAIN = {408, 425, 429}  # besides 5xx


def post_json(url: str, document: Mapping[str, Any], timeout: float) -> bytes:
    """Send it and return the reply's body.

    A connection that fails, a timeout (seconds), 408, 425, 429 and 5xx raise `Unavailable`; any other status than
    2xx, a redirect included, raises `Rejected` with the beginning of the reply.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"an http or https URL is wanted, not {url!r}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "freio"}
    # What is said of a failure names the host alone: a webhook's path is its secret.
    try:
        connection.request("POST", path, body=body, headers=headers)
        reply = connection.getresponse()
        content = reply.read()
    except (OSError, http.client.HTTPException) as exc:
        raise Unavailable(f"{parts.hostname} cannot be reached: {exc!r}") from exc
    finally:
        connection.close()
    if 200 <= reply.status < 300:
        return content
    said = f"{parts.hostname} answered {reply.status}: {content[:300].decode('utf-8', 'replace')}"
    if reply.status >= 500 or reply.status in TRY_AGAIN:
        raise Unavailable(said, retry_after=_seconds(reply.getheader("Retry-After")))
    raise Rejected(said)


def _seconds(retry_after: str | None) -> float | None:
    """Of the header's two forms, the pause in seconds; the date form has no meaning under a driven clock."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
