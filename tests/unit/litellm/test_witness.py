"""What of a gateway's spend logs is usage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.adapters.litellm.gateway_witness import GatewayWitness
from freio.adapters.litellm.standing import Caller
from freio.domain.gateway import Gateway

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
