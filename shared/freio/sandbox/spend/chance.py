"""Chance from names: a draw depends on the seed and on what it is for, never on what was drawn before.

So a sandbox that is started again, or that writes its rows in another order, tells the same story.
"""

from __future__ import annotations

import hashlib

import numpy as np


def _digest(seed: int, parts: tuple[str | int, ...]) -> bytes:
    return hashlib.sha256("\x1f".join(str(part) for part in (seed, *parts)).encode()).digest()


def rng(seed: int, *parts: str | int) -> np.random.Generator:
    """A generator of its own for what `parts` name: an app, a block of days, an incident."""
    return np.random.default_rng(int.from_bytes(_digest(seed, parts)))


def uniform(seed: int, *parts: str | int) -> float:
    """One number strictly between 0 and 1 for what `parts` name."""
    return (int.from_bytes(_digest(seed, parts)[:6]) + 0.5) / 2**48


def identifier(*parts: str | int) -> str:
    """Twelve hexadecimal digits in the shape of Google's service and SKU ids, always the same for the same parts.

    >>> identifier("Gemini 2.5 Flash Global Text Input - Predictions")
    '2174-719E-7D5B'
    """
    digits = _digest(0, parts).hex()[:12].upper()
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
