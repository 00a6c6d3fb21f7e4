"""The client's apps as the parameters of `sql/attributed.sql`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from freio.domain.app import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Whose a line of the bill is, as `freio.domain.attribution` says it, for the warehouse to apply.

    ``apps`` is JSON, in the order of the client's file. ``label_keys`` are the labels that any rule looks at: no other
    label is read, so that a label with a value for each request does not multiply the rows.
    """

    apps: str
    label_keys: tuple[str, ...]

    @classmethod
    def of(cls, apps: Iterable[App]) -> Rules:
        """An app that a bill cannot show (matched by service accounts or keys alone) owns nothing here."""
        rules, keys = [], set[str]()
        for app in apps:
            keys.update(key for key, _ in app.match.labels)
            if app.feature_label:
                keys.add(app.feature_label)
            if app.match.projects or app.match.models or app.match.labels:
                rules.append(
                    {
                        "app": app.name,
                        "team": app.team,
                        "cost_centre": app.cost_centre,
                        "feature": app.feature_label or "",
                        "projects": sorted(app.match.projects),
                        "models": sorted(app.match.models),
                        "labels": [_label(key, value) for key, value in app.match.labels],
                    }
                )
        return cls(apps=json.dumps(rules, ensure_ascii=False), label_keys=tuple(sorted(keys)))


def _label(key: str, value: str) -> str:
    """A label as TO_JSON_STRING writes it inside its list: no spaces, its key first."""
    return json.dumps({"key": key, "value": value}, ensure_ascii=False, separators=(",", ":"))
