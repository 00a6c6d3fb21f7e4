"""``python -m freio.config`` writes the JSON Schema anew, after the model has changed."""

from __future__ import annotations

from freio.config.schema import write

if __name__ == "__main__":
    write()
