"""The address at which other processes publish."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from freio.sandbox.queue.publishing import Refused

Answer = Callable[[str, bytes], list[str]]  # path and body of a publish call -> ids of the messages


class PublishServer(ThreadingHTTPServer):
    """Serves in threads that end with their connections, and is joined with all of them by `stop`."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, answer: Answer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="queue-publish", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection, one call: HTTP/1.0, so that no client holds a thread by keeping its connection open."""

    server: PublishServer
    timeout = 10.0
    wbufsize = -1  # the reply leaves in one packet

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            ids = self.server.answer(self.path, body)
        except Refused as refusal:
            self._reply(refusal.code, refusal.body())
        else:
            self._reply(200, json.dumps({"messageIds": ids}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """One line for each message is nothing to read."""

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
