"""The recorded usage in five-minute steps, and the incidents of the protocol laid on it.

Clients, prices and incidents are those of `bench/incidents.py`: its seeds choose who has an incident, from which hour
on, and how much it adds in each hour. Here that is spread evenly over the hour's steps, as are the two steps of each
ten recorded minutes. Extra tokens cost what the client's own tokens cost on average, and come in requests as long as
its own are on average, or in shorter or longer ones.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PER_HOUR = 12  # five-minute steps
TEN = 600  # seconds of a recorded step


def fold(name: str) -> int:
    """The protocol's fold of a client, 0 to 4."""
    return int(hashlib.sha256(f"fold:{name}".encode()).hexdigest(), 16) % 5


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client's money (USD), tokens and requests in each five-minute step."""

    name: str
    usd: Floats
    tokens: Floats
    requests: Floats

    def with_extra(self, hourly: Floats, *, length: float = 1.0) -> Client:
        """The same client with so much more money in each hour, the tokens that it buys, and their requests.

        ``length``  of one of these requests in tokens, over that of the client's own.
        """
        extra = np.repeat(hourly / PER_HOUR, PER_HOUR)
        a_dollar = self.tokens.sum() / self.usd.sum()
        a_token = self.requests.sum() / self.tokens.sum() / length
        return Client(
            name=self.name,
            usd=self.usd + extra,
            tokens=self.tokens + extra * a_dollar,
            requests=self.requests + extra * a_dollar * a_token,
        )


@dataclass(frozen=True, kw_only=True)
class Incident:
    """``added`` USD in each hour, from hour `first` to `last` of the recording, both included."""

    kind: str
    seed: int
    client: int
    added: Floats

    @property
    def first(self) -> int:
        return int(np.flatnonzero(self.added)[0])

    @property
    def last(self) -> int:
        return int(np.flatnonzero(self.added)[-1])


def clients(path: Path, protocol: Any) -> list[Client]:
    """Those of the protocol, in its order; the hours of their money are its hours, or this raises ValueError."""
    names, spend = protocol.load(path)
    steps = protocol.HOURS * 3600 // TEN
    rows = _rows(path)
    medians = {
        tier: _medians([row for name in rows if name.startswith(f"{tier}/") for row in rows[name]])
        for tier in protocol.PRICES
    }
    found = []
    for name, hourly in zip(names, spend, strict=True):
        tier = name.split("/")[0]
        prices = np.array(protocol.PRICES[tier])
        usd, tokens, requests = _in_tens(np.array(rows[name], float), medians[tier], prices, steps)
        client = Client(
            name=name,
            usd=np.repeat(usd * protocol.SCALE / 2, 2),
            tokens=np.repeat(tokens / 2, 2),
            requests=np.repeat(requests / 2, 2),
        )
        if not np.allclose(client.usd.reshape(-1, PER_HOUR).sum(axis=1), hourly):
            raise ValueError(f"{name} costs other amounts an hour here than in the protocol")
        found.append(client)
    return found


def incidents(protocol: Any, spend: Floats, seeds: Sequence[int]) -> Iterator[Incident]:
    """Every incident of these seeds that is worth the protocol's least."""
    for seed in seeds:
        for kind in protocol.INCIDENTS:
            _, added = protocol.inject(spend, kind, seed)
            for client in np.flatnonzero(added.sum(axis=1) >= protocol.MIN_USD):
                yield Incident(kind=kind, seed=seed, client=int(client), added=added[client])


def _rows(path: Path) -> dict[str, list[tuple[float, float, float, float]]]:
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            means = (float(row[f"{way}_tokens_per_request"] or "nan") for way in ("input", "output"))
            a, b = means
            found.setdefault(f"{row['tier']}/{row['client']}", []).append(
                (float(row["t_seconds"]), float(row["requests"]), a, b)
            )
    return found


def _medians(rows: list[tuple[float, float, float, float]]) -> Floats:
    return np.asarray(np.nanmedian(np.array(rows)[:, 2:], axis=0))


def _in_tens(rows: Floats, fallback: Floats, prices: Floats, steps: int) -> tuple[Floats, Floats, Floats]:
    """Money, tokens and requests of each ten minutes; a mean not recorded is the client's median, or its tier's."""
    own = fallback if np.isnan(rows[:, 2:]).all() else np.nanmedian(rows[:, 2:], axis=0)
    means = np.where(np.isnan(rows[:, 2:]), own, rows[:, 2:])
    at = (rows[:, 0] // TEN).astype(int)
    usd = np.bincount(at, rows[:, 1] * (means @ prices) / 1e6, steps)
    tokens = np.bincount(at, rows[:, 1] * means.sum(axis=1), steps)
    requests = np.bincount(at, rows[:, 1], steps)
    return usd.astype(np.float64), tokens.astype(np.float64), requests.astype(np.float64)
