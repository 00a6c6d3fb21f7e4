"""What can go wrong, as one tree.

::

    FreioError
    ├── BadInput                 what came in is wrong; the message names the place, what stands there, what may
    │   ├── ConfigError          the client's file (all its faults at once)
    │   ├── SettingsError        the environment (all missing names at once)
    │   └── BadMessage           an event that nobody can use; it is journalled and dead-lettered
    ├── Conflict                 somebody else changed the record first: read again, decide again
    ├── CurrencyMismatch         two currencies were about to be added
    ├── UnknownPrice             a model has no price at that date; a signal, never zero
    └── VendorError              another service failed
        ├── Unavailable          worth trying again (429, 5xx, timeouts, lost replies); may carry ``retry_after``
        └── Rejected             fails again until a person changes something (permission, API, unknown limit)
            ├── Gone             what a lever acts on is not there any more
            └── Unreadable       records of the store cannot be read; carries those beside them that can
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class FreioError(Exception):
    """The root: whatever is not one of ours is a bug."""


class BadInput(FreioError):
    """What came in is wrong; the message names the place, what stands there and what may stand there."""


class ConfigError(BadInput):
    """The client's file has faults; ``faults`` holds each as one printable line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class SettingsError(BadInput):
    """The environment lacks names or holds wrong values; all of them in one message."""


class BadMessage(BadInput):
    """An event that can never be used, however often it is delivered.

    ``reason`` is a short code for the journal (``base64``, ``json``, ``schema_version``, …); ``about`` names what it
    speaks of (a budget's id), where that could be read: the same fault of the same thing is one page a day.
    """

    def __init__(self, reason: str, message: str, about: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.about = about


class Conflict(FreioError):
    """The record was changed by somebody else since it was read: nothing was written."""


class CurrencyMismatch(FreioError):
    """Two currencies were about to be added or compared."""


class UnknownPrice(FreioError):
    """No price is known for this model at this date. It is a signal, and never counts as zero."""

    def __init__(self, model: str) -> None:
        super().__init__(f"no price is known for model {model!r}")
        self.model = model


LONGEST_PAUSE = 3600.0  # seconds


class VendorError(FreioError):
    """Another service failed."""


class Unavailable(VendorError):
    """Worth trying again: throttled, overloaded, timed out, or the reply was lost.

    ``retry_after`` is the pause in seconds that the service asked for, if it did; an hour at most, since nothing that
    brakes or lets go waits for longer, whatever a header says.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_PAUSE)


class Rejected(VendorError):
    """Fails again until a person changes something: a permission, a disabled API, an unknown limit."""


class Gone(Rejected):
    """What a lever acts on was deleted or replaced: nothing can be set there, and nothing put back.

    ``heir`` is the target that took its place with all that stood there (a key that was rotated); None: none is known.
    """

    def __init__(self, message: str, heir: object = None) -> None:
        super().__init__(message)
        self.heir = heir


class Unreadable(Rejected):
    """Records of the store cannot be read, and the message names them; ``rest`` are those that can, in order."""

    def __init__(self, message: str, rest: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.rest = tuple(rest)

    def others(self, kind: type[T]) -> list[T]:
        """Those that can be read, of the kind that was asked for."""
        return [record for record in self.rest if isinstance(record, kind)]
