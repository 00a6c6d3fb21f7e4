"""Push subscriptions of our own: plain pushes instead of CloudEvents, the lock before them, and Pub/Sub's emulator."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from freio.adapters.google.push_token import REMOVED
from freio.commands.trials.delivery import PUSH
from freio.domain.journal import Kind
from freio.events import Message
from freio.sandbox.emulators.pubsub import push_setup
from freio.sandbox.emulators.pubsub_broker import PubSubBroker
from freio.sandbox.queue import Delivery
from tests.contracts.signer import AUDIENCE, SERVICE_ACCOUNT, CertificateServer, Signer
from tests.functions.test_budget_alert import ATTRIBUTES, budget
from tests.functions.test_loop import runs_away
from tests.functions.wire import message, post
from tests.functions.world import CHANNEL, OPS, World

SIGNER = Signer()
SWEEP = {"tick": "sweep"}


@pytest.fixture
def google() -> Iterator[CertificateServer]:
    with CertificateServer(SIGNER) as made:
        yield made


@pytest.fixture
def project() -> str:
    """One of its own, so that tests can share the emulator."""
    return f"freio-{uuid.uuid4().hex[:8]}"


def locked(town: World, google: CertificateServer) -> None:
    town.environment = {
        **town.environment,
        "FREIO_PUSH_SERVICE_ACCOUNT": SERVICE_ACCOUNT,
        "FREIO_PUSH_AUDIENCE": AUDIENCE,
        "FREIO_PUSH_CERTIFICATES": google.url,
    }


def plain(
    town: World, name: str, content: dict[str, Any], authorization: str | None = None, serverless: str | None = None
) -> int:
    """A push as a subscription with a dead-letter policy sends it; returns the status."""
    body = {"message": content, "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 1}
    headers = {"content-type": "application/json", "from": "noreply@google.com"}
    if authorization is not None:
        headers["authorization"] = authorization
    if serverless is not None:
        headers["x-serverless-authorization"] = serverless
    return post(town.url(name), json.dumps(body).encode(), headers)[0]


def waited(until: Callable[[], object], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def journalled(town: World, kind: Kind) -> int:
    return sum(entry.kind is kind for entry in town.store.entries())


def test_a_plain_push_and_an_event_of_eventarc_are_the_same_message(town: World) -> None:
    """The message's id, its time, its attributes and its data arrive alike: the second one changes nothing."""
    content = message(budget(), ATTRIBUTES, id="7")
    assert plain(town, "budget_alert", content) == 200, town.log("budget_alert")
    before = town.store.entries()
    assert town.push("budget_alert", budget(), ATTRIBUTES, id="7") == 200
    assert plain(town, "budget_alert", {k: v for k, v in content.items() if "_" not in k}) == 200
    (incident,) = town.store.open_incidents()
    assert incident.signal_count == 1
    assert len(town.store.entries()) == len(before)
    assert plain(town, "budget_alert", message(b"not json", ATTRIBUTES, id="8")) == 500
    assert [e.data["message"] for e in town.store.entries() if e.kind is Kind.REJECTED] == ["8"]


def test_a_plain_push_without_data_does_not_reach_the_function(town: World) -> None:
    """functions-framework takes it for no event: so each of our ticks has data, if only ``{}``."""
    empty = message(b"", SWEEP)
    assert plain(town, "enforcer", empty) == 200
    assert plain(town, "enforcer", {k: v for k, v in empty.items() if k != "data"}) == 400


def test_only_our_own_subscription_comes_in(town: World, google: CertificateServer) -> None:
    """Plain push or CloudEvent: nothing is read or kept of others', and one line says why, without the token."""
    locked(town, google)
    garbage = message(b"garbage", id="g")
    foreign = SIGNER.token(email="somebody@acme.example")
    assert plain(town, "enforcer", garbage) == 401
    assert town.push("enforcer", b"garbage") == 401
    assert plain(town, "enforcer", garbage, f"Bearer {Signer().token()}") == 401
    assert plain(town, "enforcer", garbage, f"Bearer {foreign}") == 403
    assert not town.store.entries()
    assert not town.pages
    lines = [line for line in town.log("enforcer").splitlines() if "a push was refused" in line]
    assert [json.loads(line)["severity"] for line in lines] == ["WARNING"] * 4
    assert "somebody@acme.example" in lines[-1]
    assert foreign not in town.log("enforcer")

    for _ in range(2):
        assert plain(town, "enforcer", message(b"{}", SWEEP), f"Bearer {SIGNER.token()}") == 200
    assert google.fetched == 1
    assert plain(town, "enforcer", garbage, f"Bearer {SIGNER.token()}") == 500
    assert journalled(town, Kind.REJECTED) == 1


def test_a_caller_whom_cloud_run_knows_by_another_header_writes_no_token_of_ours(
    town: World, google: CertificateServer
) -> None:
    """Whoever may invoke could sign in by that header, and write the subscription's token into the other by hand."""
    locked(town, google)
    town.environment = {**town.environment, "FREIO_PUSH_SIGNATURE": "verified-by-cloud-run"}
    forged = f"Bearer {SIGNER.token().rpartition('.')[0]}.{REMOVED}"
    assert plain(town, "enforcer", message(b"garbage", id="g"), forged, f"Bearer {SIGNER.token()}") == 403
    assert not town.store.entries()
    assert "it carries X-Serverless-Authorization" in town.log("enforcer")
    assert plain(town, "enforcer", message(b"{}", SWEEP), forged) == 200


def test_what_an_engineer_forges_in_an_experiment_reaches_the_lock(town: World, google: CertificateServer) -> None:
    """A body that is no push is answered 400 before it, and would show nothing."""
    locked(town, google)
    assert post(town.url("enforcer"), PUSH.encode(), {"content-type": "application/json"})[0] == 401


@pytest.mark.parametrize("name", ["budget_alert", "spend_watch"])
def test_every_function_that_is_pushed_to_has_the_lock(name: str, town: World, google: CertificateServer) -> None:
    """A queue that nobody guards would be a way around the others."""
    locked(town, google)
    assert plain(town, name, message(b"{}")) == 401


def test_without_certificates_a_push_is_asked_to_come_again(town: World, google: CertificateServer) -> None:
    """It is let in as soon as they can be had."""
    locked(town, google)
    google.status = 500
    assert plain(town, "enforcer", message(b"{}", SWEEP), f"Bearer {SIGNER.token()}") == 503
    assert "a push could not be verified" in town.log("enforcer")
    google.status = 200
    assert plain(town, "enforcer", message(b"{}", SWEEP), f"Bearer {SIGNER.token()}") == 200


def test_half_a_lock_fails_the_start(town: World) -> None:
    """And not a message, days later."""
    town.environment = {**town.environment, "FREIO_PUSH_AUDIENCE": AUDIENCE}
    with pytest.raises(AssertionError, match="must have both or none"):
        town.url("enforcer")


@pytest.mark.real
def test_poison_is_dead_lettered_and_holds_up_no_budget(town: World, pubsub_address: str, project: str) -> None:
    """Pub/Sub pushes straight to the function: the good message passes at once, the bad one ends after five tries."""
    with push_setup(pubsub_address, project, {"freio-budgets": town.url("budget_alert")}) as pubsub:
        pubsub.publish("freio-budgets", b"not json", ATTRIBUTES)
        pubsub.publish("freio-budgets", budget(), ATTRIBUTES)
        assert waited(town.store.open_incidents), town.log("budget_alert")
        assert not pubsub.dead_letters()
        letters: list[Message] = []

        def died() -> bool:
            letters.extend(pubsub.dead_letters())
            return bool(letters)

        assert waited(died)
    (letter,) = letters
    assert (letter.data, letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"]) == (b"not json", "5")
    assert journalled(town, Kind.REJECTED) == len(town.pages) == 1
    assert len(town.cards) == journalled(town, Kind.SIGNAL) == 1


@pytest.mark.real
def test_a_click_goes_through_pubsub_and_counts_once(
    town: World, google: CertificateServer, pubsub_address: str, project: str
) -> None:
    """Slack → inbox → Pub/Sub → push → enforcer, signed at each end; clicked, published and pushed twice, it is one."""
    locked(town, google)
    runs_away(town)
    with (
        PubSubBroker(
            pubsub_address,
            seed=1,
            now=lambda: town.now,
            delivery=Delivery(attempts=5, duplicates=1.0),
            project=project,
            authorization=lambda: f"Bearer {SIGNER.token()}",
        ) as pubsub,
        push_setup(pubsub_address, project, {}) as beside,
    ):
        town.environment = {**town.environment, **pubsub.environment}
        town.start("spend_watch", "slack_inbox", "enforcer")
        pubsub.subscribe("freio-watch", town.url("spend_watch"), name="spend_watch")
        pubsub.subscribe("freio-clicks", town.url("enforcer"), name="enforcer")
        beside.listen("freio-clicks", "copy")
        town.slack.interactions_url = town.url("slack_inbox")
        pubsub.publish("freio-watch", b"{}", {"tick": "watch"})
        assert pubsub.drain(60), town.log("spend_watch")
        (card,) = town.cards

        ack = town.slack.click(OPS, CHANNEL, card.ts, "throttle", duplicates=2)
        assert ack.ok, ack
        assert pubsub.drain(60), town.log("enforcer")
        clicks = beside.take("copy")
        pubsub.publish("freio-clicks", clicks[0].data, clicks[0].attributes)
        assert pubsub.drain(60), town.log("enforcer")
        counts = pubsub.counts()
    assert (counts.published, counts.delivered, counts.dead_letters) == (len(clicks) + 2, len(clicks) + 2, 0)
    assert counts.duplicates == counts.delivered
    assert journalled(town, Kind.CLICK) == 1
    written = [one for one in town.google.log if one.method_id.endswith("importConsumerOverrides")]
    assert len(written) == 1
