"""One push at a time over a connection that stays open; each worker has its own."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

NO_REPLY = 0  # stands for a status where none came: refused, timed out, cut off


class Pusher:
    """Pushes to one URL; ``timeout`` in seconds is how long a function may take to acknowledge."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"a push goes to an http URL on loopback, not {url!r}")
        self._path = parts.path or "/"
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self._aborted = False

    def push(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """The reply's status and the beginning of its text, or `NO_REPLY` and why."""
        reused = self._connection.sock is not None
        status, said = self._try(headers, body)
        if status == NO_REPLY and reused and not self._aborted:
            # A server may close an idle connection at any time: that was no answer to this push.
            status, said = self._try(headers, body)
        return status, said

    def abort(self) -> None:
        """Ends a push that another thread waits for; there will be no further one."""
        self._aborted = True
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):  # it has just been closed
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.close()

    def _try(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        try:
            if self._connection.sock is None:
                self._connection.connect()
            if self._aborted:  # looked at after connecting: whoever aborts later finds the socket
                return NO_REPLY, "the queue was stopped"
            self._connection.request("POST", self._path, body=body, headers=dict(headers))
            reply = self._connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException) as exc:
            self._connection.close()
            return NO_REPLY, repr(exc)
        return reply.status, text[:300].decode("utf-8", "replace")
