"""``freio probe``: the experiments, and that nothing pretends to be a probe."""

from __future__ import annotations

import io
import json
import re
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

import pytest

from freio.commands import probe
from freio.commands.experiments import SUBJECTS
from freio.commands.trials.experiment import PLACES, Experiment

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "freio.yaml"
ALL = [one for found in SUBJECTS.values() for one in found]


def run(*words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    parser, out = ArgumentParser(), io.StringIO()
    probe.arguments(parser)
    return probe.main(parser.parse_args(words), environment or {}, out), out.getvalue()


def texts(one: Experiment) -> str:
    return " ".join((one.belief, one.why, one.expect, one.otherwise, one.harm, *one.commands))


def test_every_experiment_has_all_its_parts_and_a_name_of_its_own() -> None:
    """An engineer needs to know what is believed, what to run, and what to do then."""
    assert len({one.key for one in ALL}) == len(ALL)
    for one in ALL:
        assert all((one.belief, one.why, one.source, one.commands, one.expect, one.otherwise, one.harm)), one.key


@pytest.mark.parametrize(
    "key",
    [
        "partition-pruning", "focus-credits", "focus-partitions", "export-lag", "refreshes-at-once", "bytes-cap",
        "locations", "forged-push", "serverless-header", "dead-letters", "retry-backoff", "time-to-live",
        "point-in-time", "contention", "override-binds", "multi-region", "effect-time", "force", "iam-deny",
        "telemetry-lag", "labels-in-export", "slack-scopes", "budget-cadence", "native-anomaly", "cold-start",
        "budget-quarters", "key-harmless", "key-many-targets", "caller-counts", "deny-permissions",
        "models-denied", "models-overwrite", "models-bite", "models-permission", "service-off", "billing-off",
        "request-types", "token-kinds", "late-points", "priority-factor", "sku-names",
        "contract-price", "promotional-credits", "request-log-labels", "fortnight-of-steps",
    ],
)  # fmt: skip
def test_what_the_emulators_cannot_show_is_there(key: str) -> None:
    """Each of these is a belief that the code rests on."""
    assert key in {one.key for one in ALL}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.key)
def test_commands_are_whole_and_name_only_known_places(one: Experiment) -> None:
    """Every quote is closed, and every place in brackets is one that is explained."""
    for command in one.commands:
        assert shlex.split(command, comments=True), command
        assert set(re.findall(r"<[A-Z_]+>", command)) <= set(PLACES)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.key)
def test_every_file_that_an_experiment_names_exists(one: Experiment) -> None:
    """Where it turns out otherwise, the place to change is really there."""
    for name in re.findall(r"\b(?:sql|adapters|domain|guard)/[\w/]+\.(?:sql|py)\b", texts(one)):
        assert (ROOT / "shared" / "freio" / name).is_file(), name


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.key)
def test_every_constant_that_an_experiment_names_exists(one: Experiment) -> None:
    """`RAISED` in a file: the name stands in that file."""
    for name, file in re.findall(
        r"\b([A-Z]{3,})(?: \([^)]*\))? (?:in|over) ((?:adapters|guard)/[\w/]+\.py)", texts(one)
    ):
        assert re.search(rf"^{name} = ", (ROOT / "shared" / "freio" / file).read_text(), re.MULTILINE), (name, file)


def test_every_setting_that_an_experiment_names_exists() -> None:
    """FREIO_…: the settings know it."""
    known = (ROOT / "shared" / "freio" / "settings.py").read_text()
    named = {name for one in ALL for name in re.findall(r"\bFREIO_[A-Z_]+\b(?!>)", texts(one))}
    assert named
    assert all(name in known for name in named), named


def test_what_changes_a_project_says_so() -> None:
    """A command that creates, updates or overrides is never called one that only reads."""
    for one in ALL:
        if re.search(r" create | update |topics publish|-X POST|importConsumerOverrides", " ".join(one.commands)):
            assert not one.harm.startswith("none"), one.key


def test_the_client_s_file_fills_in_the_commands() -> None:
    """Only what nobody told is left to fill in."""
    _, told = run("--experiments", str(EXAMPLE), environment={"FREIO_WAREHOUSE": "bigquery:acme-freio.spend"})
    assert "<EXPORT_TABLE>" not in told
    assert "<FREIO_PROJECT>" not in told
    assert "acme-freio.spend" in told
    assert "<REGION>  the region of Freio's functions" in told


def test_without_a_file_every_place_is_explained() -> None:
    """The list can be printed before there is anything to fill in."""
    code, told = run("--experiments")
    assert code == 0
    assert all(f"{place}  {what}" in told for place, what in PLACES.items())


def test_json_and_markdown_hold_every_experiment() -> None:
    """One for a machine, one for a page."""
    told = json.loads(run("--experiments", "--format", "json")[1])
    assert [one["key"] for one in told["experiments"]] == [one.key for one in ALL]
    page = run("--experiments", "--format", "markdown")[1]
    assert page.count("\n### ") == len(ALL)
    assert page.count("```sh") == len(ALL)


def test_a_faulty_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, with the file's faults."""
    file = tmp_path / "freio.yaml"
    file.write_text("client: acme\n", encoding="utf-8")
    assert run("--experiments", str(file))[0] == 2
    assert "freio.yaml" in capsys.readouterr().err
