"""A relay between the emulator's push and the function: what the emulator does not tell, who is done, it sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Take = Callable[[str, bytes], int]  # the subscription's name and the body of a push -> the function's status


class Relay(ThreadingHTTPServer):
    """Serves the pushes of all subscriptions on a free port; the path names the subscription."""

    daemon_threads = True  # a push that a function holds does not hold up the end
    block_on_close = False
    request_queue_size = 128

    def __init__(self, take: Take) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.take = take
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="pubsub-relay", daemon=True
        )
        self._thread.start()

    def url(self, subscription: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{subscription}"

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Relay
    protocol_version = "HTTP/1.1"  # the emulator keeps its connections

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.take(self.path.strip("/"), body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """One line for each push is nothing to read."""
