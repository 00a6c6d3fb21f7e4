"""`freio quotas` against the sandbox's Google: what is listed, what is set, and what it would refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from freio.cli import main
from freio.domain.journal import Kind
from tests.functions.wire import NOW
from tests.functions.world import PROJECT, World, world

LIMIT = "aiplatform.googleapis.com/global_generate_content_input_tokens_per_minute_per_base_model"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A day of 4,000 input tokens a minute; the app's quota is 3,000."""
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        made.serve(NOW - timedelta(days=1), NOW, 4_000)
        made.bill(NOW - timedelta(days=1), NOW, 240_000)
        rewrite(made, 3_000)
        yield made


def rewrite(made: World, quota: int) -> None:
    config = made.folder / "freio.yaml"
    kept = [line for line in config.read_text(encoding="utf-8").split("\n") if "quotas:" not in line]
    at = next(number for number, line in enumerate(kept) if "floor:" in line)
    kept.insert(at, f"    quotas: {{input_tokens_per_minute: {quota}}}")
    config.write_text("\n".join(kept), encoding="utf-8")


def run(made: World, *words: str) -> int:
    verb, *rest = words
    return main(["quotas", verb, str(made.folder / "freio.yaml"), *rest])


def listed(made: World, capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert run(made, "diff", "--format", "json") == 0
    return json.loads(capsys.readouterr().out)


def overrides(made: World) -> list[str]:
    return [one.method_id for one in made.google.log if one.method_id.endswith("importConsumerOverrides")]


def test_the_table_says_what_stands_and_what_would_change(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """With the share that would have been refused, in a column and in words."""
    assert run(town, "diff") == 0
    said = capsys.readouterr().out
    header, _, row, *_ = said.split("\n")
    assert " ".join(header.split()) == "app project model endpoint unit stands granted file says change would refuse"
    assert row.split()[:5] == ["chat", PROJECT, "gemini-2.5-flash", "global", "input_tokens_per_minute"]
    assert "3,000  set" in row
    assert "25.0%" in row
    assert "! chat in acme-chat-prod, gemini-2.5-flash at global: 3,000 is below what is in use, up to 4,000" in said
    assert overrides(town) == []


def test_nothing_is_changed_without_a_yes(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The list is printed all the same, and the exit code says that nothing was done."""
    assert run(town, "apply") == 2
    out, err = capsys.readouterr()
    assert "set" in out
    assert "add --yes" in err
    assert overrides(town) == []


def test_with_a_yes_it_is_set_read_back_and_in_force(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """And a second run has nothing to do."""
    assert run(town, "apply", "--yes") == 0
    assert "set to 3,000 and read back" in capsys.readouterr().out
    assert [e.data["value"] for e in town.store.entries() if e.what == "standing quota: set"] == ["3000"]
    assert [e.what for e in town.store.entries() if e.kind is Kind.LEVER] == ["standing quota: set", "restored"]
    (one,) = listed(town, capsys)
    assert (one["stands"], one["change"], one["apps"]) == (3000, "none", ["chat"])
    assert run(town, "apply", "--yes") == 0
    assert len(overrides(town)) == 1
    town.pass_time(minutes=5)
    assert town.serve(town.now, town.now + timedelta(minutes=5), 4_000) <= 15_000


def test_an_override_that_stands_hides_nothing_of_what_google_grants(
    town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The granted limit is what stands there without ours."""
    granted = listed(town, capsys)[0]["granted"]
    run(town, "apply", "--yes")
    assert listed(town, capsys)[0]["granted"] == granted > 3000
    rewrite(town, granted + 1)
    (one,) = listed(town, capsys)
    assert (one["change"], one["reason"] is None) == ("beyond", False)


def test_what_is_missing_is_named(town: World, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """A file that is not there, a warehouse that nobody named, a permission that Freio lacks."""
    assert main(["quotas", "diff", "nowhere.yaml"]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
    town.google.deny(PROJECT, "serviceusage.quotas.get")
    assert run(town, "diff") == 1
    assert "serviceusage.quotas.get" in capsys.readouterr().err
    monkeypatch.delenv("FREIO_WAREHOUSE")
    assert run(town, "diff") == 2
    assert "FREIO_WAREHOUSE" in capsys.readouterr().err


def test_a_quota_that_left_the_file_is_listed_and_taken_away(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It would bind at Google for ever: nothing else looks at what the file does not say."""
    assert run(town, "apply", "--yes") == 0
    config = town.folder / "freio.yaml"
    lines = config.read_text(encoding="utf-8").split("\n")
    config.write_text("\n".join(line for line in lines if "quotas:" not in line), encoding="utf-8")
    capsys.readouterr()
    assert run(town, "diff") == 0
    said = capsys.readouterr().out
    assert "none  take away" in said
    assert "set by Freio, and in the file no more; before it stood there: none" in said
    assert run(town, "apply") == 2
    assert run(town, "apply", "--yes") == 0
    assert "taken away; what stood there before stands there again: none" in capsys.readouterr().out
    assert listed(town, capsys) == []
