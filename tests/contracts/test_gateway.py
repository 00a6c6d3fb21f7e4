"""The gateway lever and its witness, against the stand-in that litellm's own models keep honest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from freio.adapters.litellm.client import LiteLlmApi
from freio.adapters.litellm.errors import Denied, Missing
from freio.adapters.litellm.gateway_lever import GatewayLever
from freio.adapters.litellm.standing import Caller
from freio.domain.gateway import Counts, Gateway
from freio.domain.incident import Verdict
from freio.domain.lever import Setting
from freio.domain.proof import judge
from freio.domain.target import Lease, Target
from freio.errors import Gone, Rejected, Unavailable, VendorError
from freio.ports import Place
from freio.sandbox.gateway.faults import BindsNothing, HttpFault, LostReply, Meanwhile
from tests.contracts.levers import gateway as rigs
from tests.contracts.levers.gateway import (
    KEY_INFO,
    KEY_LIST,
    KEY_UPDATE,
    LOGS,
    MODELS,
    PLACE,
    TEAM_INFO,
    TEAM_UPDATE,
    World,
    app,
)
from tests.contracts.levers.rig import Fault, Rig

KEY_APP = app(keys=("support-chat",))
TEAM_APP = app(teams=("care",))


@pytest.fixture
def world() -> Iterator[World]:
    with rigs.world() as made:
        yield made


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigs.rig() as made:
        yield made


def lease(world: World, value: int) -> Lease:
    now = world.clock.now()
    return Lease(incident="i", app="support-chat", value=value, since=now, until=now + timedelta(hours=6))


# ---- what every lever does


@pytest.mark.parametrize("found", [None, 0, 750_000])
@pytest.mark.parametrize("caller", ["key", "team"])
@pytest.mark.parametrize("model", ["fast", None])
def test_what_is_planned_is_read_back_and_what_was_found_returns(
    world: World, caller: str, model: str | None, found: int | None
) -> None:
    """Nothing, zero and a limit stand there again exactly, for a key and a team, one model and all of them."""
    target = world.key_target(model) if caller == "key" else world.team_target(model)
    world.lever.restore(target, found)
    assert world.lever.read_back(target) == found
    planned = world.lever.plan(target, found, [lease(world, 900_000), lease(world, 800_000)])
    assert planned == (800_000 if found is None else found)
    world.lever.apply(target, 5)
    assert world.lever.read_back(target) == 5
    world.lever.restore(target, found)
    assert world.lever.read_back(target) == found


@pytest.mark.parametrize("metric", ["tpm", "rpm"])
def test_a_limit_of_one_model_leaves_everything_else_of_the_row_as_it_was(world: World, metric: str) -> None:
    """The other models' limits, the whole key's limits and whatever the client keeps in the metadata."""
    kept = {"cost_centre": "CC-1", f"model_{metric}_limit": {"clever": 70}}
    row = world.proxy.rows.keys[world.chat_key]
    row.update(tpm_limit=9_000, rpm_limit=90, metadata=kept)
    before = {**row, "metadata": dict(kept)}
    target = Target("gateway", world.api.host, "litellm", metric, "1/min", world.key_target().dimensions)
    world.lever.apply(target, 50)
    assert row["metadata"] == {"cost_centre": "CC-1", f"model_{metric}_limit": {"clever": 70, "fast": 50}}
    world.lever.restore(target, None)
    assert row == before


def test_only_the_field_that_changes_is_sent(world: World) -> None:
    """A patch: what is not named stays with whoever set it."""
    world.lever.apply(world.key_target(), 50)
    world.lever.apply(world.team_target(None), 60)
    assert world.asked(KEY_UPDATE) == [{"key": world.chat_key, "model_tpm_limit": {"fast": 50}}]
    assert world.asked(TEAM_UPDATE) == [{"team_id": "care", "tpm_limit": 60}]


def test_the_last_limit_of_a_model_is_taken_away_by_an_empty_object(world: World) -> None:
    """Null would change nothing there, and look like a success."""
    world.lever.apply(world.key_target(), 50)
    world.lever.restore(world.key_target(), None)
    assert world.asked(KEY_UPDATE)[-1]["model_tpm_limit"] == {}


def test_what_stands_there_already_is_not_set_again(world: World) -> None:
    """Each write would be an entry in the client's audit log."""
    world.lever.apply(world.key_target(), 50)
    world.lever.apply(world.key_target(), 50)
    world.lever.restore(world.team_target(), None)
    assert len(world.asked(KEY_UPDATE)) == 1
    assert not world.asked(TEAM_UPDATE)


@pytest.mark.parametrize("setting", [None, -1, True, "5"])
def test_what_is_no_limit_is_not_applied(world: World, setting: Setting) -> None:
    """A proxy refuses a negative one; none at all would let everything through."""
    with pytest.raises(ValueError, match="0 or more"):
        world.lever.apply(world.key_target(), setting)


def test_a_target_of_another_lever_is_refused(world: World) -> None:
    """Nothing is called for it."""
    with pytest.raises(Rejected, match="no target of a gateway"):
        world.lever.read_back(Target("quota", "p", "s", "m", "1/min"))
    with pytest.raises(Rejected, match="names no team and no key"):
        world.lever.read_back(Target("gateway", "h", "litellm", "tpm", "1/min"))


# ---- faults


@pytest.mark.parametrize("call", ["apply", "restore"])
def test_a_lost_reply_is_unavailable_and_the_same_call_heals(world: World, call: str) -> None:
    """The effect is there without the reply."""
    target = world.key_target()
    world.lever.apply(target, 500)
    world.proxy.faults.inject(KEY_UPDATE, LostReply())

    def again() -> None:
        world.lever.apply(target, 50) if call == "apply" else world.lever.restore(target, None)

    with pytest.raises(Unavailable):
        again()
    assert world.lever.read_back(target) == (50 if call == "apply" else None)
    again()
    assert world.lever.read_back(target) == (50 if call == "apply" else None)


def test_an_overload_says_how_long_to_wait_and_changes_nothing(world: World) -> None:
    """429 with Retry-After, as the proxy sends it."""
    world.proxy.faults.inject(KEY_UPDATE, HttpFault(status=429, retry_after=30))
    with pytest.raises(Unavailable) as caught:
        world.lever.apply(world.key_target(), 50)
    assert caught.value.retry_after == 30
    assert world.lever.read_back(world.key_target()) is None


def test_a_wrong_admin_key_is_denied_and_stands_in_no_message(world: World) -> None:
    """Whoever reads the page must not read the key."""
    api = LiteLlmApi(world.gateway.url, "sk-wrong-and-secret", timeout=10)
    with pytest.raises(Denied, match="401 auth_error") as caught:
        GatewayLever(api, world.gateway).apply(world.key_target(), 50)
    assert "sk-wrong-and-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    api.close()


def test_an_admin_key_that_may_only_read_is_denied_when_it_sets(world: World) -> None:
    """A `proxy_admin_viewer` sees everything, and brakes nothing."""
    world.proxy.reads_only = True
    with pytest.raises(Denied, match="proxy_admin_viewer"):
        world.lever.apply(world.key_target(), 50)


def test_a_key_that_may_only_read_is_no_brake(world: World) -> None:
    """A viewer's key reads everything; what lacks is said before anybody clicks."""
    assert world.lever.needs(TEAM_APP) == {world.api.host: ("proxy_admin",)}
    assert world.lever.needs(app()) == {}
    assert world.lever.lacks(world.api.host, ["proxy_admin"]) == ()
    world.proxy.reads_only = True
    assert world.lever.lacks(world.api.host, ["proxy_admin"]) == ("proxy_admin",)
    [probe] = world.lever.probe(TEAM_APP, [PLACE])
    assert (probe.binds, probe.missing) == (False, ("proxy_admin",))


def test_a_lever_that_is_told_of_another_key_does_not_ask_for_its_own(world: World) -> None:
    """The watch's key may only read: what the enforcer's may is what counts."""
    world.proxy.reads_only = True

    class Told:
        def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
            return ()

    [probe] = GatewayLever(world.api, world.gateway, rights=Told()).probe(TEAM_APP, [PLACE])
    assert probe.binds


def test_a_rotated_key_names_its_heir(world: World) -> None:
    """The row goes on under a new hash, with its alias and its limits, and the old one is archived."""
    world.lever.apply(world.key_target(), 1_000)
    new = world.proxy.rows.rotate_key(world.chat_key, "sk-chat-2")
    with pytest.raises(Gone) as caught:
        world.lever.read_back(world.key_target())
    heir = Caller("key", new).target(world.api.host, "tpm", "fast")
    assert caught.value.heir == heir
    assert world.lever.read_back(heir) == 1_000


def test_a_deleted_key_has_no_heir(world: World) -> None:
    """Nor has one whose alias was given to nobody."""
    world.proxy.rows.delete_key(world.chat_key)
    with pytest.raises(Gone) as caught:
        world.lever.read_back(world.key_target())
    assert caught.value.heir is None


@pytest.mark.parametrize(
    ("row", "role", "may"),
    [
        (None, "", True),
        ({"user_id": "ana"}, "proxy_admin", True),
        ({"user_id": "ana"}, "internal_user", False),
        ({"user_id": None}, "proxy_admin", False),
        ({"user_id": "ana", "allowed_routes": ["/key/*", "/team/update"]}, "proxy_admin", True),
        ({"user_id": "ana", "allowed_routes": ["management_routes"]}, "proxy_admin", True),
        ({"user_id": "ana", "allowed_routes": ["info_routes", "/key/list"]}, "proxy_admin", False),
    ],
)
def test_who_may_set_limits_is_read_from_the_admin_key_s_own_row(
    world: World, row: dict[str, object] | None, role: str, *, may: bool
) -> None:
    """The master key has none; any other has its user's role, and its own routes."""
    world.proxy.admin_row = row
    world.proxy.roles["ana"] = role
    assert world.api.may_write() is may


def test_a_team_that_was_deleted_is_gone(world: World) -> None:
    """The proxy's list says so too; its own 404 alone would say nothing."""
    del world.proxy.rows.teams["care"]
    with pytest.raises(Gone, match="Team not found"):
        world.lever.read_back(world.team_target())
    [probe] = world.lever.probe(TEAM_APP, [PLACE])
    assert not probe.binds


def test_a_database_that_is_away_for_a_moment_has_deleted_nothing(world: World) -> None:
    """The proxy answers for every team that it is not found: no brake is forgotten for it, and none is withheld."""
    world.proxy.rows.is_away = True
    for ask in (lambda: world.lever.read_back(world.team_target()), lambda: world.lever.probe(TEAM_APP, [PLACE])):
        with pytest.raises(Unavailable):
            ask()


@pytest.mark.parametrize("again", [False, True])
def test_a_team_that_is_not_found_and_is_listed_is_not_gone(world: World, *, again: bool) -> None:
    """The database was away for the first question alone; or the proxy is so old that it has no such list."""
    lost = HttpFault(
        status=404, kind="invalid_request_error", message="{'message': 'Team not found, passed team id: care.'}"
    )
    world.proxy.faults.inject(TEAM_INFO, lost)
    if again:
        world.proxy.faults.inject("GET /v2/team/list", HttpFault(status=404, kind="not_found_error"))
    with pytest.raises(Unavailable, match="Team not found"):
        world.lever.read_back(world.team_target())
    assert world.lever.read_back(world.team_target()) is None


def test_a_proxy_without_a_list_keeps_one_misspelt_team_from_hiding_the_others(world: World) -> None:
    """Whether it is there cannot be known: it is named, and the app's other callers are probed."""
    app = replace(TEAM_APP, callers=replace(TEAM_APP.callers, teams=("caer", *TEAM_APP.callers.teams)))
    world.proxy.faults.inject("GET /v2/team/list", HttpFault(status=404, kind="not_found_error"))
    found, misspelt = world.lever.probe(app, [PLACE])
    assert (found.target, found.binds) == (world.team_target(), True)
    assert not misspelt.binds
    assert "whether the gateway has a team caer cannot be known now" in str(misspelt.reason)


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_key_whose_team_is_gone_hides_no_other_caller(world: World, *, is_listed: bool) -> None:
    """Which limits hold it cannot be known; the app's other key is probed."""
    world.proxy.rows.keys[world.care_keys[0]]["team_id"] = "ghost"
    if not is_listed:
        world.proxy.faults.inject("GET /v2/team/list", HttpFault(status=404, kind="not_found_error"))
    found, gone = world.lever.probe(app(keys=("care-1", "support-chat")), [PLACE])
    assert (found.target, found.binds) == (world.key_target(), True)
    assert not gone.binds
    assert "does not find the team of the key care-1" in str(gone.reason)


def test_a_key_that_was_deleted_or_rotated_is_missing(world: World) -> None:
    """The proxy still shows its archived row; a limit there would hold nobody."""
    world.proxy.rows.delete_key(world.chat_key)
    with pytest.raises(Missing, match="deleted or rotated"):
        world.lever.read_back(world.key_target())


def test_a_field_that_the_proxy_does_not_know_does_not_read_back(world: World) -> None:
    """The call succeeds, and nothing stands there: only reading back tells."""
    world.proxy.faults.inject(KEY_UPDATE, BindsNothing())
    world.lever.apply(world.key_target(), 50)
    assert world.lever.read_back(world.key_target()) is None


def test_whose_a_caller_is_is_asked_as_things_stand_now(world: World) -> None:
    """A key by its alias or as one of a team's; a rotated one under its new hash alone."""
    assert world.lever.is_of(KEY_APP, world.key_target())
    assert world.lever.is_of(TEAM_APP, world.team_target())
    assert not world.lever.is_of(KEY_APP, world.team_target())
    of_team = Caller("key", world.care_keys[0]).target(world.api.host, "tpm", "fast")
    assert (world.lever.is_of(TEAM_APP, of_team), world.lever.is_of(KEY_APP, of_team)) == (True, False)
    before = world.key_target()
    new = world.proxy.rows.rotate_key(world.chat_key, "sk-chat-2")
    after = Caller("key", new).target(world.api.host, "tpm", "fast")
    assert (world.lever.is_of(KEY_APP, before), world.lever.is_of(KEY_APP, after)) == (False, True)


def test_a_team_that_cannot_be_known_makes_no_key_of_the_file_another_app_s(world: World) -> None:
    """A quota that stands on the key would be taken away: nothing is known, and that is not "no"."""
    key = Caller("key", world.care_keys[0]).target(world.api.host, "tpm", "fast")
    lost = HttpFault(status=404, kind="invalid_request_error", message="{'message': 'Team not found.'}")
    world.proxy.faults.inject(TEAM_INFO, lost)
    world.proxy.faults.inject("GET /v2/team/list", HttpFault(status=404, kind="not_found_error"))
    assert world.lever.is_of(app(keys=("care-1",)), key)


def test_what_others_set_in_between_for_another_model_is_overwritten(world: World) -> None:
    """The proxy has no version to compare with: the known weakness of a limit by model, written down here."""
    row = world.proxy.rows.keys[world.chat_key]
    others = {"model_tpm_limit": {"clever": 70}}
    world.proxy.faults.inject(KEY_UPDATE, Meanwhile(does=lambda: world.proxy.rows.update(row, others)))
    world.lever.apply(world.key_target(), 50)
    assert row["metadata"]["model_tpm_limit"] == {"fast": 50}


def test_what_is_no_number_there_is_refused(world: World) -> None:
    """Somebody's own use of the field is not overwritten on a guess."""
    world.proxy.rows.keys[world.chat_key]["metadata"] = {"model_tpm_limit": {"fast": "lots"}}
    with pytest.raises(Rejected, match="'lots' stands there"):
        world.lever.apply(world.key_target(), 50)


@pytest.mark.parametrize("call", ["probe", "apply", "read_back", "restore"])
@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_of_the_rig_is_met_or_said_to_be_impossible(rig: Rig, call: str, fault: Fault) -> None:
    """What the lever's callers see: an error of ours, a probe that does not bind, or something else there."""
    if (call, fault) not in rig.faults:
        assert fault in rig.cannot
        return
    target = rig.probe().target
    rig.lever.apply(target, 500)
    rig.faults[call, fault]()
    if call == "probe":
        error = caught(lambda: check(holds=not rig.probe().binds))
    elif call == "apply":
        error = caught(lambda: rig.lever.apply(target, 50))
    elif call == "read_back":
        error = caught(lambda: check(holds=rig.lever.read_back(target) == 500))
    else:
        error = caught(lambda: rig.lever.restore(target, None))
    said_otherwise = call == "probe" and fault in {Fault.NO_PERMISSION, Fault.API_DISABLED, Fault.UNKNOWN}
    if said_otherwise or fault in {Fault.BINDS_NOTHING, Fault.CHANGED_BETWEEN}:
        assert error is None
    elif fault in {Fault.NO_PERMISSION, Fault.UNKNOWN, Fault.API_DISABLED}:
        assert isinstance(error, Rejected)
    else:
        assert isinstance(error, Unavailable)
    wanted = {"apply": 50, "restore": None}.get(call, 500)
    took_effect = fault in {Fault.LOST_REPLY, Fault.CHANGED_BETWEEN}
    assert (rig.lever.read_back(target) == wanted) is (took_effect or wanted == 500)


def caught(call: Callable[[], object]) -> VendorError | None:
    try:
        call()
    except VendorError as error:
        return error
    return None


def check(*, holds: bool) -> None:
    assert holds


# ---- probe


def test_a_key_of_the_app_is_a_target_of_one_model(world: World) -> None:
    """The model goes by the name that callers use; nothing stands there yet."""
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert probe.binds
    assert probe.target == world.key_target("fast")
    assert (probe.unit, probe.override, probe.effective) == ("tokens_per_minute", None, None)
    assert probe.target.id == f"gateway|{world.api.host}|litellm|tpm|1/min|base_model=fast,key={world.chat_key}"


def test_a_probe_for_each_place_comes_in_order(world: World) -> None:
    """A place that no model of the gateway leads to says so."""
    other = Place(project="acme-other", location="global", model="gemini-2.5-flash")
    nowhere, here = world.lever.probe(KEY_APP, [other, PLACE])
    assert (nowhere.binds, here.binds) == (False, True)
    assert str(nowhere.reason) == "gemini-2.5-flash at global: the gateway has no model that leads there"


def test_a_team_of_the_app_is_one_target_with_its_keys_that_have_limits_of_their_own(world: World) -> None:
    """A key's own limit of the model takes it out of the team's, so it needs a brake of its own."""
    world.proxy.rows.keys[world.care_keys[1]]["metadata"] = {"model_tpm_limit": {"fast": 900}}
    team, key = world.lever.probe(TEAM_APP, [PLACE])
    assert team.target == world.team_target("fast")
    assert key.target.dimension("key") == world.care_keys[1]
    assert (key.override, key.effective) == (900, 900)


def test_a_key_of_a_team_that_is_the_apps_is_not_limited_twice(world: World) -> None:
    """The team's limit holds it."""
    probes = world.lever.probe(app(teams=("care",), keys=("care-1",)), [PLACE])
    assert [one.target for one in probes] == [world.team_target("fast")]


def test_the_teams_limit_is_in_force_for_its_key(world: World) -> None:
    """A limit of the key's own above it would loosen: the probe says what holds now."""
    world.proxy.rows.teams["care"].update(tpm_limit=3_000, metadata={"model_tpm_limit": {"fast": 700}})
    [probe] = world.lever.probe(app(keys=("care-1",)), [PLACE])
    assert (probe.override, probe.effective) == (None, 700)


def test_who_else_may_be_behind_a_target_is_said(world: World) -> None:
    """Another app of the file may name the team that a key is of, or a key of the team, by its alias or its hash."""
    [key] = world.lever.probe(app(keys=("care-1",)), [PLACE])
    assert key.through == (world.care_keys[0], "care-1", "care")
    [team] = world.lever.probe(TEAM_APP, [PLACE])
    assert {"care", "care-1", *world.care_keys} <= set(team.through)


def test_a_key_is_found_by_its_hash_too(world: World) -> None:
    """An alias may change; the hash is the key's."""
    [probe] = world.lever.probe(app(keys=(world.chat_key,)), [PLACE])
    assert probe.target == world.key_target("fast")


@pytest.mark.parametrize("name", ["nobody", "0" * 64])
def test_a_caller_that_the_gateway_does_not_know_is_said_beside_the_others(world: World, name: str) -> None:
    """A brake that leaves out one of the app's keys is not whole."""
    known, unknown = world.lever.probe(app(keys=("support-chat", name)), [PLACE])
    assert known.binds
    assert not unknown.binds
    assert f"knows no team and no key {name}" in str(unknown.reason)


def test_a_team_that_the_gateway_does_not_know_is_said(world: World) -> None:
    """As for a key."""
    [probe] = world.lever.probe(app(teams=("nobody",)), [PLACE])
    assert "knows no team and no key nobody" in str(probe.reason)


def test_an_app_without_callers_binds_nothing_and_asks_nothing(world: World) -> None:
    """The file says nobody."""
    [probe] = world.lever.probe(app(), [PLACE])
    assert not probe.binds
    assert "names no team and no key" in str(probe.reason)
    assert not world.proxy.log


def test_a_refused_admin_key_is_a_missing_permission(world: World) -> None:
    """For every place, with what must be granted."""
    world.proxy.admin_routes_off = True
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert (probe.binds, probe.missing) == (False, ("proxy_admin",))


def test_a_key_that_may_not_use_the_model_is_no_target(world: World) -> None:
    """Its list of models is of plain names, and this is none of them."""
    world.proxy.rows.keys[world.chat_key]["models"] = ["clever"]
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert "none of this app's teams and keys may use" in str(probe.reason)


def test_a_list_of_models_that_may_hold_it_is_taken_to_hold_it(world: World) -> None:
    """Access groups and wildcards are names, too."""
    world.proxy.rows.keys[world.chat_key]["models"] = ["all-team-models"]
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert probe.binds


def test_a_blocked_key_lets_nothing_through_already(world: World) -> None:
    """No limit of ours could be stricter."""
    world.proxy.rows.keys[world.chat_key]["blocked"] = True
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert probe.effective == 0


@pytest.mark.parametrize("hidden", ["budgets", "defaults"])
def test_where_a_limit_of_a_model_would_lift_other_rules_all_of_the_key_is_limited(world: World, hidden: str) -> None:
    """The first limit of a model on a key hides its older ones among the budgets, and the deployments' defaults."""
    if hidden == "budgets":
        world.proxy.rows.keys[world.chat_key]["model_max_budget"] = {"clever": {"tpm_limit": 5}}
    else:
        world.proxy.rows.deployments[1]["litellm_params"]["default_api_key_tpm_limit"] = 5
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert probe.target == world.key_target(None)
    world.lever.apply(probe.target, 100)
    assert world.proxy.call(world.chat_key, "clever", world.clock.now(), input_tokens=6) == 429  # as before


def test_under_a_name_for_many_models_all_of_the_key_is_limited(world: World) -> None:
    """What callers ask for cannot be listed, so a limit of one name would miss the others."""
    world.proxy.rows.deployments.clear()
    world.proxy.rows.add_model("vertex_ai/*", "vertex_ai/*", vertex_project=PLACE.project)
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert probe.target == world.key_target(None)
    assert str(probe.note) == f"At the gateway {world.chat_key} is limited as a whole, with every model that it calls"


def test_a_dynamic_limit_of_a_whole_key_binds_nothing(world: World) -> None:
    """It is enforced only while the model fails."""
    row = world.proxy.rows.keys[world.chat_key]
    row.update(metadata={"tpm_limit_type": "dynamic"}, model_max_budget={"clever": {"tpm_limit": 5}})
    [probe] = world.lever.probe(KEY_APP, [PLACE])
    assert not probe.binds
    assert "dynamic limit" in str(probe.reason)


def test_a_list_of_keys_is_read_to_its_end(world: World) -> None:
    """A team may have more keys than a page holds."""
    for n in range(120):
        world.proxy.rows.add_key(f"sk-many-{n}", team="care", metadata={"model_tpm_limit": {"fast": 1}})
    assert len(world.lever.probe(TEAM_APP, [PLACE])) == 121
    assert len(world.asked(KEY_LIST)) == 2


# ---- the stand-in refuses, and the witness sees it


def test_a_brake_on_one_model_refuses_that_model_alone(world: World) -> None:
    """The smallest blast radius: another model of the key and another key go on."""
    world.lever.apply(world.key_target("fast"), 1_000)
    assert 429 in world.runs(world.chat_key, "fast", 5_000, 2)
    assert set(world.runs(world.chat_key, "clever", 5_000, 2)) == {200}
    assert set(world.runs(world.care_keys[0], "fast", 5_000, 2)) == {200}


@pytest.mark.parametrize("model", ["fast", None])
@pytest.mark.parametrize("caller", ["key", "team"])
def test_a_brake_that_bites_is_proved(world: World, caller: str, model: str | None) -> None:
    """What got through is under the limit, and the proxy says how many requests it refused for it."""
    target = world.key_target(model) if caller == "key" else world.team_target(model)
    hashed = world.chat_key if caller == "key" else world.care_keys[0]
    world.lever.apply(target, 2_000)
    start = world.clock.now() + timedelta(minutes=1)
    world.runs(hashed, "fast", 10_000, 15)
    windows = world.witness.windows(target, start, world.clock.now(), 5)
    assert [window.start for window in windows] == [start + timedelta(minutes=5 * n) for n in range(3)]
    assert all(window.usage == 2_000 for window in windows)
    assert all(window.exceeded == 16 * 5 for window in windows)
    proof = judge(at=world.clock.now(), limit=2_000, before=10_000, windows=windows)
    assert proof.verdict is Verdict.BINDS


def test_a_key_with_a_limit_of_its_own_says_nothing_of_its_teams(world: World) -> None:
    """The team's limit does not hold it: neither what it got through nor what it was refused is the team's."""
    own, held = world.care_keys
    world.proxy.rows.keys[own]["metadata"] = {"model_tpm_limit": {"fast": 1_500}}
    world.lever.apply(world.team_target(), 2_000)
    start = world.clock.now() + timedelta(minutes=1)
    world.proxy.run(own, "fast", start, tokens_a_minute=10_000, minutes=15)
    world.runs(held, "fast", 10_000, 15)
    windows = world.witness.windows(world.team_target(), start, world.clock.now(), 5)
    assert [(window.usage, window.exceeded) for window in windows] == [(2_000, 16 * 5)] * 3
    assert judge(at=start, limit=2_000, before=10_000, windows=windows).verdict is Verdict.BINDS


def test_a_brake_that_binds_nothing_is_refuted(world: World) -> None:
    """Set, and not in force: usage goes on above it."""
    world.runs(world.chat_key, "fast", 10_000, 15)
    since = world.clock.now() - timedelta(minutes=17)
    windows = world.witness.windows(world.key_target(), since, world.clock.now(), 5)
    assert judge(at=since, limit=2_000, before=10_000, windows=windows).verdict is Verdict.REFUTED


def test_without_traffic_the_proof_stays_open(world: World) -> None:
    """Silence proves nothing."""
    since = world.clock.now() - timedelta(minutes=20)
    windows = world.witness.windows(world.key_target(), since, world.clock.now(), 5)
    assert [(window.usage, window.exceeded) for window in windows] == [(0, 0)] * 3
    assert judge(at=since, limit=2_000, before=10_000, windows=windows).verdict is Verdict.INCONCLUSIVE


def test_windows_that_may_not_be_reported_yet_are_left_out(world: World) -> None:
    """Rows are written after their request has ended."""
    now = world.clock.now()
    assert world.witness.windows(world.key_target(), now - timedelta(minutes=6), now, 5) == []
    assert len(world.witness.windows(world.key_target(), now - timedelta(minutes=7), now, 5)) == 1


def test_where_refusals_are_not_logged_usage_at_the_limit_still_proves(world: World) -> None:
    """`disable_error_logs` takes the refusals; what got through is pinned."""
    world.proxy.logs.keeps_errors = False
    world.lever.apply(world.key_target(), 2_000)
    start = world.clock.now() + timedelta(minutes=1)
    world.runs(world.chat_key, "fast", 10_000, 15)
    windows = world.witness.windows(world.key_target(), start, world.clock.now(), 5)
    assert [window.exceeded for window in windows] == [0, 0, 0]
    assert judge(at=start, limit=2_000, before=10_000, windows=windows).verdict is Verdict.BINDS


def test_where_nothing_is_logged_the_proof_stays_open(world: World) -> None:
    """`disable_spend_logs`: Freio does not know, and says so."""
    world.proxy.logs.keeps_any = False
    world.lever.apply(world.key_target(), 2_000)
    start = world.clock.now() + timedelta(minutes=1)
    world.runs(world.chat_key, "fast", 10_000, 15)
    windows = world.witness.windows(world.key_target(), start, world.clock.now(), 5)
    assert judge(at=start, limit=2_000, before=10_000, windows=windows).verdict is Verdict.INCONCLUSIVE


def test_a_refusal_of_another_limit_is_not_counted(world: World) -> None:
    """The provider's own 429, and a limit that is not the target's, say nothing about ours."""
    world.lever.apply(world.key_target(None), 2_000)
    start = world.clock.now() + timedelta(minutes=1)
    world.runs(world.chat_key, "fast", 10_000, 5)
    [window] = world.witness.windows(world.key_target("fast"), start, world.clock.now(), 5)
    assert (window.usage, window.exceeded) == (2_000, 0)
    [window] = world.witness.windows(world.key_target(None), start, world.clock.now(), 5)
    assert window.exceeded == 80


def test_more_rows_than_a_page_holds_are_all_counted(world: World) -> None:
    """A page has a thousand."""
    start = world.clock.now().replace(second=0) + timedelta(minutes=1)
    world.proxy.run(world.chat_key, "fast", start, tokens_a_minute=5_000, minutes=5, requests=500)
    world.clock.sleep(600)
    [window] = world.witness.windows(world.key_target(), start, start + timedelta(minutes=5), 5)
    assert window.usage == 5_000
    assert len(world.asked(LOGS)) == 4  # three pages of what got through, one count of what did not


def test_half_an_hour_may_have_more_rows_than_one_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred requests a second are 360,000 rows in half an hour: just then a proof is wanted."""
    monkeypatch.setattr("freio.adapters.litellm.client.MOST_PAGES", 3)
    start = world.clock.now().replace(second=0) + timedelta(minutes=1)
    world.proxy.run(world.chat_key, "fast", start, tokens_a_minute=5_000, minutes=10, requests=500)
    world.clock.sleep(900)
    windows = world.witness.windows(world.key_target(), start, start + timedelta(minutes=10), 5)
    assert [window.usage for window in windows] == [5_000, 5_000]


def test_requests_are_counted_where_the_target_counts_requests(world: World) -> None:
    """`rpm`: twenty a minute were asked for, five may pass."""
    target = Target("gateway", world.api.host, "litellm", "rpm", "1/min", world.key_target().dimensions)
    world.lever.apply(target, 5)
    start = world.clock.now() + timedelta(minutes=1)
    world.runs(world.chat_key, "fast", 1_000, 5)
    [window] = world.witness.windows(target, start, world.clock.now(), 5)
    assert (window.usage, window.exceeded) == (5, 75)


@pytest.mark.parametrize(("counts", "usage"), [(Counts.TOTAL, 1_000), (Counts.INPUT, 800), (Counts.OUTPUT, 200)])
def test_usage_is_told_in_what_the_gateway_counts(counts: Counts, usage: int) -> None:
    """Input and output together, or one of them: never one for the other."""
    with rigs.world(Gateway(url="https://llm.acme.example", counts=counts)) as world:
        start = world.clock.now() + timedelta(minutes=1)
        world.runs(world.chat_key, "fast", 1_000, 5)
        [window] = world.witness.windows(world.key_target(), start, world.clock.now(), 5)
        assert window.usage == usage
        [probe] = world.lever.probe(KEY_APP, [PLACE])
        assert probe.unit == world.gateway.unit


def test_the_stand_in_asks_for_the_admin_key_on_every_route(world: World) -> None:
    """Nothing is shown to whoever has none."""
    for route in (KEY_INFO, KEY_LIST, TEAM_INFO, MODELS, LOGS, KEY_UPDATE, TEAM_UPDATE):
        verb, path = route.split()
        assert world.proxy.handle(verb, path, "", b"", "Bearer sk-other").status == 401


def test_a_field_or_a_filter_that_litellm_has_not_is_refused(world: World) -> None:
    """The real proxy would pass over it; here it is a fault of ours."""
    bearer = f"Bearer {rigs.ADMIN_KEY}"
    body = b'{"key": "x", "model_tpm_limits": {}}'
    assert world.proxy.handle("POST", "/key/update", "", body, bearer).status == 422
    assert world.proxy.handle("POST", "/key/update", "", b'{"key": "x", "tpm_limit": -1}', bearer).status == 422
    assert world.proxy.handle("GET", "/key/list", "alias=x", b"", bearer).status == 422


# ---- standing quotas


def test_a_lease_of_one_model_and_a_standing_quota_hold_side_by_side(world: World) -> None:
    """One is of the model, the other of all: restoring the first leaves the second."""
    world.lever.apply(world.key_target(None), 9_000)
    world.lever.apply(world.key_target("fast"), 50)
    world.lever.restore(world.key_target("fast"), None)
    assert world.lever.read_back(world.key_target(None)) == 9_000
