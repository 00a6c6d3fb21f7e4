"""What stands at a target as one text: canonical, so that two equal settings are equal texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from freio.domain.lever import Setting


def written(value: Mapping[str, Any]) -> str:
    """Keys sorted, nothing to spare; the order within lists is kept, since it is put back as it was found.

    >>> written({"b": ["z", "a"], "a": 1})
    '{"a":1,"b":["z","a"]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read(setting: Setting) -> dict[str, Any]:
    """What `written` wrote; ValueError for anything else."""
    if not isinstance(setting, str):
        raise TypeError(f"a text of JSON stands at this target, not {setting!r}")
    value = json.loads(setting)
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object stands at this target, not {setting!r}")  # noqa: TRY004  # a wrong text
    return value
