"""What came of each lever and fault, as a table after the run, from whichever worker ran it."""

from __future__ import annotations

from typing import Any

import pytest

from freio.commands.table import aligned

HEADER = ("lever", "call", "fault", "outcome")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows: set[tuple[str, ...]] = {
        tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == "lever"
    }
    if rows:
        terminalreporter.write_sep("=", "levers x faults")
        terminalreporter.write_line(aligned(HEADER, sorted(rows)))
