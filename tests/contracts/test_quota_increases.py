"""Requests for more quota: the adapter against the sandbox's Cloud Quotas API, and that against the published contract.

google-api-python-client ships no document of this API, so ours is held to the messages and HTTP rules of Google's own
client library (`facts/cloudquotas.v1.contract.json`, from google-cloud-quotas 0.6.3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.quota_increases import GoogleQuotaIncreases
from freio.adapters.google.quota_lever import QuotaLever
from freio.domain.increase import Preference, preference_id
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.sandbox.google.catalogue import GLOBAL_INPUT, GLOBAL_REQUESTS, Limit
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.faults import HttpFault, LostReply
from freio.sandbox.google.server import serve

CONTRACT = json.loads((Path(__file__).parent / "facts" / "cloudquotas.v1.contract.json").read_text(encoding="utf-8"))
DOCUMENT = json.loads(
    (resources.files("freio") / "adapters" / "google" / "cloudquotas.v1.json").read_text(encoding="utf-8")
)
CREATE = "cloudquotas.projects.locations.quotaPreferences.create"
LIST = "cloudquotas.projects.locations.quotaPreferences.list"
FLASH_GRANTED = 10_000_000_000
MORE = 2 * FLASH_GRANTED


def target(limit: Limit = GLOBAL_INPUT, model: str = "gemini-2.5-flash-ga") -> Target:
    return Target("quota", "acme-chat", limit.service, limit.metric, limit.unit, (("base_model", model),))


@dataclass(frozen=True)
class Google:
    increases: GoogleQuotaIncreases
    lever: QuotaLever
    plane: ControlPlane

    def file(self, value: int = MORE, of: Target | None = None, contact: str = "rui@acme.example") -> Preference:
        wanted = of or target()
        return self.increases.file(
            wanted, value, request_id=preference_id(wanted), contact=contact, why="launch of the new bot"
        )

    def asked(self, verb: str) -> list[Any]:
        return [one for one in self.plane.log if one.verb == verb and "quotaPreferences" in one.path]


@pytest.fixture
def google() -> Iterator[Google]:
    plane = ControlPlane(
        now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC), projects=["acme-chat", "acme-lab"], operation_seconds=0
    )
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield Google(increases=GoogleQuotaIncreases(apis), lever=QuotaLever(apis), plane=plane)
    apis.close()
    server.stop()


# ---- our document against the contract


def test_our_document_has_the_contracts_messages_field_by_field() -> None:
    """Every message that it names has all of the contract's fields, under their JSON names, and no other."""
    for name, schema in DOCUMENT["schemas"].items():
        fields = CONTRACT["messages"][f"google.api.cloudquotas.v1.{name}"]
        assert schema["properties"].keys() == fields.keys(), name
        for field, described in fields.items():
            assert _kind(schema["properties"][field]) == _wanted(described), f"{name}.{field}"


def _wanted(described: dict[str, Any]) -> str:
    of = described["type"].removeprefix("message:").removeprefix("google.api.cloudquotas.v1.")
    if of.endswith("Entry"):
        return "map"
    plain = {
        "google.protobuf.Int64Value": "int64",
        "google.protobuf.Timestamp": "google-datetime",
        "bool": "boolean",
    }.get(of, "string" if of.startswith("enum:") else of)
    return f"{plain}[]" if described["repeated"] else plain


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    if "additionalProperties" in schema:
        return "map"
    return str(schema.get("$ref") or schema.get("format") or schema["type"])


def test_our_document_has_the_contracts_paths_and_parameters() -> None:
    """Each method's verb and path, and the fields of its request that are not in the path or the body."""
    locations = DOCUMENT["resources"]["projects"]["resources"]["locations"]["resources"]
    methods = {
        **{f"{name}/preference": m for name, m in locations["quotaPreferences"]["methods"].items()},
        **{f"{name}/info": m for name, m in locations["services"]["resources"]["quotaInfos"]["methods"].items()},
    }
    named = {
        "list/info": "ListQuotaInfos",
        "get/info": "GetQuotaInfo",
        "list/preference": "ListQuotaPreferences",
        "get/preference": "GetQuotaPreference",
        "create/preference": "CreateQuotaPreference",
        "patch/preference": "UpdateQuotaPreference",
    }
    assert methods.keys() == named.keys()
    assert DOCUMENT["rootUrl"] == f"{CONTRACT['endpoint']}/"
    for key, rpc in named.items():
        verb, path = CONTRACT["http"][rpc].split()[:2]
        ours = methods[key]
        ending = re.sub(r"\{[^}]*\}", "", path).removeprefix("/v1/").strip("/")
        assert (ours["httpMethod"], ours["path"].rpartition("}")[2].strip("/")) == (verb, ending), key
        request = CONTRACT["messages"].get(f"google.api.cloudquotas.v1.{rpc}Request", {})
        in_query = {name for name, spec in ours["parameters"].items() if spec["location"] == "query"}
        assert in_query == request.keys() - {"name", "parent", "quotaPreference"}, key
        assert ("request" in ours) == ("body=quota_preference" in CONTRACT["http"][rpc]), key


# ---- the adapter against the sandbox


def test_a_request_is_filed_with_contact_and_reason(google: Google) -> None:
    """Under an id of its own, for the quota and dimensions of the target; until Google decides, it waits."""
    assert google.file() == Preference(preferred=MORE, granted=FLASH_GRANTED, reconciling=True)
    (made,) = google.plane.increases
    assert (made.request_id, made.preferred) == (preference_id(target()), MORE)
    assert (made.contact, made.justification) == ("rui@acme.example", "launch of the new bot")
    assert (made.limit, dict(made.dimensions)) == (GLOBAL_INPUT, {"base_model": "gemini-2.5-flash-ga"})


def test_filing_twice_is_filing_once(google: Google) -> None:
    """Also for less: what is asked for already covers it."""
    google.file()
    google.file()
    google.file(MORE - 1)
    assert len(google.asked("POST")) == 1
    assert google.asked("PATCH") == []


def test_a_lost_reply_leaves_one_request(google: Google) -> None:
    """It was made; the next try finds it."""
    google.plane.faults.inject(CREATE, LostReply(), times=2)
    with pytest.raises(Unavailable):
        google.file()
    assert google.file().preferred == MORE
    assert len(google.plane.increases) == 1


def test_more_is_asked_for_at_the_request_that_stands(google: Google) -> None:
    """There is only one for a quota and its dimensions."""
    google.file()
    assert google.file(MORE + 5).preferred == MORE + 5
    assert [one.preferred for one in google.plane.increases] == [MORE + 5]


def test_somebody_elses_request_is_raised_and_no_second_one_made(google: Google) -> None:
    """Made in the console, under another id."""
    google.increases.file(target(), MORE, request_id="by-hand", contact="x@acme.example", why="")
    google.file(MORE + 1)
    assert [(one.request_id, one.preferred) for one in google.plane.increases] == [("by-hand", MORE + 1)]


@pytest.mark.parametrize("granted", [MORE, FLASH_GRANTED + 1, FLASH_GRANTED])
def test_what_google_decides_is_read_back(google: Google, granted: int) -> None:
    """Whole, in part or not at all; and what is granted is what the lever's quota allows from then on."""
    google.file()
    google.plane.decide_increases("acme-chat", granted=granted, detail="reviewed")
    assert google.increases.read(target()) == Preference(
        preferred=MORE, granted=granted, reconciling=False, detail="reviewed"
    )
    assert google.lever.granted(target()) == granted


def test_an_override_of_ours_hides_nothing_of_what_google_grants(google: Google) -> None:
    """The lever looks at the bucket without it."""
    google.lever.apply(target(), 5)
    assert google.lever.granted(target()) == FLASH_GRANTED


def test_without_a_request_there_is_nothing_to_read(google: Google) -> None:
    """Somebody may have taken it back; and another project's is another's."""
    assert google.increases.read(target()) is None
    google.file()
    assert google.increases.read(Target("quota", "acme-lab", *_rest(target()))) is None


def _rest(one: Target) -> tuple[Any, ...]:
    return one.service, one.metric, one.unit, one.dimensions


def test_a_quota_that_google_raises_for_nobody_is_refused(google: Google) -> None:
    """As is one that is not listed."""
    with pytest.raises(Rejected, match="takes no request"):
        google.file(of=target(GLOBAL_REQUESTS))
    nothing = Target("quota", "acme-chat", "aiplatform.googleapis.com", "x/none", "1/min/{project}", ())
    with pytest.raises(Rejected, match="lists no quota of x/none"):
        google.file(of=nothing)


def test_a_contact_without_an_address_is_refused_by_google(google: Google) -> None:
    """An increase needs somebody whom Google may ask."""
    with pytest.raises(Rejected, match="contactEmail"):
        google.file(contact="")


@pytest.mark.parametrize("permission", ["cloudquotas.quotas.get", "cloudquotas.quotas.update"])
def test_a_missing_permission_is_a_persons_affair(google: Google, permission: str) -> None:
    """It is named."""
    google.plane.deny("acme-chat", permission)
    with pytest.raises(Rejected, match=permission):
        google.file()


def test_an_overload_and_a_race_pass(google: Google) -> None:
    """429 with its pause; 409, where somebody files at the same moment."""
    google.plane.faults.inject(LIST, HttpFault(status=429, retry_after=7))
    with pytest.raises(Unavailable) as caught:
        google.file()
    assert caught.value.retry_after == 7
    google.plane.faults.inject(CREATE, HttpFault(status=409))
    with pytest.raises(Unavailable):
        google.file()
