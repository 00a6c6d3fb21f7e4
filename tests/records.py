"""Every kind of record that a store may be given: found in the domain, so that none is forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from typing import Any

import freio.domain


def record_types() -> list[type[Any]]:
    """Its dataclasses with a version, and with when they are due; by name."""
    found = set()
    for module in pkgutil.iter_modules(freio.domain.__path__):
        for one in vars(importlib.import_module(f"freio.domain.{module.name}")).values():
            if isinstance(one, type) and is_dataclass(one) and {"version", "due_at"} <= {f.name for f in fields(one)}:
                found.add(one)
    assert found, "the domain has records"
    return sorted(found, key=lambda one: one.__name__)
