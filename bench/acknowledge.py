"""How long Slack waits for its acknowledgement, and whether a click is ever lost; cold and warm.

Three functions side by side, each on the real functions-framework server: Freio's ``slack_inbox``; one that does
nothing (*bare*); and one that publishes by the batching client with its defaults (*batching*). The latter two neither
verify nor read. Every click is looked for on the topic afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.arithmetic import arrivals, percentile
from bench.arrived import PROJECT, TOPIC_PATH, Arrived, emulated_topic
from bench.clicks import SECRET, signed_click
from bench.load import Sent, send
from bench.result import ROOT, Result, table, verdict
from bench.server import Server, serving
from freio.adapters.local.clock import SystemClock

A_SECOND = 50.0
TARGET = 0.150  # seconds at p99, cold and warm
LATE = 30.0  # milliseconds at p99 that this sender is late by only where other work has the processor
SEED = 20261123
WARM_UP, BLOCKS, BLOCK = 200, 4, 250  # clicks not counted; blocks of each function in turn, and clicks in each
STARTS, COLD = 5, 50  # fresh servers of each function in turn, and the clicks that each is met with
BARE, BATCHING, OURS = "bare", "batching", "slack_inbox"
SOURCES = {
    BARE: ROOT / "bench" / "functions" / "bare.py",
    BATCHING: ROOT / "bench" / "functions" / "batching.py",
    OURS: ROOT / "functions" / "slack_inbox" / "main.py",
}
ENVIRONMENT = {
    "SLACK_SIGNING_SECRET": SECRET,
    "SLACK_BOT_TOKEN": "xoxb-1",
    "FREIO_QUEUE": f"pubsub:{PROJECT}",
    "FREIO_CONFIG": "/nowhere/freio.yaml",  # a click needs neither the client's file nor the store
    "FREIO_STORE": "sqlite:/nowhere/state.db",
    "FREIO_LOCALE": "pt-BR",
    "FREIO_TIME_ZONE": "America/Sao_Paulo",
    "FREIO_CURRENCY": "BRL",
    "BENCH_TOPIC": TOPIC_PATH,
}


@dataclass(kw_only=True)
class Tally:
    """What became of the clicks on one function; ``starts`` in seconds from process to port, and to first answer."""

    sent: list[Sent] = field(default_factory=list)
    lost: int = 0
    duplicates: int = 0
    starts: list[tuple[float, float]] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Milliseconds by nearest rank, and counts."""
        latencies = [1000 * one.latency for one in self.sent]
        shares = {f"p{100 * share:.0f}": round(percentile(latencies, share), 2) for share in (0.5, 0.9, 0.99)}
        return {
            "clicks": len(self.sent),
            **shares,
            "max": round(max(latencies), 2),
            "sender_late_p99": round(percentile([1000 * one.late for one in self.sent], 0.99), 2),
            "faults": sorted({one.fault for one in self.sent if one.fault}),
            "failed": sum(bool(one.fault) for one in self.sent),
            "lost": self.lost,
            "duplicates": self.duplicates,
            "start_to_port": [round(port, 3) for port, _ in self.starts],
            "start_to_answer": [round(answer, 3) for _, answer in self.starts],
        }


def run() -> Result:
    """Measure warm, then cold; about two and a half minutes."""
    with emulated_topic() as arrived:
        phases = {"warm": _warm(arrived), "cold": _cold(arrived)}
    figures = {phase: {name: tally.figures() for name, tally in tallies.items()} for phase, tallies in phases.items()}
    return Result(figures={"seed": SEED, "clicks_a_second": A_SECOND, **figures}, lines=_lines(figures))


def _warm(arrived: Arrived) -> Mapping[str, Tally]:
    """All three servers stand; the load goes round, a block at a time, so that each meets the same machine."""
    tallies = {name: Tally() for name in SOURCES}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serving(source, ENVIRONMENT)) for name, source in SOURCES.items()}
        for name, server in servers.items():
            _clicks(Tally(), server, _counting(name, arrived), run_name=f"w{name[:3]}", count=WARM_UP, seed=SEED)
        for block in range(BLOCKS):
            for name, server in servers.items():
                counted, run_name = _counting(name, arrived), f"b{name[:3]}{block}"
                _clicks(tallies[name], server, counted, run_name=run_name, count=BLOCK, seed=SEED + block)
    return tallies


def _cold(arrived: Arrived) -> Mapping[str, Tally]:
    """A fresh server each time, met by clicks as soon as its port accepts."""
    tallies = {name: Tally() for name in SOURCES}
    for start in range(STARTS):
        for name, source in SOURCES.items():
            with serving(source, ENVIRONMENT) as server:
                listening = time.perf_counter()
                counted, run_name = _counting(name, arrived), f"c{name[:3]}{start}"
                first = _clicks(tallies[name], server, counted, run_name=run_name, count=COLD, seed=SEED + start)
                tallies[name].starts.append((listening - server.started, listening - server.started + first))
    return tallies


Count = Callable[[int], Mapping[str, int]]


def _counting(name: str, arrived: Arrived) -> Count | None:
    return None if name == BARE else arrived.count


def _clicks(tally: Tally, server: Server, counted: Count | None, *, run_name: str, count: int, seed: int) -> float:
    """Send `count` clicks and look for them on the topic, if they go there; the first one's latency, in seconds."""
    at = SystemClock().now().timestamp()
    clicks = [signed_click(run_name, number, at) for number in range(count)]
    sent = send(server.port, clicks, arrivals(count, A_SECOND, seed))
    tally.sent += sent
    if counted is not None:
        seen = counted(count)
        tally.lost += sum(click.mark not in seen for click in clicks)
        tally.duplicates += sum(times - 1 for times in seen.values())
    return next(one.latency for one in sent if one.mark == clicks[0].mark)


def _lines(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Sequence[str]:
    lines = [
        f"Signed clicks, Poisson at {A_SECOND:.0f} a second, open loop, latency from when each was due; seed {SEED}.",
        f"Warm: {BLOCKS} blocks of {BLOCK} clicks on each function in turn, after {WARM_UP} uncounted.",
        f"Cold: {STARTS} fresh servers of each in turn, met by {COLD} clicks from when the port accepts.",
        "Milliseconds; x = ratio to the bare function in this run. No credentials or TLS: the emulator has neither.",
    ]
    for phase, by_name in figures.items():
        lines += ["", *table(_header(phase), [_row(name, by_name) for name in by_name])]
    lines.append("")
    for phase, by_name in figures.items():
        ours = by_name[OURS]
        fast = ours["p99"] < 1000 * TARGET
        lines.append(verdict(f"{phase} p99 {ours['p99']:.1f} ms, target under {1000 * TARGET:.0f} ms", met=fast))
        whole = not (ours["lost"] or ours["failed"])
        clicks = f"{ours['lost']} lost and {ours['failed']} failed of {ours['clicks']} clicks"
        lines.append(verdict(f"{phase} {clicks}, target none", met=whole))
        late = max(by["sender_late_p99"] for by in by_name.values())
        if late > LATE:
            lines.append(
                f"{phase}: the sender itself was {late:.0f} ms late at p99: other work ran here, measure again"
            )
    starts = ", ".join(f"{name} {median(by['start_to_answer']):.2f} s" for name, by in figures["cold"].items())
    lines.append(f"from nothing (process started) to the first acknowledgement, median; Slack waits 3 s: {starts}")
    return lines


def _header(phase: str) -> Sequence[str]:
    return (phase, "clicks", "p50", "x", "p90", "p99", "x", "max", "failed", "lost", "duplicates", "sender late p99")


def _row(name: str, by_name: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    mine, bare = by_name[name], by_name[BARE]
    arrived = ("-", "-") if name == BARE else (str(mine["lost"]), str(mine["duplicates"]))
    return (
        name,
        str(mine["clicks"]),
        f"{mine['p50']:.1f}",
        f"{mine['p50'] / bare['p50']:.2f}",
        f"{mine['p90']:.1f}",
        f"{mine['p99']:.1f}",
        f"{mine['p99'] / bare['p99']:.2f}",
        f"{mine['max']:.1f}",
        str(mine["failed"]),
        *arrived,
        f"{mine['sender_late_p99']:.1f}",
    )
