"""The command line itself: what happens when nobody reads what a command says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from freio import cli
from freio.adapters.warehouse.questions import Schema
from tests.contracts.export_rows import Row, lines


@contextmanager
def unread() -> Iterator[int]:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def environment(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A write fails at once, or when what was held back is written at the end."""
    return {**os.environ, "PYTHONUNBUFFERED": request.param}


def run(
    environment: Mapping[str, str], *words: str, stdout: int, stderr: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "freio.cli", *words],
        env=environment,
        stdout=stdout,
        stderr=stderr,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_what_nobody_reads_ends_quietly(environment: Mapping[str, str], tmp_path: Path, form: str) -> None:
    """As after `| head`: no traceback, and the exit code of a tool that SIGPIPE has ended."""
    export = tmp_path / "export.jsonl"
    export.write_text(lines([Row(cost=1.0)], Schema.DETAILED), encoding="utf-8")
    with unread() as pipe:
        ended = run(environment, "spend", "--billing", str(export), "--format", form, stdout=pipe)
    assert (ended.returncode, ended.stderr.count("Traceback"), "BrokenPipe" in ended.stderr) == (141, 0, False)


def test_help_that_nobody_reads_ends_quietly(environment: Mapping[str, str]) -> None:
    """It is printed before any command runs."""
    with unread() as pipe:
        ended = run(environment, "--help", stdout=pipe)
    assert ended.stderr == ""
    assert ended.returncode in {0, 141}  # a write that fails at once argparse passes over


def test_errors_that_nobody_reads_end_quietly(environment: Mapping[str, str]) -> None:
    """As in `2>&1 | head`."""
    with unread() as pipe:
        assert run(environment, "spend", stdout=subprocess.PIPE, stderr=pipe).returncode == 141


def test_what_changes_something_says_that_it_has_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of the brakes may be held still: that must not pass without a word."""

    def stops(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("freio.commands.release.main", stops)
    monkeypatch.setattr(cli, "_is_unread", lambda stream: stream is sys.stdout)
    assert cli.main(["release"]) == 141
    assert "freio release: nobody reads its output, so it stopped; what it has done stands" in capsys.readouterr().err


def test_a_connection_that_breaks_is_another_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same error, and somebody is listening."""

    def breaks(_: object) -> int:
        raise BrokenPipeError("the socket")

    monkeypatch.setattr("freio.commands.release.main", breaks)
    with pytest.raises(BrokenPipeError, match="the socket"):
        cli.main(["release"])


@pytest.mark.parametrize("place", [1, 2])
def test_a_stream_that_the_caller_has_closed_is_no_fault(place: int) -> None:
    """As in `>&-`: Python has no stream there then, and the command has done what it was asked."""
    words = [sys.executable, "-m", "freio.cli", "check", "examples/freio.yaml"]
    shell = f'exec "$@" {place}>&-'
    ended = subprocess.run(["sh", "-c", shell, "sh", *words], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
