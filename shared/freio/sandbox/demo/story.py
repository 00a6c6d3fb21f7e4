"""What happened, read back from the store, the journal and the queue; and whether the loop closed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from freio.adapters.slack.messages import POST
from freio.domain.incident import Incident, State, Verdict
from freio.domain.journal import Entry, Kind
from freio.domain.lever import Setting
from freio.domain.target import Brake
from freio.sandbox.demo.cast import CHANNEL
from freio.sandbox.demo.replay import Replay
from freio.sandbox.demo.script import Players
from freio.sandbox.spend.incidents import Runaway

T = TypeVar("T")
HAS_A_MONDAY = timedelta(days=8)  # whichever day it begins on, and wherever its morning is
DECIDED = {State.BRAKING, State.OVERRIDDEN, State.SNOOZED, State.EXPECTED}


def tell(replay: Replay, runaways: Sequence[Runaway], players: Players | None, poison: int) -> dict[str, Any]:
    """The demo's result, as ``--json`` writes it: ``incidents``, ``counts``, and what did not hold, ``faults``."""
    entries = replay.stage.store.entries()
    ids = dict.fromkeys(e.incident for e in entries if e.incident)
    told = [i for name in ids if (i := replay.stage.store.get(Incident, name)) is not None]
    incidents = [_incident(replay, incident, entries, runaways) for incident in told]
    counts = _counts(replay, entries, players)
    story = {"incidents": incidents, "counts": counts}
    found = faults(replay, story, told, poison=poison, scripted=players is not None)
    refused = players.refused if players else []
    found += [f"{ack.person}'s {ack.kind} was answered with {ack.error or dict(ack.errors)}" for ack in refused]
    return {**story, "faults": found}


def _incident(
    replay: Replay, incident: Incident, entries: Iterable[Entry], runaways: Sequence[Runaway]
) -> dict[str, Any]:
    mine = [e for e in entries if e.incident == incident.id]
    times = _times(incident, mine, runaways)
    start = times["started"] or times["signalled"]
    money = {
        name: {
            "spent_since_start": _money(replay.spent_at(incident.app, at) - replay.spent_at(incident.app, start)),
            "rate_per_hour": _money(replay.rate_at(incident.app, at)),
        }
        for name, at in times.items()
        if at is not None and start is not None
    }
    return {
        "id": incident.id,
        "app": incident.app,
        "level": incident.level,
        "mode": incident.mode,
        "signals": [
            {
                "kind": e.what,
                "at": e.at.isoformat(),
                "level": e.data.get("level"),
                "observed": e.data.get("observed"),
                "usual": e.data.get("usual"),
            }
            for e in mine
            if e.kind is Kind.SIGNAL
        ],
        "state_path": [state for state, _ in incident.trail],
        "times": {name: at.isoformat() if at else None for name, at in times.items()},
        "money": {"currency": replay.stage.client.currency, **money},
        "decided_by": _first(e.by for e in mine if e.kind is Kind.STATE and e.by),
        "braked_by": _first(e.by for e in mine if e.kind is Kind.STATE and e.by and e.what.endswith("->BRAKING")),
        "lever": _lever(incident, mine),
        "proof": _proof(replay, mine, times),
    }


def _times(incident: Incident, mine: Sequence[Entry], runaways: Sequence[Runaway]) -> dict[str, datetime | None]:
    """Simulated instants; None: it did not come to that."""
    causes = [r.start for r in runaways if r.app == incident.app and r.start <= incident.opened_at]
    return {
        "started": max(causes, default=None),
        "signalled": _first(e.at for e in mine if e.kind is Kind.SIGNAL),
        "alerted": _first(e.at for e in mine if e.kind is Kind.NOTICE and e.what == "posted"),
        "decided": _first(at for state, at in incident.trail if state in DECIDED),
        "braked": _first(at for state, at in incident.trail if state is State.THROTTLED),
        "proved": _first(e.at for e in mine if e.kind is Kind.PROOF and e.what == Verdict.BINDS),
        "restored": _first(e.at for e in mine if e.kind is Kind.LEVER and e.what == "restored"),
        "resolved": _first(at for state, at in incident.trail if state is State.RESOLVED),
    }


def _lever(incident: Incident, mine: Sequence[Entry]) -> dict[str, Any] | None:
    """Value before, set, and after the restore, for each target that was touched."""
    targets: dict[str, dict[str, Any]] = {}
    for entry in mine:
        if entry.kind is not Kind.LEVER:
            continue
        target = targets.setdefault(entry.data["target"], {"before": None, "set": [], "after": "not restored"})
        if entry.what == "set":
            target["before"] = _value(entry.data["found"])
            target["set"].append(_value(entry.data["value"]))
        elif entry.what == "restored":
            target["after"] = _value(entry.data["found"])
    lever = incident.proposal.lever if incident.proposal else ""
    tried = list(dict.fromkeys(target.partition("|")[0] for target in targets))
    return {"name": lever or "quota", "tried": tried, "targets": targets} if targets else None


def _proof(replay: Replay, mine: Sequence[Entry], times: dict[str, datetime | None]) -> dict[str, Any] | None:
    proofs = [e for e in mine if e.kind is Kind.PROOF]
    found = next((e for e in proofs if e.what == Verdict.BINDS), proofs[-1] if proofs else None)
    if found is None:
        return None
    braked, app = times["braked"], found.app
    window = found.at - braked if braked else None  # the same before the brake and after it
    return {
        "verdict": found.what,
        "limit_tokens_per_minute": int(found.data["limit"]),
        "tokens_per_minute_before": int(found.data["before"]),
        "tokens_per_minute_after": int(found.data["now"]),
        "exceeded": int(found.data["exceeded"]),
        "spend_rate_before": _money(replay.rate_at(app, braked, window)) if braked and window else None,
        "spend_rate_after": _money(replay.rate_at(app, found.at, window)) if braked and window else None,
    }


def _counts(replay: Replay, entries: Sequence[Entry], players: Players | None) -> dict[str, Any]:
    queue = replay.stage.broker.counts()
    kinds = Counter(e.kind for e in entries)
    return {
        "signals": kinds[Kind.SIGNAL],
        "messages": queue.published,
        "duplicates": queue.duplicates + sum(replay.stage.slack.duplicates.values()),
        "effects": sum(1 for e in entries if e.kind is Kind.LEVER and e.what in {"set", "restored"}),
        "dead_letters": queue.dead_letters,
        "journal": len(entries),
        "copied": replay.stage.copied() if replay.stage.copied else None,
        "slack_messages": len(_posted(replay)),
        "digests": len(_posted(replay, digests=True)),
        "pages": len(replay.stage.pager.pages),
        "clicks": len(players.acks) if players else None,
        "by_kind": {str(kind): count for kind, count in sorted(kinds.items())},
    }


def faults(
    replay: Replay, story: dict[str, Any], incidents: Sequence[Incident], *, poison: int, scripted: bool
) -> list[str]:
    """Why the loop did not close; nothing, where it did."""
    paths = {i.id: [state for state, _ in i.trail] for i in incidents}
    found = _unplayed(story, paths) if scripted else []
    found += [f"{i.id} is still {i.state}" for i in incidents if i.is_open and State.BRAKING in paths[i.id]]
    found += [
        f"{incident['id']}: {target} was {values['before']}, and is {values['after']}"
        for incident in story["incidents"]
        if incident["lever"]
        for target, values in incident["lever"]["targets"].items()
        if values["after"] != values["before"]
    ]
    found += _left_behind(replay)
    counts = story["counts"]
    found += _uncopied(replay, counts["copied"])
    if counts["slack_messages"] != len(incidents):
        found.append(f"{len(incidents)} incidents have {counts['slack_messages']} messages")
    if not counts["digests"] and replay.now - replay.began > HAS_A_MONDAY:
        found.append("no Monday had a digest")
    if counts["dead_letters"] != poison:
        found.append(f"{poison} messages were poison, and {counts['dead_letters']} became dead letters")
    return found


def _unplayed(story: dict[str, Any], paths: dict[str, list[State]]) -> list[str]:
    """Which of the ways that an incident can go were not seen."""
    proved = [i for i in story["incidents"] if i["proof"] and i["proof"]["verdict"] == Verdict.BINDS]
    found = []
    if not any(i["braked_by"] == "policy" for i in proved):
        found.append("no incident was braked by policy, and the brake proved")
    if not any(i["braked_by"] not in {None, "policy"} for i in proved):
        found.append("no incident was braked by a person's click, and the brake proved")
    if not any(i["lever"] and len(i["lever"]["tried"]) > 1 for i in proved):
        found.append("no brake was refuted and followed by one that was proved")
    if not any(State.OVERRIDDEN in path for path in paths.values()):
        found.append(f"no incident was {State.OVERRIDDEN}")
    return found


def _left_behind(replay: Replay) -> list[str]:
    """Every override in the control plane that nobody should have left there."""
    found = []
    for entry in replay.stage.store.entries():
        if entry.kind is not Kind.LEVER:
            continue
        brake = replay.stage.store.get(Brake, entry.data["target"])
        if brake is not None and brake.leases:
            found.append(f"{brake.id} is still held by {', '.join(lease.incident for lease in brake.leases)}")
    return sorted(set(found))


def _uncopied(replay: Replay, copied: int | None) -> list[str]:
    """The journal's copy has each entry once, and may lack those of the last sweep alone."""
    if copied is None:
        return []
    written = [entry.at for entry in replay.stage.store.entries()]
    waited = sum(1 for at in written if at <= replay.now)
    if waited <= copied <= len(written):
        return []
    return [f"the journal has {len(written)} entries, of which {waited} have waited, and its copy {copied}"]


def _posted(replay: Replay, *, digests: bool = False) -> list[str]:
    """Messages of their own: those of incidents, or the digests."""
    mine = [m for m in replay.stage.slack.messages(CHANNEL) if m.user == "U0FREIOBOT" and not m.thread_ts]
    return [m.ts for m in mine if ((m.metadata or {}).get("event_type") == POST) is digests]


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)


def _value(text: str) -> Setting:
    """A limit, or what else stood there, or nothing."""
    return (int(text) if text.lstrip("-").isdecimal() else text) if text else None


def _money(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))


def dumps(story: dict[str, Any]) -> str:
    return json.dumps(story, indent=2, ensure_ascii=False) + "\n"
