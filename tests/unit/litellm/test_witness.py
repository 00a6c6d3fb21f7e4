"""What of a gateway's spend logs is usage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.adapters.litellm.gateway_witness import GatewayWitness
from freio.adapters.litellm.standing import Caller
from freio.domain.gateway import Gateway
from freio.domain.proof import Window

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Logs(LiteLlmApi):
    """A proxy that has answered one request itself, from its cache, one a window early, and one at the model."""

    def logs(self, since: datetime, until: datetime, **where: str) -> Iterator[Row]:
        row = {"startTime": "2026-11-02 12:01:00", "total_tokens": 1_000}
        yield {**row, "cache_hit": "True"}
        yield {**row, "startTime": "2026-11-02 11:59:59"}
        yield {**row, "cache_hit": "False"}

    def keys(self, **where: str) -> list[Row]:
        return []

    def count(self, since: datetime, until: datetime, **where: str) -> int:
        return 0


def test_what_the_gateway_answers_from_its_own_cache_is_no_use_of_the_model() -> None:
    """It costs nothing, and no limit counts it."""
    witness = GatewayWitness(
        Logs("http://127.0.0.1:9", "sk-1"),
        Gateway(url="http://127.0.0.1:9"),
        now=lambda: NOON + timedelta(minutes=10),
    )
    target = Caller("team", "care").target("llm.acme.example", "tpm", "fast")
    [window] = witness.windows(target, NOON, NOON + timedelta(minutes=5), 5)
    assert window.usage == 200


class Proxy(LiteLlmApi):
    """A team of keys, some of which have a limit of their own; so many requests of each were refused."""

    def __init__(self, refused: Mapping[str, int], own: Collection[str]) -> None:
        super().__init__("http://127.0.0.1:9", "sk-1")
        self._refused, self._own = refused, own
        self.counted = 0

    def keys(self, **where: str) -> list[Row]:
        own = {"metadata": {"model_tpm_limit": {"fast": 5}}}
        return [{"token": key, **(own if key in self._own else {})} for key in self._refused]

    def logs(self, since: datetime, until: datetime, **where: str) -> Iterator[Row]:
        yield from ()

    def count(self, since: datetime, until: datetime, **where: str) -> int:
        self.counted += 1
        found = self._refused[where["api_key"]] if "api_key" in where else sum(self._refused.values())
        return min(10_000, found)


def windows(proxy: Proxy, minutes: int) -> list[Window]:
    gateway = Gateway(url="http://127.0.0.1:9")
    witness = GatewayWitness(proxy, gateway, now=lambda: NOON + timedelta(hours=1))
    target = Caller("team", "care").target("llm.acme.example", "tpm", "fast")
    return witness.windows(target, NOON, NOON + timedelta(minutes=minutes), 5)


def test_a_key_that_hammers_its_own_limit_hides_nothing_that_the_team_s_refuses() -> None:
    """The proxy counts to 10,000 and no further, so that there is nothing to take the key's from."""
    [window] = windows(Proxy({"own": 12_000, "other": 8_000}, own={"own"}), 5)
    assert window.exceeded == 8_000


def test_where_nothing_was_refused_no_key_is_asked_for() -> None:
    """Two hundred keys with limits of their own: a question a window, and not one for each of them."""
    keys = {f"k{number}": 0 for number in range(200)}
    proxy = Proxy(keys, own=set(keys))
    assert len(windows(proxy, 30)) == 6
    assert proxy.counted == 6
