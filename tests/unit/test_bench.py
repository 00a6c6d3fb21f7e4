"""The parts of the benchmarks that do not measure: arithmetic, arrivals, signatures, hashes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from bench import calibration, detection, detection_speed
from bench.acknowledge import Tally
from bench.arithmetic import arrivals, percentile, ratio_interval
from bench.clicks import MARK, SECRET, signed_click
from bench.detector import score
from bench.forecast_peers import Fallen, peers
from bench.load import Sent
from bench.meter import _Clean, _seen
from bench.recorded import PER_HOUR, Client, Incident
from bench.result import NotMeasuredError, table, verdict
from bench.sides import GATE, UNSEEN, WIDTH, ByExport, ByMeter
from freio.adapters.detector.adapter import PART, Budget, PyodDetector
from freio.adapters.detector.evidence import WORTH
from freio.adapters.detector.paces import PaceRecords
from freio.adapters.slack.interactions import Inbox
from freio.domain.click import Click
from freio.domain.spend import Pace, Tokens
from freio.guard.paces import FILLING, Paces, or_none
from freio.guard.telemetry import HOUR, RECENT, STEP, STEP_MINUTES
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


def a_client_in_trouble(often: int) -> dict[str, list[float]]:
    """Eight apps of two weeks at a hundred dollars an hour, of which so many are dear for three hours in their second.

    And one is, on the twelfth day; another is a little, as only the least threshold tells.
    """
    x = np.random.default_rng(3).normal(100, 5, (8, 14 * 24))
    for app in range(often):
        x[app, 7 * 24 + 5 + 7 * app :][:3] *= 8
    x[-1, 11 * 24 + 7 :][:3] *= 12
    x[-2, 11 * 24 + 7 :][:3] *= 2.35
    return {f"app-{n}": row.tolist() for n, row in enumerate(x)}


def test_the_alerts_of_the_calibration_benchmark_are_those_of_the_detector() -> None:
    """Each hour as when it was the last: by the client's own past, and without a budget at the least threshold."""
    budget, client = 0.25, a_client_in_trouble(often=1)
    ways = next(calibration.held_against(client, [budget]))
    own, least = PyodDetector(Budget(alerts=budget / PART, gate=calibration.GATE)), PyodDetector()
    seen: set[tuple[str, bool]] = set()
    for hour in range(11 * 24, 11 * 24 + 16):
        shown = {name: hours[: hour + 1] for name, hours in client.items()}
        for way, detector in ((calibration.OWN, own), (calibration.LEAST, least)):
            found = detector.score(shown, calibration.NOW - (14 * 24 - 1 - hour) * HOUR)
            for row, (name, said) in enumerate(found.items()):
                fires = shown[name][-1] - said.usual > calibration.GATE and 0 in said.fired
                assert fires == (ways[way][row, hour] >= 1), (way, name, hour)
                seen.add((way, fires))
    assert len(seen) == 4


def test_a_past_of_trouble_raises_the_threshold_of_the_calibration_benchmark_and_the_prior_alone_learns_nothing() -> (
    None
):
    """The same prior for any client; a budget that one keeps with the least threshold is beyond the other."""
    bars = []
    for often in (7, 0):
        ways = next(calibration.held_against(a_client_in_trouble(often), [0.25]))
        told = ways[calibration.LEAST] > 0
        told[:, : calibration.FROM] = False
        bars.append(
            {
                way: (ways[calibration.LEAST][told] / ways[way][told]).max()
                for way in (calibration.OWN, calibration.PRIOR)
            }
        )
    restless, calm = bars
    assert restless[calibration.PRIOR] == pytest.approx(calm[calibration.PRIOR])
    assert restless[calibration.OWN] > restless[calibration.PRIOR] > calm[calibration.OWN]


def test_only_the_last_days_are_counted_and_an_alert_before_them_silences() -> None:
    """An hour before the counted ones, what follows within a day is the same trouble."""
    over = np.zeros(14 * 24)
    over[[200, calibration.FROM - 1, calibration.FROM + 5, calibration.FROM + 30]] = 1.5
    assert calibration.alerts(over) == [calibration.FROM + 30]
    over[calibration.FROM - 1] = 0.9
    assert calibration.alerts(over) == [calibration.FROM + 5, calibration.FROM + 30]


def test_a_rate_of_the_calibration_lies_in_its_interval_and_repeats_with_its_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One alert in four days, of every series, is 1.75 a week."""
    monkeypatch.setattr(calibration, "counted", lambda spend: np.ones((len(spend), 3, 3), dtype=int))
    spend = np.ones((9, 14 * 24))
    found = calibration.measured(spend, 3, [1, 2])
    assert found["0.25"]["own past and prior"] == {"rate": 1.75, "low": 1.75, "high": 1.75}
    some = np.ones((1, 3, 3), dtype=int)
    monkeypatch.setattr(calibration, "counted", lambda spend: some * (spend[:, :1, np.newaxis] > 1))
    spend[:4] = 2
    found = calibration.measured(spend, 3, [1, 2])
    one = found["0.10"]["prior alone"]
    assert 0 < one["low"] < one["rate"] < one["high"] < 1.75
    assert one["rate"] == pytest.approx(1.75 * 4 / 9, rel=0.1)
    assert found == calibration.measured(spend, 3, [1, 2]) != calibration.measured(spend, 3, [1, 3])


def test_a_table_lines_up() -> None:
    """Names to the left, figures to the right."""
    assert table(("name", "ms"), [("ours", "1.0"), ("a", "12.5")]) == ["name    ms", "ours   1.0", "a     12.5"]


def test_a_missed_target_cannot_be_overlooked() -> None:
    """It stands in capitals."""
    assert verdict("p99", met=False) == "*** NOT MET ***: p99"
    assert verdict("p99", met=True) == "met: p99"


def a_client(name: str = "mid/one") -> Client:
    """Two weeks at ten dollars an hour, with a daily swell and the noise of a seed."""
    chance = np.random.default_rng(7)
    swell = 1 + 0.3 * np.sin(np.arange(14 * 24 * PER_HOUR) / (24 * PER_HOUR) * 2 * np.pi)
    usd = 10 / PER_HOUR * swell * chance.uniform(0.9, 1.1, len(swell))
    return Client(name=name, usd=usd, tokens=usd * 1_000_000, requests=usd * 1_000)


def an_incident(kind: str = "spike", at: int = 250, usd: float = 60.0, hours: int = 3) -> Incident:
    added = np.zeros(14 * 24)
    added[at : at + hours] = usd
    return Incident(kind=kind, seed=1, client=0, added=added)


def test_a_pace_is_judged_as_the_detector_judges_it() -> None:
    """At each look of a calm hour and of an incident's first: the hours before, with that pace and jump after them."""
    client = a_client().with_extra(an_incident().added)
    steps = {NOW + n * STEP: round(tokens) for n, tokens in enumerate(client.tokens)}
    for hour in (30, 249, 250):
        for poll, found in ByMeter(client).looks(hour):
            known = {at: tokens for at, tokens in steps.items() if at < NOW + (poll - UNSEEN) * STEP}
            pace = _present(known, NOW + hour * HOUR, NOW + (poll - UNSEEN) * STEP)
            said = PaceRecords().score({"s": pace}, NOW)["s"]
            assert found == 0 or found == pytest.approx(said.value, rel=1e-3)
            assert (found > 0) == (hour == 250 and poll > 250 * PER_HOUR + UNSEEN)


def test_shorter_requests_are_more_of_them_for_the_same_money() -> None:
    """Sixty dollars an hour more: sixty thousand requests as long as the client's own, or four times as many."""
    client, hour = a_client(), slice(250 * PER_HOUR, 251 * PER_HOUR)
    as_long, short = (client.with_extra(an_incident().added, length=length) for length in (1.0, 0.25))
    assert np.array_equal(as_long.tokens, short.tokens)
    more = [(one.requests - client.requests)[hour].sum() for one in (as_long, short)]
    assert more == pytest.approx([60_000, 240_000])


def test_a_storm_of_short_requests_is_seen_where_tokens_alone_show_none() -> None:
    """Eight dollars an hour more than ten are no record of their tokens; fifty short requests in place of each are."""
    stormy = a_client().with_extra(an_incident(usd=8.0).added, length=0.02)
    assert ByMeter(stormy, requests=False).best(250) < 1.0 <= ByMeter(stormy).best(250)


def _present(steps: dict[datetime, int], hour: datetime, end: datetime) -> Pace:
    """As the watch would see it: what it learned of the hours that are over, and what it sees of the present."""
    telemetry = PaceTelemetry(steps)
    paces, at = Paces(telemetry.tokens), end + FILLING
    paces.learn("p", telemetry.tokens(["p"], at - RECENT, end, STEP_MINUTES), at - RECENT, at)
    past = [highest for n, highest in enumerate(or_none(paces.of("p", "m", at))) if n < (hour - NOW) / HOUR]
    now = sum(steps[end - (n + 1) * STEP] for n in range(WIDTH)) * PER_HOUR // WIDTH
    jump = paces.jump("p", "m", at)
    return Pace(peaks=(*(one.pace for one in past), now), jumps=(*(one.jump for one in past), jump))


class PaceTelemetry:
    """A `Meter` of one model in one project."""

    def __init__(self, steps: dict[datetime, int]) -> None:
        self._steps = steps

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        del projects
        return [
            Tokens(start=at, minutes=step_minutes, project="p", location="global", model="m", input=count, output=0)
            for at, count in self._steps.items()
            if since <= at < until
        ]


def test_the_meter_sees_in_minutes_what_the_export_sees_in_hours() -> None:
    """Seventy dollars an hour instead of ten: a look is dated by the step that it comes after."""
    client, incident = a_client(), an_incident()
    seen = {}
    for side in (ByMeter, ByExport):
        looks = side(client.with_extra(incident.added)).looks(incident.first)
        seen[side] = next(at for at, score in looks if score >= 1.0)
    start = incident.first * PER_HOUR
    assert 2 <= seen[ByMeter] - start <= 4  # a step of five minutes that is whole, and one until it has come
    assert seen[ByExport] == start + PER_HOUR


@pytest.mark.parametrize("side", [ByMeter, ByExport])
def test_no_side_looks_ahead(side: type[ByMeter | ByExport]) -> None:
    """What comes later changes no look that was."""
    client, later = a_client(), an_incident(at=252)
    for hour in (249, 250, 251):
        assert list(side(client).looks(hour)) == list(side(client.with_extra(later.added)).looks(hour))


def test_what_costs_less_than_the_gate_is_no_alert_on_either_side() -> None:
    """However odd it looks."""
    client, small = a_client(), an_incident(usd=GATE / 2)
    calm = Client(name="mid/calm", usd=client.usd / 100, tokens=client.tokens / 100, requests=client.requests / 100)
    for side in (ByMeter, ByExport):
        assert side(calm.with_extra(small.added)).best(250) == 0.0


def test_money_is_lost_until_the_alert_and_all_of_it_where_there_is_none() -> None:
    """An hour of three, at an even pace; and an export that is six hours late loses all."""
    incident = an_incident()
    start = incident.first * PER_HOUR
    assert _seen(incident, start + PER_HOUR, 0).lost == pytest.approx(1 / 3)
    assert (_seen(incident, start + PER_HOUR, 360).delay, _seen(incident, start + PER_HOUR, 360).lost) == (420, 1.0)
    assert (_seen(incident, None, 0).delay, _seen(incident, None, 0).lost) == (float("inf"), 1.0)


def test_a_threshold_keeps_the_budget_and_a_hit_is_found_under_it() -> None:
    """On series without incidents nobody alerts more often than is allowed; a runaway is then seen in minutes."""
    chosen = [a_client(f"mid/{number}") for number in range(8)]
    clean = _Clean(chosen, ByMeter, 168)
    assert clean.background() <= 1.0
    incident = an_incident()
    hit = clean.hit(incident)
    assert hit is not None
    assert hit - incident.first * PER_HOUR <= 4


def test_a_peer_that_raises_is_counted_and_not_taken_for_its_mean_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one that says what is no number."""

    class Raises:
        def forecast(self, **_: object) -> None:
            raise ZeroDivisionError

    class NoNumber:
        def forecast(self, **_: object) -> dict[str, list[float]]:
            return {"mean": [1.0, float("nan")]}

    models = importlib.import_module("statsforecast.models")
    monkeypatch.setattr(models, "AutoTheta", lambda **_: Raises())
    monkeypatch.setattr(models, "AutoETS", lambda **_: NoNumber())
    fallen = Fallen()
    paths = peers(fallen)
    days = np.array([1.0, 3.0] * 4)
    assert paths["AutoTheta"](days, 2).tolist() == [2.0, 2.0]
    assert paths["AutoETS"](days, 2).tolist() == [1.0, 2.0]
    assert paths["WindowAverage(7)"](days, 1).tolist() == pytest.approx([15 / 7])
    assert fallen.said() == [
        ("AutoTheta", "1", "1", "0"),
        ("AutoETS", "1", "0", "1"),
        ("WindowAverage(7)", "1", "0", "0"),
    ]


@pytest.mark.parametrize(("last", "met"), [((25.0, 1575), True), ((60.0, 1575), False), ((25.0, 3000), False)])
def test_what_each_further_series_takes_says_whether_it_grows_linearly(last: tuple[float, int], met: bool) -> None:
    """Time and memory both; what a process takes before the first series is in neither."""
    sizes = [(10_000, 4.0, 405), (30_000, 8.0, 664), (100_000, *last)]
    said = detection._linear([{"series": n, "cold_cpu_seconds": s, "peak_mib": mib} for n, s, mib in sizes])
    assert said.startswith("met") is met
    assert "0.20 ms and 13.3 KiB" in said


def a_speed(**changed: float) -> dict[str, Any]:
    """Two sizes that fit, and one that does not."""
    look = {
        "series": 10_000,
        "days": 28,
        "cold_cpu_seconds": 5.0,
        "next_day_cpu_seconds": 3.0,
        "same_hour_cpu_seconds": 0.1,
        "hour_later_cpu_seconds": 0.125,
        "series_per_second": 80_000,
        "peak_mib": 900,
        **changed,
    }
    sizes = [look, {**look, "series": 30_000}]
    return {"looks": sizes, "long": {**look, "days": 60}, "left_out": [100_000], "loop": {"series_per_second": 500}}


def test_each_aim_of_the_speed_is_held_against_what_was_measured() -> None:
    """And a size that had no room is said to be none, and no line says that it grows linearly."""
    said = detection._speed(a_speed())
    assert [line for line in said if "target" in line] == [
        "met: 10000 series of 28 days, an hour later: 160 times the loop, target 100",
        "met: 10000 series of 60 days, an hour later: 160 times the loop, target 100",
        "met: 10000 series from cold in 5.0 s and 900 MiB, target 10 s and 1536 MiB",
    ]
    assert "*** NOT MEASURED ***: 100000 series, for want of memory" in said
    assert not [line for line in said if "linear" in line]


@pytest.mark.parametrize("changed", [{"series_per_second": 49_000}, {"cold_cpu_seconds": 10.0}, {"peak_mib": 1537}])
def test_an_aim_of_the_speed_that_is_missed_is_said(changed: dict[str, float]) -> None:
    """Of the hourly look, of the cold one and of its memory."""
    missed = [line for line in detection._speed(a_speed(**changed)) if "NOT MET" in line]
    assert len(missed) == (2 if "series_per_second" in changed else 1)


def test_the_looks_that_are_timed_are_those_of_a_detector() -> None:
    """Of few series: one that runs away in the hour after the first look is told, and no time is none."""
    found = detection_speed._look(33, 28)
    assert found["alerts"][4] > found["alerts"][3] == found["alerts"][0]
    assert all(found[f"{which}_cpu_seconds"] > 0 for which in ("cold", "same_hour", "hour_later", "next_day"))
