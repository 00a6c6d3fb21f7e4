"""One reading while it is made: tokens become money, and go to those whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.spend import Export, Tokens
from freio.guard.basis import odd_bill, share_of
from freio.guard.estimate import Shares, Traffic, priced, split
from freio.guard.reconcile import UNKNOWN, Ratio
from freio.guard.sums import Sums
from freio.guard.telemetry import HOUR, Telemetry, floor_hour
from freio.guard.token_rate import TokenSums
from freio.ports import PriceBook


class Look:
    """Adds up ``sums`` and ``tokens`` by app; made anew for each reading."""

    def __init__(
        self,
        client: Client,
        prices: PriceBook,
        *,
        known: Shares,
        compared: Mapping[Traffic, Ratio],
        export: Export,
        now: datetime,
    ) -> None:
        self._client = client
        self._prices = prices
        self._known = known
        self._compared = compared
        self._export = export
        self._now = now
        self.sums: dict[str, Sums] = defaultdict(Sums)
        self.tokens = TokenSums(now)

    def count(self, telemetry: Telemetry, settled: datetime) -> None:
        """Hours that have ended, the steps of the one that has not, and the last hour up to its newest point."""
        this_hour = floor_hour(self._now)
        newest = telemetry.newest() or self._now
        for tokens in telemetry.hourly:
            if tokens.start >= settled:
                self._guess(tokens)
        for tokens in telemetry.recent:
            if tokens.start >= this_hour:
                self._guess(tokens)
            if tokens.start >= newest - HOUR:
                self._run(tokens)

    def _owners(self, tokens: Tokens) -> Mapping[str, Decimal]:
        owners = split(self._client, self._known, tokens.project, tokens.model)
        return {app: share for app, share in owners.items() if share}

    def _ratio(self, tokens: Tokens) -> Ratio:
        found = self._compared.get((tokens.project, tokens.model), UNKNOWN)
        return found if found.is_believed else UNKNOWN

    def _priced(self, tokens: Tokens) -> Decimal:
        """What has no price is said of every app that it may belong to."""
        found = priced(tokens, self._prices, self._client.currency, self._export.usd_rate)
        for app in self._owners(tokens) if found.unpriced else ():
            self.sums[app].unpriced.update(found.unpriced)
        return found.amount

    def _guess(self, tokens: Tokens) -> None:
        cost = self._priced(tokens)
        for app, share in self._owners(tokens).items():
            self.sums[app].guess(floor_hour(tokens.start), tokens.model, cost * share, self._ratio(tokens))

    def _run(self, tokens: Tokens) -> None:
        cost, ratio, owners = self._priced(tokens), self._ratio(tokens), self._owners(tokens)
        traffic = (tokens.project, tokens.model)
        for app, share in owners.items():
            mine = self.sums[app]
            if tokens.is_dedicated:
                mine.dedicated[tokens.model] += round(sum(tokens.counts.values()) * share)
                continue
            mine.run(tokens.model, cost * share, ratio)
            self.tokens.step(app, tokens, share, cost * ratio.mid)
            until = self._export.complete_until or self._now
            if odd := odd_bill(traffic, self._compared.get(traffic)):
                mine.odd[odd] = None
            if said := share_of(self._client, self._known, traffic, owners=owners, app=app, until=until):
                mine.shared[said] = None
