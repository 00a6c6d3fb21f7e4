"""The catalogue's stand-in: Google's own client in front, requests checked, and what is not simulated refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.server import serve
from freio.sandbox.google.sku_api import SoldSku
from tests.unit.sandbox.google_world import Clock

ACCOUNT = "01D4EE-079462-DFD6EC"
SKU = SoldSku(sku_id="AAAA-0001", description="Gemini 9 Text Input - Predictions", tiers=((0, Decimal("0.0000015")),))


@dataclass
class Catalogue:
    """Both versions of the API."""

    public: Any
    accounts: Any

    def price(self, account: str, sku: str = SKU.sku_id, currency: str = "USD") -> Any:
        name = f"billingAccounts/{account}/skus/{sku}/price"
        return self.accounts.billingAccounts().skus().price().get(name=name, currencyCode=currency).execute()


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    server = serve(ControlPlane(now=Clock(), projects=["acme"], skus=[SKU]))
    options = {"api_endpoint": server.url}
    made = [
        build(
            "cloudbilling",
            version,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google-auth gives it no types
            client_options=options,
            static_discovery=True,
        )
        for version in ("v1", "v1beta")
    ]
    yield Catalogue(*made)
    for one in made:
        one.close()
    server.stop()


def refused(error: pytest.ExceptionInfo[HttpError]) -> int:
    return int(error.value.resp.status)


def test_money_is_whole_units_and_billionths_and_zeros_are_left_out(catalogue: Catalogue) -> None:
    """The trap of the real API: who reads the units alone sees nothing but zeros."""
    listed = catalogue.public.services().skus().list(parent="services/C7E2-9256-1C43").execute()
    expression = listed["skus"][0]["pricingInfo"][0]["pricingExpression"]
    assert expression["tieredRates"][0]["unitPrice"] == {"currencyCode": "USD", "nanos": 1500}
    tier = catalogue.price(ACCOUNT)["rate"]["tiers"][0]
    assert tier["contractPrice"] == {"currencyCode": "USD", "units": "1", "nanos": 500_000_000}


def test_only_the_account_s_own_prices_are_shown(catalogue: Catalogue) -> None:
    """Another one's are refused as Google refuses what may not be seen."""
    with pytest.raises(HttpError) as error:
        catalogue.price("000000-000000-000000")
    assert refused(error) == 403


def test_what_is_not_there_or_not_simulated_is_refused(catalogue: Catalogue) -> None:
    """Never answered with something else."""
    with pytest.raises(HttpError) as error:
        catalogue.price(ACCOUNT, sku="BBBB-0001")
    assert refused(error) == 404
    with pytest.raises(HttpError) as error:
        catalogue.price(ACCOUNT, currency="BRL")
    assert refused(error) == 400
    skus = catalogue.public.services().skus()
    with pytest.raises(HttpError) as error:
        skus.list(parent="services/0000-0000-0000").execute()
    assert refused(error) == 404
    with pytest.raises(HttpError) as error:
        skus.list(parent="services/C7E2-9256-1C43", startTime="2026-11-01T00:00:00Z").execute()
    assert refused(error) == 400


def test_services_are_listed_by_id_and_name(catalogue: Catalogue) -> None:
    """Vertex AI is one of them; its name may change, and its id stays."""
    assert catalogue.public.services().list().execute()["services"] == [
        {"name": "services/C7E2-9256-1C43", "serviceId": "C7E2-9256-1C43", "displayName": "Vertex AI"}
    ]
