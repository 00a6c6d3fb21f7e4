"""The parts of the benchmarks that do not measure: arithmetic, arrivals, signatures, hashes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import numpy as np
import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from bench import detection
from bench.acknowledge import Tally
from bench.arithmetic import arrivals, percentile, ratio_interval
from bench.clicks import MARK, SECRET, signed_click
from bench.detector import score
from bench.load import Sent
from bench.result import NotMeasuredError, table, verdict
from freio.adapters.detector.adapter import PyodDetector
from freio.adapters.detector.evidence import WORTH
from freio.adapters.slack.interactions import Inbox
from freio.domain.click import Click
from freio.i18n.catalogue import Language

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    """The nearest rank: of 100 values the 99th, of fewer the largest; nothing between two."""
    values = list(range(100, 0, -1))
    assert [percentile(values, share) for share in (0.5, 0.9, 0.99, 1)] == [50, 90, 99, 100]
    assert percentile([1.0, 9.0], 0.99) == 9.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.5)])
def test_there_is_no_percentile_of_nothing_nor_beyond_all(values: list[float], share: float) -> None:
    """A benchmark without measurements has no figure."""
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_arrivals_repeat_with_their_seed() -> None:
    """A run can be done again."""
    assert arrivals(50, 50, seed=7) == arrivals(50, 50, seed=7) != arrivals(50, 50, seed=8)


def test_arrivals_start_at_once_and_keep_the_rate() -> None:
    """Fifty a second on the average, never going back."""
    due = arrivals(5000, 50, seed=1)
    assert due[0] == 0
    assert due == sorted(due)
    assert len(due) / due[-1] == pytest.approx(50, rel=0.05)


def test_a_ratio_lies_in_its_interval_and_repeats_with_its_seed() -> None:
    """And the interval is that of the ratio of medians."""
    ours, theirs = [2.0, 2.1, 2.2, 1.9, 2.0], [1.0, 1.1, 0.9, 1.0, 1.0]
    ratio, low, high = ratio_interval(ours, theirs, seed=3)
    assert low <= ratio == 2.0 <= high
    assert (ratio, low, high) == ratio_interval(ours, theirs, seed=3)


def test_a_click_of_the_benchmark_is_one_that_slack_inbox_takes() -> None:
    """Signed as Slack signs, read as a click, and found again by its mark."""
    made = signed_click("test", 42, NOW.timestamp())

    class Noon(Clock):
        def now(self) -> float:
            return NOW.timestamp()

    verifier = SignatureVerifier(SECRET, clock=Noon())
    assert verifier.is_valid_request(made.body, dict(made.headers))
    click = Inbox(language=Language("en", "UTC"), currency="BRL").parse(made.body, NOW)
    assert isinstance(click, Click)
    assert click.incident == made.mark == "bench-test-00042"
    assert MARK.findall(made.body) == [made.mark.encode()]


def test_no_two_clicks_of_a_run_are_the_same() -> None:
    """The store would count them once."""
    bodies = [signed_click("test", number, NOW.timestamp()).body.decode() for number in range(100)]
    stamps = [json.loads(parse_qs(body)["payload"][0])["actions"][0]["action_ts"] for body in bodies]
    assert len(set(stamps)) == 100


def test_what_failed_is_counted_and_named() -> None:
    """Its latency counts as well: the time that somebody waited for nothing."""
    sent = [Sent(mark=f"m{n}", latency=0.001 * n, late=0.0, fault="status 500" if n == 4 else "") for n in range(1, 5)]
    figures = Tally(sent=sent, lost=1).figures()
    assert (figures["p50"], figures["max"]) == (2.0, 4.0)
    assert (figures["failed"], figures["faults"], figures["lost"]) == (1, ["status 500"], 1)


def test_the_protocol_of_the_incidents_is_the_published_one() -> None:
    """A changed file would measure something else."""
    detection.check(detection.PROTOCOL.read_bytes())
    with pytest.raises(NotMeasuredError, match="was changed"):
        detection.check(detection.PROTOCOL.read_bytes() + b"\n")


def test_missing_usage_is_said_with_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made up in its place."""
    monkeypatch.setenv("FREIO_USAGE", "nowhere.csv.gz")
    with pytest.raises(NotMeasuredError, match=r"no nowhere\.csv\.gz.*alibaba/ServeGen"):
        detection.usage_file()


def test_the_matrix_of_the_benchmark_says_what_the_detector_says() -> None:
    """Hour by hour, on a series with a night, noise and an incident, as long as the incident is on."""
    chance = np.random.default_rng(5)
    series = (10 + 8 * np.sin(np.arange(300) * 2 * np.pi / 24)) * chance.uniform(0.9, 1.1, 300)
    series[250:256] *= np.linspace(2, 9, 6)
    matrix = score(series[np.newaxis])[0]
    assert matrix.max() >= WORTH
    detector = PyodDetector()
    for hour in (1, 30, 120, 240, 249):
        value = detector.score({"app": series[: hour + 1].tolist()}, NOW)["app"].value
        assert matrix[hour] == 0 <= value < 1
    for hour in (252, 253, 255):
        value = detector.score({"app": series[: hour + 1].tolist()}, NOW)["app"].value
        assert value >= matrix[hour] / WORTH >= 1


def test_a_table_lines_up() -> None:
    """Names to the left, figures to the right."""
    assert table(("name", "ms"), [("ours", "1.0"), ("a", "12.5")]) == ["name    ms", "ours   1.0", "a     12.5"]


def test_a_missed_target_cannot_be_overlooked() -> None:
    """It stands in capitals."""
    assert verdict("p99", met=False) == "*** NOT MET ***: p99"
    assert verdict("p99", met=True) == "met: p99"
