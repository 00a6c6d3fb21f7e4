"""The gateway lever on a stand-in of LiteLLM's proxy, each request and reply held against litellm's own models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from freio.adapters.litellm.client import LiteLlmApi
from freio.adapters.litellm.gateway_lever import GatewayLever
from freio.adapters.litellm.gateway_witness import LAG, GatewayWitness
from freio.adapters.litellm.standing import MODEL, Caller, change
from freio.domain.app import App, Match
from freio.domain.gateway import Callers, Gateway
from freio.domain.target import Target
from freio.ports import Place
from freio.sandbox.gateway.faults import BindsNothing, HttpFault, LostReply, Meanwhile
from freio.sandbox.gateway.faults import Fault as ProxyFault
from freio.sandbox.gateway.proxy import Proxy
from freio.sandbox.gateway.server import serve
from tests.contracts.levers.litellm_models import LiteLlmModels
from tests.contracts.levers.rig import Fault, Rig
from tests.fakes import FakeClock

ADMIN_KEY = "sk-admin-of-the-stand-in"
PLACE = Place(project="acme-shared", location="global", model="gemini-2.5-flash")
SOMEBODYS = 4_321

KEY_INFO, KEY_LIST, KEY_UPDATE = "GET /key/info", "GET /key/list", "POST /key/update"
TEAM_INFO, TEAM_UPDATE, MODELS, LOGS = (
    "GET /team/info",
    "POST /team/update",
    "GET /v1/model/info",
    "GET /spend/logs/v2",
)


def app(*, teams: tuple[str, ...] = (), keys: tuple[str, ...] = ()) -> App:
    return App(
        name="support-chat",
        team="care",
        cost_centre="c",
        environment="e",
        owners=(),
        match=Match(projects=frozenset({PLACE.project})),
        callers=Callers(teams=teams, keys=keys),
    )


@dataclass(frozen=True, kw_only=True)
class World:
    """A proxy with one team of two keys, one key of nobody's, and two models in a project that apps share."""

    proxy: Proxy
    api: LiteLlmApi
    gateway: Gateway
    clock: FakeClock
    chat_key: str
    care_keys: tuple[str, str]

    @property
    def lever(self) -> GatewayLever:
        return GatewayLever(self.api, self.gateway)

    @property
    def witness(self) -> GatewayWitness:
        return GatewayWitness(self.api, self.gateway, now=self.clock.now)

    def asked(self, route: str) -> list[Mapping[str, object]]:
        """The bodies that a route was called with."""
        return [one.body for one in self.proxy.log if one.route == route]

    def key_target(self, model: str | None = "fast") -> Target:
        return Caller("key", self.chat_key).target(self.api.host, "tpm", model)

    def team_target(self, model: str | None = "fast") -> Target:
        return Caller("team", "care").target(self.api.host, "tpm", model)

    def runs(self, hashed: str, model: str, tokens_a_minute: int, minutes: int) -> list[int]:
        """A load from the next whole minute on; the clock stands where all of it has been reported."""
        start = self.clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
        said = self.proxy.run(hashed, model, start, tokens_a_minute=tokens_a_minute, minutes=minutes)
        self.clock.sleep((start - self.clock.now() + timedelta(minutes=minutes) + LAG).total_seconds())
        return said


@contextmanager
def world(gateway: Gateway | None = None) -> Iterator[World]:
    clock = FakeClock(datetime(2026, 11, 2, 12, tzinfo=UTC))
    proxy = Proxy(now=clock.now, admin_key=ADMIN_KEY, contract=LiteLlmModels())
    proxy.rows.add_team("care")
    care = tuple(proxy.rows.add_key(f"sk-care-{n}", alias=f"care-{n}", team="care") for n in (1, 2))
    chat = proxy.rows.add_key("sk-chat", alias="support-chat")
    for name, model in (("fast", "gemini-2.5-flash"), ("clever", "gemini-2.5-pro")):
        proxy.rows.add_model(name, f"vertex_ai/{model}", vertex_project=PLACE.project, vertex_location="global")
    server = serve(proxy)
    api = LiteLlmApi(server.url, ADMIN_KEY, timeout=10)
    counts = (gateway or Gateway(url=server.url)).counts
    yield World(
        proxy=proxy,
        api=api,
        gateway=Gateway(url=server.url, counts=counts),
        clock=clock,
        chat_key=chat,
        care_keys=(care[0], care[1]),
    )
    api.close()
    server.stop()


@contextmanager
def rig() -> Iterator[Rig]:
    """The lever with one app whose one key calls the model as ``fast``."""
    with world() as made:

        def somebody_else_sets(target: Target) -> int:
            _set(made, target, SOMEBODYS)
            return SOMEBODYS

        def serves(target: Target, rate: int, minutes: int) -> None:
            made.runs(made.chat_key, target.dimension(MODEL) or "fast", rate, minutes)

        yield Rig(
            name="gateway",
            lever=made.lever,
            app=app(keys=("support-chat",)),
            place=PLACE,
            clock=made.clock,
            witness=made.witness,
            faults=_faults(made),
            somebody_else_sets=somebody_else_sets,
            serves=serves,
            cannot={
                Fault.FAILS_LATE: "the proxy has no operations: when it answers, the row is written",
                Fault.BINDS_NOTHING: "a call that only reads sets nothing",
                Fault.CHANGED_BETWEEN: "a call that only reads has no between",
            },
        )


def _set(made: World, target: Target, value: int) -> None:
    caller = Caller.of(target)
    row = (made.proxy.rows.keys if caller.kind == "key" else made.proxy.rows.teams)[caller.id]
    made.proxy.rows.update(row, change(row, target.metric, target.dimension(MODEL), value))


def _faults(made: World) -> dict[tuple[str, Fault], Callable[[], None]]:
    target = made.key_target()
    route = {"probe": MODELS, "apply": KEY_UPDATE, "read_back": KEY_INFO, "restore": KEY_UPDATE}
    of_all: dict[Fault, ProxyFault] = {
        Fault.LOST_REPLY: LostReply(),
        Fault.NO_PERMISSION: HttpFault(status=403, kind="auth_error", message="role=proxy_admin_viewer"),
        Fault.UNKNOWN: HttpFault(status=404, kind="not_found_error", message="Key not found in database"),
        Fault.API_DISABLED: HttpFault(
            status=403, kind="auth_error", message="Management routes are disabled for this instance."
        ),
        Fault.TOO_MANY: HttpFault(status=429, kind="rate_limit_error"),
        Fault.TOO_MANY_WAIT: HttpFault(status=429, kind="rate_limit_error", retry_after=30),
    }
    of_writes: dict[Fault, ProxyFault] = {
        Fault.BINDS_NOTHING: BindsNothing(),
        Fault.CHANGED_BETWEEN: Meanwhile(does=lambda: _set(made, target, SOMEBODYS)),
    }

    def inject(call: str, fault: ProxyFault) -> Callable[[], None]:
        return lambda: made.proxy.faults.inject(route[call], fault)

    def renamed() -> None:
        made.proxy.rows.keys[made.chat_key]["key_alias"] = "another"

    found = {(call, fault): inject(call, how) for call in route for fault, how in of_all.items()}
    found |= {(call, fault): inject(call, how) for call in ("apply", "restore") for fault, how in of_writes.items()}
    found["probe", Fault.UNKNOWN] = renamed
    return found
