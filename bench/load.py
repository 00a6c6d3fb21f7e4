"""Sends clicks in an open loop: each when it is due, whatever became of those before it.

Latency counts from the moment a click was *due*, so that a server (or this sender) that falls behind cannot hide it.
Every click has a connection of its own, at most `AT_ONCE` at a time.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.clicks import SignedClick

AT_ONCE = 64
PATIENCE = 15.0  # seconds for one answer; Slack gives up after three, and here it is only counted


@dataclass(frozen=True, kw_only=True)
class Sent:
    """``latency`` from due to the answer's last byte, ``late`` from due to the sender's own start; seconds."""

    mark: str
    latency: float
    late: float
    fault: str  # empty: answered 200


def send(port: int, clicks: Sequence[SignedClick], due: Sequence[float]) -> list[Sent]:
    """Send each click at its moment (seconds from now), and wait for all the answers."""
    work = iter(zip(clicks, due, strict=True))
    turn = threading.Lock()
    start = time.perf_counter()

    def sender() -> list[Sent]:
        sent: list[Sent] = []
        while True:
            with turn:
                job = next(work, None)
            if job is None:
                return sent
            click, when = job
            time.sleep(max(0.0, start + when - time.perf_counter()))
            late = time.perf_counter() - start - when
            fault = _post(port, click)
            sent.append(Sent(mark=click.mark, latency=time.perf_counter() - start - when, late=late, fault=fault))

    senders = min(AT_ONCE, len(clicks))
    with ThreadPoolExecutor(senders) as pool:
        running = [pool.submit(sender) for _ in range(senders)]
    return [one for future in running for one in future.result()]


def _post(port: int, click: SignedClick) -> str:
    """What went wrong with it, in a few words; empty where it was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", "/", click.body, dict(click.headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as exc:
        return f"{type(exc).__name__}: {exc}"
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else f"status {answer.status}"
