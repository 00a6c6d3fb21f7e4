"""A real usage file as demand: what is wrong with it is said, and its 14 days are tiled as stated."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from freio.errors import BadInput
from freio.sandbox.spend.profile import profile
from freio.sandbox.spend.tiling import TiledUsage, assigned, tokens_in_thirty_days
from freio.sandbox.spend.traffic import STEP
from freio.sandbox.spend.usage_file import STEPS, ClientUsage, UsageFileError, read_usage
from freio.sandbox.spend.world import AppSpend, SpendWorld, replayed

HEADER = "tier,client,t_seconds,requests,input_tokens_per_request,output_tokens_per_request"
TUESDAY = datetime(2026, 11, 3, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    text = "\n".join([header, *rows]) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def client(name: str = "c", *, requests: float = 10, active: int = STEPS) -> ClientUsage:
    """A client whose count rises through the file's steps, so that every step can be told from the others."""
    counts = np.where(np.arange(STEPS) < active, requests + 2.0 * np.arange(STEPS), 0.0)
    return ClientUsage(
        tier="mid", client=name, requests=counts, input_tokens=np.full(STEPS, 100.0), output_tokens=np.full(STEPS, 10.0)
    )


def tiled(time_zone: str = "UTC", factor: float = 1.0) -> TiledUsage:
    return TiledUsage(client(), factor, time_zone, profile().first_weekday)


def test_requests_and_tokens_are_read(tmp_path: Path) -> None:
    """A row's counts stand at its step; steps that are left out have no requests."""
    path = written(tmp_path / "usage.csv.gz", "mid,a,600,26,350.5,80", "mid,a,1208400,3,100,20")
    (one,) = read_usage(path)
    assert (one.tier, one.client) == ("mid", "a")
    assert one.requests[[0, 1, 2, 2014]].tolist() == [0, 26, 0, 3]
    assert (one.input_tokens[1], one.output_tokens[2014]) == (350.5, 20)


def test_tokens_that_were_not_published_are_the_clients_median_then_the_tiers(tmp_path: Path) -> None:
    """An empty mean is filled with the client's own median, or its tier's where it published none at all."""
    path = written(tmp_path / "u.csv", "mid,a,0,1,100,10", "mid,a,600,1,,", "mid,a,1200,1,300,30", "mid,b,0,1,,")
    own, none = read_usage(path)
    assert (own.input_tokens[1], own.output_tokens[1]) == (200, 20)
    assert (none.input_tokens[0], none.output_tokens[0]) == (200, 20)


@pytest.mark.parametrize(
    ("row", "column", "stands", "may"),
    [
        ("tiny,a,0,1,1,1", "tier", "'tiny'", "small, mid, large"),
        ("mid,,0,1,1,1", "client", "''", "a name"),
        ("mid,a,601,1,1,1", "t_seconds", "'601'", "a multiple of 600 from 0 to 1209000"),
        ("mid,a,1209600,1,1,1", "t_seconds", "'1209600'", "a multiple of 600 from 0 to 1209000"),
        ("mid,a,noon,1,1,1", "t_seconds", "'noon'", "a whole number"),
        ("mid,a,0,0,1,1", "requests", "'0'", "at least 1"),
        ("mid,a,0,2.5,1,1", "requests", "'2.5'", "a whole number"),
        ("mid,a,0,1,-4,1", "input_tokens_per_request", "'-4'", "at least 0, or empty"),
        ("mid,a,0,1,1,nan", "output_tokens_per_request", "'nan'", "at least 0, or empty"),
        ("mid,z,0,1,1,1", "t_seconds", "'0'", "does not have yet"),
    ],
)
def test_a_wrong_cell_is_named_by_file_line_and_column(
    tmp_path: Path, row: str, column: str, stands: str, may: str
) -> None:
    """The message says where it is, what stands there and what may."""
    path = written(tmp_path / "usage.csv", "mid,z,0,1,1,1", row)
    with pytest.raises(UsageFileError) as caught:
        read_usage(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line 3, column {column}: {stands} stands there; must be ")
    assert may in message


def test_a_row_with_a_cell_too_few_is_named_by_its_line(tmp_path: Path) -> None:
    """Both numbers of columns are said."""
    with pytest.raises(UsageFileError, match=r"line 2: 5 columns stand there; must be 6"):
        read_usage(written(tmp_path / "u.csv", "mid,a,0,1,1"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """A file of another kind is refused at its header."""
    with pytest.raises(UsageFileError, match=r"line 1, column requests: missing"):
        read_usage(written(tmp_path / "u.csv", header=HEADER.replace("requests,", "count,")))


def test_a_file_that_is_no_gzip_or_empty_or_absent_is_refused(tmp_path: Path) -> None:
    """Whatever is wrong with the file as a whole is said with its name."""
    fake = tmp_path / "fake.csv.gz"
    fake.write_text(HEADER)
    for path in (fake, written(tmp_path / "empty.csv"), tmp_path / "absent.csv"):
        with pytest.raises(UsageFileError, match=path.name):
            read_usage(path)


def test_a_tier_without_any_token_count_is_refused(tmp_path: Path) -> None:
    """Tokens are never guessed from another tier."""
    with pytest.raises(UsageFileError, match=r"input_tokens_per_request: empty in every row of tier mid"):
        read_usage(written(tmp_path / "u.csv", "mid,a,0,1,,1", "small,a,0,1,5,5"))


def test_fourteen_days_repeat_without_jitter() -> None:
    """A month is the file's two weeks end to end: each step equals the one 14 days before."""
    steps = FORTNIGHT // STEP
    assert np.array_equal(
        tiled().stretch(TUESDAY, steps).requests, tiled().stretch(TUESDAY + FORTNIGHT, steps).requests
    )


def test_the_files_first_day_falls_on_its_weekday() -> None:
    """The first step of the file is shown at midnight of every second Tuesday, counted from 2 January 2024."""
    fortnights = (TUESDAY.date() - datetime(2024, 1, 2, tzinfo=UTC).date()).days % 14
    first = tiled().stretch(TUESDAY + timedelta(days=(14 - fortnights) % 14), 4)
    assert first.requests.tolist() == [5, 5, 6, 6]
    assert first.input_tokens.tolist() == [500, 500, 600, 600]


def test_the_file_runs_on_the_apps_wall_clock() -> None:
    """What is shown at midnight UTC is shown at midnight in São Paulo, three hours later."""
    later = tiled("America/Sao_Paulo").stretch(TUESDAY + timedelta(hours=3), 12)
    assert np.array_equal(later.requests, tiled().stretch(TUESDAY, 12).requests)


def test_scaling_keeps_the_total_to_one_request() -> None:
    """Fractions are carried on, so a small app does not round to nothing."""
    tiny = tiled(factor=0.0003)
    total = tiny.stretch(TUESDAY, FORTNIGHT // STEP).requests.sum()
    assert abs(total - 0.0003 * client().requests.sum()) <= 1
    assert total > 0


def test_a_replayed_app_costs_its_monthly_amount() -> None:
    """Thirty days of the scaled client, at the model's price, come to what was asked for."""
    spec = AppSpend(app="a", project="p", model="gemini-2.5-flash", tier="mid", habit="steady", monthly=Decimal(900))
    demand = replayed([spec], [client()], TUESDAY)["a"]
    fortnight = SpendWorld([spec], {"a": demand}).stretch("a", TUESDAY, FORTNIGHT // STEP)
    cost = (int(fortnight.input_tokens.sum()) * 0.30 + int(fortnight.output_tokens.sum()) * 2.50) / 1e6 * 30 / 14
    assert cost == pytest.approx(900, rel=0.001)
    assert tokens_in_thirty_days(client())[0] == pytest.approx(client().requests.sum() * 30 / 14)


def test_clients_are_chosen_by_habit_and_size_and_none_twice() -> None:
    """A steady app gets the biggest steady client, others the biggest of the others, then what is left."""
    big, small = client("big", requests=500), client("small", requests=20)
    rare = client("rare", requests=9000, active=300)
    wanted = [("one", "mid", "bursty"), ("two", "mid", "steady"), ("three", "mid", "bursty")]
    chosen = assigned([small, rare, big], wanted)  # type: ignore[arg-type]  # the list's literals widen to str
    assert {app: usage.client for app, usage in chosen.items()} == {"one": "rare", "two": "big", "three": "small"}


def test_more_apps_than_clients_of_a_tier_are_refused() -> None:
    """Two apps never share one client's traffic in silence."""
    with pytest.raises(BadInput, match=r"app two: every client of tier mid .* is taken"):
        assigned([client()], [("one", "mid", "steady"), ("two", "mid", "steady")])
