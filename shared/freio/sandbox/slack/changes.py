"""Tells the open pages that something in the workspace is new."""

import threading


class Changes:
    """A version that grows with each change, and a way to wait for the next one. Shares the workspace's lock."""

    def __init__(self, lock: threading.RLock) -> None:
        self._news = threading.Condition(lock)
        self._version = 0
        self._closed = False

    @property
    def version(self) -> int:
        return self._version

    def tell(self) -> None:
        with self._news:
            self._version += 1
            self._news.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """The version once it is another than ``seen``, or ``seen`` again after so many seconds."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._version != seen, timeout=seconds)
            return self._version

    def pause(self, seconds: float) -> None:
        """Waits so many seconds, or until the server stops."""
        with self._news:
            self._news.wait_for(lambda: self._closed, timeout=seconds)

    @property
    def closed(self) -> bool:
        return self._closed

    def open(self) -> None:
        self._closed = False

    def close(self) -> None:
        """Lets every waiting page go, so that the server can stop."""
        with self._news:
            self._closed = True
            self._news.notify_all()
