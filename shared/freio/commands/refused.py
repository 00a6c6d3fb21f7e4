"""The exit code of a command that reads a client's spend, and cannot go on."""

from __future__ import annotations

from freio.errors import BadInput, CurrencyMismatch, FreioError


def status_of(fault: FreioError) -> int:
    """2: something that was given cannot be used, a file of two currencies among it; 1: something else failed."""
    return 2 if isinstance(fault, (BadInput, CurrencyMismatch)) else 1
