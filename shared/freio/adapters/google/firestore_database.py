"""One database in Firestore: its connection, reading and writing of places, and trying again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore

from freio.adapters.google.call_errors import is_passing
from freio.adapters.google.firestore_documents import Found, Place, Write, is_expired
from freio.adapters.google.firestore_errors import MOVED, Moved, firestore_errors

T = TypeVar("T")

NEVER = Retry(predicate=if_exception_type())  # we repeat, not the library; its queries fail over retry=None


class Database:
    """Collections whose names begin with ``prefix``, shared by any number of threads. Connects at the first use.

    ``timeout`` is how long one use may go on trying, in seconds; the call that is under way then may take as long
    again.
    """

    def __init__(
        self, project: str, database: str, prefix: str, *, now: Callable[[], datetime], timeout: float
    ) -> None:
        self.timeout = timeout
        self.now = now
        self._project = project
        self._database = database
        self._prefix = prefix
        self._lock = threading.Lock()
        self._client: firestore.Client | None = None

    def close(self) -> None:
        """Let go of the connection, which closes with its last use; the next one opens another."""
        with self._lock:
            self._client = None

    def repeated(self, what: str, use: Callable[[], T]) -> T:
        """The use, tried again with growing pauses while its failure may pass, until the time is up."""
        retry = Retry(
            predicate=lambda exc: isinstance(exc, Moved) or is_passing(exc),
            initial=0.02,
            maximum=1.0,
            multiplier=2.0,
            timeout=self.timeout,
        )
        with firestore_errors(what):
            done: T = retry(use)()
        return done

    def collection(self, name: str) -> Any:
        return self._connected().collection(f"{self._prefix}-{name}")

    def read(self, places: Sequence[Place]) -> dict[Place, Found]:
        """What stands at these places, in one snapshot."""
        asked = {self._document(place).path: place for place in places}
        documents = [self._document(place) for place in places]
        found, now = {}, self.now()
        for each in self._connected().get_all(documents, retry=NEVER, timeout=self.timeout):
            fields = each.to_dict() or {}
            found[asked[each.reference.path]] = Found(each.update_time, {} if is_expired(fields, now) else fields)
        return found

    def write(self, writes: Iterable[Write], commit: str) -> None:
        """All of them or nothing, signed with `commit`; raises `Moved` where a document is not as it was read.

        Without a `commit` each document keeps the signature of the one that wrote it.
        """
        client = self._connected()
        batch = client.batch()
        signed = {"commit": commit} if commit else {}
        for write in writes:
            document = self._document(write.place)
            unchanged = None if write.based_on is None else client.write_option(last_update_time=write.based_on)
            if write.fields is None:
                batch.delete(document, option=unchanged)
            elif unchanged is None:
                held = {name: value for name, value in write.fields.items() if value is not None}
                batch.create(document, {**held, **signed})
            else:
                gone = {name: firestore.DELETE_FIELD for name, value in write.fields.items() if value is None}
                batch.update(document, {**write.fields, **gone, **signed}, option=unchanged)
        try:
            batch.commit(retry=None, timeout=self.timeout)
        except MOVED as exc:
            raise Moved(str(exc)) from exc

    def _document(self, place: Place) -> Any:
        return self.collection(place.collection).document(place.id)

    def _connected(self) -> firestore.Client:
        with self._lock:
            if self._client is None:
                with firestore_errors("connecting"):
                    self._client = firestore.Client(project=self._project, database=self._database)
            return self._client
