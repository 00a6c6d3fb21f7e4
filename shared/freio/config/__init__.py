"""The client's file, ``freio.yaml``: text → one frozen `Client`, or every fault in it at once.

Each fault is a line for people: the file, the line, the key, what stands there, what may stand there::

    freio.yaml:14: apps[0].grace: '15 minutes' is not a duration; may be a number with s, m, h or d, such as 15m

The way through: `document` (YAML → values and lines) → `model` (keys, of `kinds`) and `rules` (keys together) →
`explain` (what is wrong, in words) or `mapping` (what it says, as domain types).
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from pydantic import ValidationError

from freio.config import document, mapping
from freio.config.explain import explained
from freio.config.faults import Fault, printed
from freio.config.model import ClientKeys
from freio.config.remarks import idle_levers, remarks
from freio.config.rules import broken
from freio.domain.app import Client
from freio.errors import ConfigError

__all__ = ["check", "idle_levers", "load", "parse"]


def load(path: str | Path) -> Client:
    """The client that this file describes. ConfigError: all that is wrong with it, by line.

    One whose name ends in ``.gz`` is compressed: so Terraform hands it to a function.
    """
    name = str(path)
    try:
        data = Path(path).read_bytes()
        if name.endswith(".gz"):
            data = gzip.decompress(data)
    except (OSError, ValueError, EOFError, zlib.error) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise ConfigError(
            printed([Fault(0, (), f"cannot be read: {reason}; may be a file like freio.yaml")], name)
        ) from exc
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        message = f"the byte 0x{data[exc.start]:02x} is not UTF-8; may be any text saved as UTF-8"
        raise ConfigError(printed([Fault(line, (), message)], name)) from exc
    return parse(text, name=name)


def parse(text: str, *, name: str = "freio.yaml") -> Client:
    """The client that this text describes; `name` is what the faults call it.

    ConfigError: all that is wrong with it, sorted by line.
    """
    read = document.read(text)
    faults = list(read.faults)
    keys: ClientKeys | None = None
    if read.is_read:
        faults += broken(read)
        try:
            keys = ClientKeys.model_validate(read.root)
        except ValidationError as exc:
            faults += explained(exc, read)
    if faults or keys is None:
        raise ConfigError(printed(faults, name))
    return mapping.client(keys)


def check(path: str | Path) -> tuple[list[str], list[str], Client | None]:
    """Faults, warnings, and the client where there are no faults: all that `freio check` has to print."""
    try:
        client = load(path)
    except ConfigError as exc:
        return exc.faults, [], None
    return [], remarks(client), client
