"""Lines of the log that alerts are made of: Cloud Logging reads a line of JSON as an entry, and its fields by name."""

from __future__ import annotations

import json
import sys


def write_entry(severity: str, message: str, **fields: object) -> None:
    """One line on stderr, in one write, so that lines of several threads do not mix.

    ``severity`` becomes the entry's own, the rest its ``jsonPayload``. Source:
    https://cloud.google.com/logging/docs/structured-logging.
    """
    entry = {"severity": severity, "message": message, **fields}
    sys.stderr.write(json.dumps(entry, ensure_ascii=False) + "\n")
    sys.stderr.flush()
