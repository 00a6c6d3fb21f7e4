"""Standing quotas: what stands against what the file says, and keeping it there through the lever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain.app import App, Match
from freio.domain.click import Verb
from freio.domain.gateway import Callers
from freio.domain.incident import State
from freio.domain.journal import Kind
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.quota import Change, QuotaBook, Standing
from freio.domain.sentences import MULTI_REGION, QUOTA_ORPHANED, QUOTA_STANDS, RESTORED, RETURNS_TO
from freio.domain.spend import Probe
from freio.domain.target import Brake, Hold, Lease, Target
from freio.errors import Gone, Rejected, Unavailable
from freio.guard.hold import Holder
from freio.guard.quotas import Kept, StandingQuotas
from freio.ports import Change as Put
from freio.ports import Place
from tests.fakes import FakeLever
from tests.simulation.cast import MINUTE, OPS, a_client, a_target
from tests.simulation.world import World
from tests.unit.guard.watching import FLASH, HOUR, PRO, Town, app, client

A_MINUTE = "input_tokens_per_minute"
SHARED = Match(projects=frozenset({"acme-shared"}))


def with_quota(name: str, value: int, **changes: Any) -> App:
    return app(name, quotas={A_MINUTE: value}, **changes)


def town(*apps: App, **grants: int) -> Town:
    """Traffic of 60,000 input tokens an hour (1,000 a minute) for a week, at each app's project."""
    made = Town(client=client(*apps))
    for project in sorted({p for one in apps for p in one.match.projects}):
        made.serve(made.clock.at - timedelta(days=7), made.clock.at, 60_000, project=project)
    return made


class Granting(FakeLever):
    """What Google grants everywhere."""

    def granted(self, target: Target) -> int | None:
        return 5_000


def quotas(made: Town, *, granting: bool = False, **more: FakeLever) -> StandingQuotas:
    holder = Holder(made.client, made.store, made.clock, {"quota": made.lever, **more})
    grants = {"quota": Granting()} if granting else {}
    return StandingQuotas(made.client, made.store, made.clock, meter=made.telemetry, holder=holder, grants=grants)


def diff(made: Town, **more: Any) -> list[Standing]:
    return quotas(made, **more).diff(made.read())


def target_of(made: Town, project: str = "acme-chat", model: str = FLASH, location: str = "global") -> Target:
    return made.lever.target(Place(project=project, location=location, model=model))


# ---- what is said


@pytest.mark.parametrize(
    ("stands", "change"),
    [(None, Change.SET), (3000, Change.LOWER), (-1, Change.LOWER), (500, Change.RAISE), (2000, Change.NONE)],
)
def test_what_stands_is_held_against_the_file(stands: int | None, change: Change) -> None:
    """For each place where the app had traffic in the last seven days."""
    made = town(with_quota("chat", 2000))
    if stands is not None:
        made.lever.overrides[target_of(made)] = stands
    (one,) = diff(made)
    assert (one.apps, one.places, one.unit) == (("chat",), (("global", FLASH),), A_MINUTE)
    assert (one.stands, one.wanted, one.change, one.refused) == (stands, 2000, change, Decimal(0))


def test_each_endpoint_and_model_with_traffic_is_a_line_of_its_own() -> None:
    """Endpoints meter separately; one that had no traffic for a week is left out."""
    made = town(with_quota("chat", 2000))
    now = made.clock.at
    made.serve(now - HOUR, now, 60_000, location="us-central1")
    made.serve(now - HOUR, now, 60_000, model=PRO)
    made.serve(now - timedelta(days=9), now - timedelta(days=8), 60_000, location="europe-west1")
    assert [one.places for one in diff(made)] == [
        (("global", FLASH),),
        (("global", PRO),),
        (("us-central1", FLASH),),
    ]


def test_two_apps_on_one_target_get_the_sum_of_their_quotas() -> None:
    """One limit serves both: either app's quota alone would starve the other."""
    made = town(with_quota("chat", 2000, match=SHARED), with_quota("search", 500, match=SHARED))
    (one,) = diff(made)
    assert (one.apps, one.wanted, one.is_shared) == (("chat", "search"), 2500, True)
    assert quotas(made).keep(one, "me").done
    assert made.lever.overrides[target_of(made, "acme-shared")] == 2500


def test_a_target_shared_with_an_app_without_a_quota_is_not_set() -> None:
    """Nothing can be added to no limit; the line says whose quota is missing."""
    made = town(with_quota("chat", 2000, match=SHARED), app("search", match=SHARED))
    (one,) = diff(made)
    assert (one.change, one.wanted, one.change.is_set) == (Change.UNSHARED, None, False)
    assert "search" in str(one.reason)


def test_what_it_would_have_refused_is_said() -> None:
    """A quota below what is in use: 1,000 a minute run, 600 would pass."""
    (one,) = diff(town(with_quota("chat", 600)))
    assert (one.change, one.refused, one.cuts) == (Change.SET, Decimal("0.4"), True)
    assert one.peak == 1000


def test_more_than_google_grants_is_not_set() -> None:
    """A consumer override can only lower."""
    (one,) = diff(town(with_quota("chat", 6000)), granting=True)
    assert (one.change, one.granted) == (Change.BEYOND, 5000)
    assert "5000" in str(one.reason)


def test_where_no_limit_binds_the_line_says_why() -> None:
    """A multi-region endpoint has no quota."""
    made = town(with_quota("chat", 2000))
    made.lever.unbound[FLASH] = Phrase.of(MULTI_REGION, model=FLASH, location="eu")
    (one,) = diff(made)
    assert one.change is Change.LOOSE
    assert "multi-region" in str(one.reason)


def test_an_app_without_quotas_has_no_line() -> None:
    """Nothing was asked for."""
    assert diff(town(app("chat"))) == []


def test_an_app_that_is_billed_by_a_label_is_found_by_where_it_was_billed() -> None:
    """It names no project."""
    made = town(app("other"))
    labelled = with_quota("chat", 2000, match=Match(labels=(("app", "chat"),)))
    made.client = client(labelled)
    now = made.clock.at
    made.bill(now - timedelta(days=4), now - timedelta(hours=3), 1, project="acme-other", labels={"app": "chat"})
    assert [one.target.project for one in diff(made)] == ["acme-other"]


def test_telemetry_that_cannot_be_read_is_no_empty_list() -> None:
    """No answer is not "no traffic"."""
    made = town(with_quota("chat", 2000))
    readings = made.read()
    made.telemetry.fails = Unavailable("down")
    with pytest.raises(Unavailable):
        quotas(made).diff(readings)


def test_a_second_lever_that_sets_limits_takes_part() -> None:
    """A gateway with limits of each app needs nothing new here."""
    made = town(with_quota("chat", 2000))
    found = diff(made, gateway=FakeLever(name="gateway"), api_key=FakeLever(name="api_key"))
    assert [one.target.lever for one in found] == ["gateway", "quota"]


# ---- what is done


@pytest.mark.parametrize(("keys", "change"), [(("a",), Change.SET), (("a", "b"), Change.UNSHARED)])
def test_a_quota_of_an_app_with_several_callers_is_not_set_for_each(keys: tuple[str, ...], change: Change) -> None:
    """Each has a counter of its own: two would have twice what the file says. What it would refuse is not known."""

    class Gateway(FakeLever):
        def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
            return [
                replace(probe, target=replace(probe.target, dimensions=(*probe.target.dimensions, ("key", key))))
                for probe in super().probe(app, places)
                for key in keys
            ]

    found = diff(town(with_quota("chat", 800)), gateway=Gateway(name="gateway"))
    assert {(one.change, one.peak) for one in found if one.target.lever == "gateway"} == {(change, None)}


def test_a_quota_is_set_read_back_and_journalled() -> None:
    """By the name of who ran it, with what stood there and what it would have refused."""
    made = town(with_quota("chat", 600))
    (one,) = diff(made)
    assert quotas(made).keep(one, "freio quotas, by ana") == Kept(standing=one, done=True)
    assert made.lever.overrides[target_of(made)] == 600
    (entry,) = [e for e in made.store.entries() if e.what == "standing quota: set"]
    assert (entry.kind, entry.by, entry.data["value"], entry.data["refused"]) == (
        Kind.LEVER,
        "freio quotas, by ana",
        "600",
        "0.4",
    )
    assert [again.change for again in diff(made)] == [Change.NONE]


def test_what_somebody_else_set_meanwhile_is_left() -> None:
    """What was said yes to is what was listed; the other value is journalled and stays."""
    made = town(with_quota("chat", 2000))
    made.lever.overrides[target_of(made)] = 3000
    (one,) = diff(made)
    made.lever.somebody_else_sets(target_of(made), 777)
    kept = quotas(made).keep(one, "me")
    assert (kept.done, "somebody else set 777" in kept.why) == (False, True)
    assert made.lever.overrides[target_of(made)] == 777
    assert [e.data["value"] for e in made.store.entries() if e.kind is Kind.FOREIGN] == ["777"]


def test_a_quota_whose_reply_is_lost_arrives_with_the_next_look() -> None:
    """The change is written down before the lever is called, so that nobody takes our value for somebody else's."""
    made = town(with_quota("chat", 2000))
    (one,) = diff(made)
    made.lever.will_fail("restore", Unavailable("the reply was lost"), after=True)
    kept = quotas(made).keep(one, "me")
    assert (kept.done, "tries again" in kept.why) == (False, True)
    made.clock.at += timedelta(minutes=2)
    Holder(made.client, made.store, made.clock, {"quota": made.lever}).drive(one.target)
    brake = made.store.get(Brake, one.target.id)
    assert brake is not None
    assert (brake.hold, brake.standing, made.lever.overrides[one.target]) == (Hold.SETTLING, 2000, 2000)


def test_a_quota_that_is_refused_says_so() -> None:
    """A permission is missing."""
    made = town(with_quota("chat", 2000))
    (one,) = diff(made)
    made.lever.will_fail("restore", Rejected("serviceusage.quotas.update denied"))
    kept = quotas(made).keep(one, "me")
    assert (kept.done, "serviceusage.quotas.update" in kept.why) == (False, True)


# ---- what the file asks for no more


def kept(made: Town) -> None:
    """The file's quotas are put in place, and the looks after that are over."""
    for one in diff(made):
        assert quotas(made).keep(one, "me").done
    for brake in made.store.every_brake():
        made.clock.at += timedelta(minutes=20)
        Holder(made.client, made.store, made.clock, {"quota": made.lever}).drive(brake.target)


@pytest.mark.parametrize("before", [None, 3000])
@pytest.mark.parametrize("has_app", [True, False])
def test_a_quota_that_was_taken_out_of_the_file_is_said_and_taken_away(before: int | None, *, has_app: bool) -> None:
    """The line is deleted, or the whole app: the limit binds on, until what stood there before is put back."""
    made = town(with_quota("chat", 800))
    if before is not None:
        made.lever.overrides[target_of(made)] = before
    kept(made)
    made.client = client(with_quota("chat", 600))
    kept(made)
    assert made.lever.overrides[target_of(made)] == 600
    made.client = client(app("chat" if has_app else "other"))
    (one,) = diff(made)
    assert (one.apps, one.change, one.stands, one.returns_to) == (("chat",), Change.REMOVE, 600, before)
    assert quotas(made).keep(one, "me").done
    assert made.lever.overrides.get(target_of(made)) == before
    assert diff(made) == []
    (entry,) = [e for e in made.store.entries() if e.what == "standing quota: take away"]
    assert (entry.by, entry.data["stands"]) == ("me", "600")


def test_a_quota_without_traffic_is_no_orphan_while_its_app_asks_for_it() -> None:
    """A week of holidays takes nothing away."""
    made = town(with_quota("chat", 600))
    kept(made)
    made.clock.at += timedelta(days=8)
    assert diff(made) == []


def test_a_quota_where_its_app_can_have_no_traffic_any_more_is_taken_away() -> None:
    """The app moved to another project, and asks for its quota there."""
    made = town(with_quota("chat", 600))
    kept(made)
    made.clock.at += timedelta(days=8)
    made.client = client(with_quota("chat", 600, match=Match(projects=frozenset({"acme-chat-2"}))))
    (one,) = diff(made)
    assert (one.target, one.change, one.stands) == (target_of(made), Change.REMOVE, 600)


class KeyLever(FakeLever):
    """Limits keys, which the file names as they are."""

    def key(self, name: str) -> Target:
        return Target("gateway", "llm.acme", "litellm", "tpm", "1/min", (("base_model", FLASH), ("key", name)))

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        return [
            Probe(
                target=self.key(name),
                location=place.location,
                model=place.model,
                unit=A_MINUTE,
                binds=True,
                override=self.overrides.get(self.key(name)),
                effective=None,
                project=place.project,
            )
            for place in places
            for name in app.callers.keys
        ]

    def is_of(self, app: App, target: Target) -> bool:
        return target.dimension("key") in app.callers.keys

    def rotate(self, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The new key carries what stood there."""
        self.overrides[self.key(new)] = self.overrides.pop(self.key(old))
        read = self.read_back

        def rotated(target: Target) -> Setting:
            if target == self.key(old):
                raise Gone("404: the key was rotated", self.key(new))
            return read(target)

        monkeypatch.setattr(self, "read_back", rotated)


def calling(name: str, *keys: str, value: int | None = None) -> App:
    quotas = {} if value is None else {A_MINUTE: value}
    return app(name, quotas=quotas, callers=Callers(keys=keys))


def by_keys(made: Town, lever: KeyLever) -> StandingQuotas:
    holder = Holder(made.client, made.store, made.clock, {"gateway": lever})
    return StandingQuotas(made.client, made.store, made.clock, meter=made.telemetry, holder=holder, grants={})


def with_key(value: int) -> tuple[Town, KeyLever]:
    """A quota stands on the key ``a`` of chat."""
    made, lever = town(calling("chat", "a", value=value)), KeyLever("gateway")
    (one,) = by_keys(made, lever).diff(made.read())
    assert by_keys(made, lever).keep(one, "me").done
    made.clock.at += timedelta(minutes=20)
    return made, lever


def test_a_quota_on_a_key_that_left_its_app_is_taken_away() -> None:
    """The app has another key and a quota for it; the key is another app's now."""
    made, lever = with_key(600)
    made.client = client(calling("chat", "b", value=600), calling("search", "a"))
    assert (lever.key("a"), Change.REMOVE) in [(x.target, x.change) for x in by_keys(made, lever).diff(made.read())]


def test_a_quota_on_a_key_that_was_rotated_is_taken_away_where_it_went_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new key carries its limit; the file has it no more. What somebody sets there later is theirs."""
    made, lever = with_key(600)
    lever.rotate("a", "new", monkeypatch)
    made.client = client(calling("chat", "new"))
    (one,) = by_keys(made, lever).diff(made.read())
    assert (one.target, one.change, one.stands) == (lever.key("new"), Change.REMOVE, 600)
    assert by_keys(made, lever).keep(one, "me").done
    assert lever.overrides.get(lever.key("new")) is None
    lever.somebody_else_sets(lever.key("new"), 600)
    assert by_keys(made, lever).diff(made.read()) == []


def test_a_quota_that_changes_after_its_key_was_rotated_has_no_former_one_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Our own 600 came with the key: it is not what stood there before the 500."""
    made, lever = with_key(600)
    lever.rotate("a", "new", monkeypatch)
    made.client = client(calling("chat", "new", value=500))
    (changed,) = by_keys(made, lever).diff(made.read())
    assert by_keys(made, lever).keep(changed, "me").done
    made.client = client(calling("chat", "new"))
    (gone,) = by_keys(made, lever).diff(made.read())
    assert by_keys(made, lever).keep(gone, "me").done
    assert lever.overrides.get(lever.key("new")) is None


def test_our_own_limit_is_never_what_stood_there_before_a_quota() -> None:
    """It was listed while a throttle stood there, and set when that had been let go."""
    made = town(with_quota("chat", 600))
    made.lever.overrides[target_of(made)] = 3000
    holder = Holder(made.client, made.store, made.clock, {"quota": made.lever})
    now = made.clock.at
    lease = Lease(incident="i", app="chat", value=200, since=now, until=now + HOUR)
    held = Brake(
        target=target_of(made), hold=Hold.HELD, found=3000, found_known=True, leases=(lease,), ours=(3000, 200)
    )
    made.store.commit(Put(put=(held,)))
    made.lever.overrides[target_of(made)] = 200
    (one,) = diff(made)
    brake = made.store.get(Brake, target_of(made).id)
    assert brake is not None
    made.store.commit(Put(put=(brake.without("i", now),)))
    quotas(made).keep(one, "me")
    holder.drive(target_of(made))
    (book,) = [made.store.get(QuotaBook, QuotaBook().id)]
    assert book is not None
    assert [(kept.value, kept.before) for kept in book.kept] == [(600, 3000)]


def test_what_somebody_set_over_a_quota_since_is_theirs() -> None:
    """Freio takes away only what is still its own."""
    made = town(with_quota("chat", 600))
    kept(made)
    made.client = client(app("chat"))
    made.lever.somebody_else_sets(target_of(made), 777)
    assert diff(made) == []


def test_what_somebody_sets_while_a_quota_is_taken_away_is_left() -> None:
    """Between the list and the change."""
    made = town(with_quota("chat", 600))
    kept(made)
    made.client = client(app("chat"))
    (one,) = diff(made)
    made.lever.somebody_else_sets(target_of(made), 777)
    assert "somebody else set 777" in quotas(made).keep(one, "me").why
    assert made.lever.overrides[target_of(made)] == 777


def test_a_quota_of_two_apps_stays_while_one_of_them_asks() -> None:
    """The line says whose quota is missing, as where there never was one."""
    made = town(with_quota("chat", 2000, match=SHARED), with_quota("search", 500, match=SHARED))
    kept(made)
    made.client = client(with_quota("chat", 2000, match=SHARED), app("search", match=SHARED))
    assert [one.change for one in diff(made)] == [Change.UNSHARED]


def test_a_quota_under_a_brake_is_taken_away_after_it() -> None:
    """Its lease returns to the quota; the limit in force is not touched."""
    made = town(with_quota("chat", 600))
    kept(made)
    made.client = client(app("chat"))
    brake = made.store.get(Brake, target_of(made).id)
    assert brake is not None
    now = made.clock.at
    lease = Lease(incident="i", app="chat", value=200, since=now, until=now + HOUR)
    made.store.commit(Put(put=(brake.seen_free(600).with_lease(lease, now),)))
    made.lever.overrides[target_of(made)] = 200
    (one,) = diff(made)
    assert (one.change, one.leased, one.stands) == (Change.REMOVE, ("chat",), 200)
    result = quotas(made).keep(one, "me")
    assert (result.done, "once that has ended" in result.why) == (False, True)
    assert made.lever.overrides[target_of(made)] == 200


def test_a_quota_of_a_lever_that_is_gone_too_is_said() -> None:
    """The file names no gateway any more: nobody can take it away through it."""
    made = town(with_quota("chat", 600))
    kept(made)
    made.client = client(app("chat"))
    (one,) = StandingQuotas(
        made.client,
        made.store,
        made.clock,
        meter=made.telemetry,
        holder=Holder(made.client, made.store, made.clock, {}),
        grants={},
    ).diff(made.read())
    assert (one.change, one.reason is not None and one.reason.text) == (Change.LOOSE, QUOTA_ORPHANED)


# ---- with leases, in the simulated world


CHAT = a_target("chat")


@pytest.fixture
def world() -> World:
    return World(client=a_client(ops_may_raise=True))


def asked(world: World, value: int) -> Kept:
    """The quota in place, as `diff` would list it now."""
    brake = world.store.get(Brake, CHAT.id) or Brake(target=CHAT)
    standing = Standing(
        target=CHAT,
        places=(("global", "flash"),),
        unit=A_MINUTE,
        apps=("chat",),
        asked=(("chat", value),),
        stands=world.lever.standing.get(CHAT),
        granted=None,
        wanted=value,
        change=Change.LATER if brake.leases else Change.SET,
    )
    keeper = StandingQuotas(world.client, world.store, world.clock, meter=world.meter, holder=world.holder, grants={})
    return keeper.keep(standing, "me")


def throttled(world: World) -> None:
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    assert (world.of("chat").state, world.standing("chat")) == (State.THROTTLED, 200)


@pytest.mark.parametrize("quota", [900, 50])
def test_while_a_lease_lives_only_what_it_returns_to_changes(world: World, quota: int) -> None:
    """The limit in force stays, also where the quota is stricter; when the lease ends, the quota stands there."""
    throttled(world)
    assert asked(world, quota).done
    world.sweep(times=6, every=5 * MINUTE)
    assert (world.of("chat").state, world.standing("chat")) == (State.THROTTLED, 200)
    assert [data["value"] for data in world.told(RETURNS_TO)] == [str(quota)]
    world.click(OPS, Verb.RELEASE, "chat")
    world.sweep(times=6, every=5 * MINUTE)
    assert (world.standing("chat"), world.of("chat").state) == (quota, State.RESOLVED)
    assert world.brake("chat").hold is Hold.FREE
    assert [data["found"] for data in world.told(QUOTA_STANDS)] == [str(quota)]
    assert world.told(RESTORED) == []


def test_a_lease_returns_to_the_standing_quota(world: World) -> None:
    """Set before the brake, it is what the brake found."""
    assert asked(world, 900).done
    world.sweep(times=6, every=5 * MINUTE)
    throttled(world)
    world.click(OPS, Verb.RELEASE, "chat")
    assert world.standing("chat") == 900


def test_somebody_elses_value_under_a_lease_is_not_overwritten_by_the_quota(world: World) -> None:
    """What others set since stays when the lease ends, quota or not."""
    throttled(world)
    asked(world, 900)
    world.lever.somebody_sets(CHAT, 777)
    world.click(OPS, Verb.RELEASE, "chat")
    world.sweep(times=6, every=5 * MINUTE)
    assert world.standing("chat") == 777
    assert [e.data["value"] for e in world.store.entries() if e.kind is Kind.FOREIGN] == ["777"]


def test_a_lease_that_was_claimed_after_the_list_keeps_its_limit(world: World) -> None:
    """Between the list and the change somebody throttled: the change waits for the lease's end."""
    before = Standing(
        target=CHAT,
        places=(("global", "flash"),),
        unit=A_MINUTE,
        apps=("chat",),
        asked=(("chat", 900),),
        stands=None,
        granted=None,
        wanted=900,
        change=Change.SET,
    )
    throttled(world)
    keeper = StandingQuotas(world.client, world.store, world.clock, meter=world.meter, holder=world.holder, grants={})
    assert "afterwards" in keeper.keep(before, "me").why
    assert world.standing("chat") == 200
    world.click(OPS, Verb.RELEASE, "chat")
    assert world.standing("chat") == 900


def test_two_leases_on_one_target_end_one_by_one_in_the_quota(world: World) -> None:
    """The stricter one's end leaves the other in force; the last one's leaves the quota."""
    brake = Brake(target=CHAT, found=None, found_known=True)
    now = world.clock.at
    lease = Lease(incident="i", app="chat", value=200, since=now, until=now + HOUR)
    brake = brake.with_lease(lease, now).with_lease(replace(lease, incident="j", value=300), now)
    brake = brake.standing_at(900, 200, now)
    assert brake.wanted == 200
    assert brake.without("i", now).wanted == 300
    assert brake.without("i", now).without("j", now).wanted == 900


def test_a_project_that_was_deleted_keeps_nobody_elses_quotas_from_being_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its app has left the file; what stood there cannot be read, and that is said."""
    made = town(with_quota("chat", 600), with_quota("search", 500))
    for one in diff(made):
        assert quotas(made).keep(one, "me").done
    read = made.lever.read_back

    def asked(target: Target) -> Setting:
        if target.project == "acme-search":
            raise Rejected("403: it does not exist, or may not be seen")
        return read(target)

    monkeypatch.setattr(made.lever, "read_back", asked)
    made.client = client(with_quota("chat", 700))
    lines = {one.apps: one for one in diff(made)}
    assert lines["chat",].change is not Change.LOOSE
    assert lines["search",].change is Change.LOOSE
    assert "403" in str(lines["search",].reason)


def test_a_quota_is_not_set_over_a_brake_whose_key_was_rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new key carries the throttle; its brake follows first, and the quota waits for its end."""
    made = town(with_quota("chat", 2000))
    old, now = target_of(made), made.clock.at
    lease = Lease(incident="i", app="chat", value=200, since=now, until=now + timedelta(hours=6))
    held = Brake(target=old, hold=Hold.HELD, found=2000, found_known=True, leases=(lease,), ours=(200,), standing=200)
    made.store.commit(Put(put=(held,)))
    heir = replace(old, dimensions=(*old.dimensions, ("key", "new")))
    made.lever.overrides[heir] = 200
    read = made.lever.read_back

    def rotated(target: Target) -> Setting:
        if target == old:
            raise Gone("404: the key was rotated", heir)
        return read(target)

    monkeypatch.setattr(made.lever, "read_back", rotated)
    monkeypatch.setattr(made.lever, "target", lambda _: heir)
    (one,) = diff(made)
    quotas(made).keep(one, "me")
    assert made.lever.overrides[heir] == 200
