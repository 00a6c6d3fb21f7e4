"""Long-running operations: what a change of ours is until the service has accepted it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from freio.adapters.google.errors import failed_operation, translated
from freio.errors import Unavailable

# Seconds between looks at an operation: they end after 5 to 10 s as a rule. Past the last one the caller tries again.
PAUSES = (2.0, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 10.0, 10.0, 10.0)


def wait(
    what: str, operation: dict[str, Any], look: Callable[[str], dict[str, Any]], sleep: Callable[[float], None]
) -> None:
    """Until the operation is done; a reply without `done` still runs, since false is left out too.

    `look` asks for the operation with that name. Unavailable or Rejected where it ends in an error, as its code says;
    Unavailable where it still runs after a minute: it may have an effect yet.
    """
    for pause in (*PAUSES, None):
        if operation.get("done"):
            if "error" in operation:
                raise failed_operation(what, operation["error"])
            return
        if pause is not None:
            sleep(pause)
            with translated(what):
                operation = look(operation["name"])
    raise Unavailable(f"{what}: the operation {operation['name']} still runs after {sum(PAUSES):.0f} s")
