"""Where a simulated worker may be stopped: before and after every call of a port.

Workers are threads, but one runs at a time: which one, and for how many gates, is data that Hypothesis chooses, so that
a failing interleaving is found again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


class Crash(BaseException):
    """The process dies here; nothing may catch it."""


@dataclass
class Worker:
    """One process: what it does, and at which gate it dies (None: it does not)."""

    work: Callable[[], None]
    crash_at: int | None = None
    gates: int = 0
    crashed: bool = False
    error: BaseException | None = None
    done: bool = False
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Gates:
    """Passes one baton around among workers. Without a race, a worker simply runs on."""

    def __init__(self) -> None:
        self._now: Worker | None = None
        self._runs: list[int] = []
        self._left = 0
        self._workers: list[Worker] = []
        self._home = threading.Semaphore(0)

    def gate(self) -> None:
        """The running worker may die here, or hand over to the next."""
        worker = self._now
        if worker is None:
            return
        worker.gates += 1
        if worker.gates == worker.crash_at:
            raise Crash
        others = [w for w in self._workers if w is not worker and not w.done]
        if not others or not self._runs:
            return
        self._left -= 1
        if self._left <= 0:
            self._runs.pop(0)
            self._left = self._runs[0] if self._runs else 0
            self._now = others[0]
            others[0].turn.release()
            worker.turn.acquire()

    def run(self, workers: Sequence[Worker], runs: Sequence[int] = ()) -> None:
        """Run these to their ends. ``runs``: gates until the baton is handed over, one after the other."""
        self._workers, self._runs = list(workers), list(runs)
        self._left = self._runs[0] if self._runs else 0
        if len(workers) == 1:
            self._now = workers[0]
            self._live(workers[0])
        else:
            threads = [threading.Thread(target=self._thread, args=(worker,), daemon=True) for worker in workers]
            for thread in threads:
                thread.start()
            self._now = workers[0]
            workers[0].turn.release()
            self._home.acquire()
            for thread in threads:
                thread.join()
        self._now = None
        for worker in workers:
            if worker.error is not None:
                raise worker.error

    def _live(self, worker: Worker) -> None:
        try:
            worker.work()
        except Crash:
            worker.crashed = True
        except BaseException as error:  # noqa: BLE001  # raised again where the test waits
            worker.error = error
        worker.done = True

    def _thread(self, worker: Worker) -> None:
        worker.turn.acquire()
        self._live(worker)
        rest = [w for w in self._workers if not w.done]
        if rest:
            self._now = rest[0]
            rest[0].turn.release()
        else:
            self._home.release()


class Gated:
    """A port whose every call passes a gate before and after."""

    def __init__(self, port: Any, gates: Gates) -> None:
        self._port = port
        self._gates = gates

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._gates.gate()
            result = value(*args, **kwargs)
            self._gates.gate()
            return result

        return call
