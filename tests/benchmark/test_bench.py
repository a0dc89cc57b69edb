"""The benchmark itself: small, whole, and in a folder that it leaves as it was."""

import json
import os
import subprocess
import sys
from math import isfinite
from pathlib import Path

import pytest
from benchmark import fresh
from benchmark.rows import GROUPS, Figure, Row, Target, Unit, growth, table

SIZE = 2000
MEASURED = ("ingest", "poll", "trace")
NOTHING = {"differing", "prepared"}
"""Rows that are zero where all is well, or so small."""


def test_a_small_run_measures_every_row_and_leaves_nothing(tmp_path: Path):
    report, scratch = tmp_path / "report.json", tmp_path / "scratch"
    scratch.mkdir()
    options = ["--size", str(SIZE), "--repeat", "1", "--json", report, "--only", *MEASURED]
    done = subprocess.run(
        [sys.executable, fresh.ROOT / "scripts" / "bench.py", *options],
        env=os.environ | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(scratch.iterdir()) == []
    figures = json.loads(report.read_text())["figures"][str(SIZE)]
    rows = [row for group in MEASURED for row in GROUPS[group]]
    assert sorted(figures) == sorted(row.name for row in rows)
    assert all(isfinite(figure["value"]) for figure in figures.values())
    assert all(figures[row.name]["value"] > 0 for row in rows if row.name not in NOTHING)
    for row in rows:
        assert f"| {row.title} |" in done.stdout
    assert figures["copy_peak"]["value"] > 10e6
    assert figures["import_rate"]["value"] == pytest.approx(SIZE / figures["import_wall"]["value"])


def test_a_task_that_fails_says_why():
    with pytest.raises(fresh.TaskFailed, match=r"open_and_measure: (?s:.*)missing 1 required"):
        fresh.run("open_and_measure")


def test_row_names_and_titles_are_said_once():
    rows = [row for group in GROUPS.values() for row in group]
    assert len({row.name for row in rows}) == len(rows)
    assert len({row.title for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        (Target(limit=2), 2, True),
        (Target(limit=2), 2.1, False),
        (Target(limit=2, at_least=True), 2, True),
        (Target(limit=2, at_least=True), 1.9, False),
    ],
)
def test_a_target_is_met_up_to_its_limit(target: Target, value: float, *, met: bool):
    assert target.met(value) is met


def test_growth_is_the_exponent_over_all_sizes():
    found = {size: {"pause": Figure(value=3.0 * size**0.5)} for size in (100, 1000, 7000)}
    assert growth(found, "pause") == pytest.approx(0.5)
    found[7000]["pause"] = Figure(value=3.0 * 7000**0.9)
    exponent = growth(found, "pause")
    assert exponent is not None
    assert 0.5 < exponent < 1.5


@pytest.mark.parametrize("values", [(), (1.0,), (0.0, 1.0)])
def test_growth_of_too_little_is_unknown(values: tuple[float, ...]):
    found = {10**power: {"pause": Figure(value=value)} for power, value in enumerate(values, 2)}
    assert growth(found, "pause") is None


def test_the_table_says_how_each_cost_grows(monkeypatch: pytest.MonkeyPatch):
    rows = (
        Row("pause", "Pause", Unit.SECONDS, growth=Target(limit=0.2)),
        Row("ratio", "Ratio", Unit.TIMES),
    )
    monkeypatch.setattr("benchmark.rows.GROUPS", {"pause": rows})
    found = {
        size: {"pause": Figure(value=size / 100), "ratio": Figure(value=2.0)} for size in (100, 200)
    }
    assert table(found).splitlines()[2:] == [
        "| Pause | power ≤ 0.20 | 1.00 s | 2.00 s | 1.00, missed |",
        "| Ratio |  | 2.00x | 2.00x |  |",
    ]


def test_the_table_judges_a_target_at_its_own_size_only(monkeypatch: pytest.MonkeyPatch):
    row = Row("pause", "Pause", Unit.MILLIS, (Target(limit=0.010, size=200),))
    monkeypatch.setattr("benchmark.rows.GROUPS", {"pause": (row,)})
    found = {
        100: {"pause": Figure.of([0.020])},
        200: {"pause": Figure.of([0.020, 0.030, 0.010])},
    }
    assert table(found).splitlines()[2:] == [
        "| Pause | ≤ 10.0 ms at 200 | 20.0 ms | 20.0 ms (10.0 to 30.0), missed | 0.00 |"
    ]


def test_what_was_not_measured_shows_no_number(monkeypatch: pytest.MonkeyPatch):
    row = Row("pause", "Pause", Unit.MILLIS)
    monkeypatch.setattr("benchmark.rows.GROUPS", {"pause": (row,)})
    assert table({100: {}, 200: {"pause": Figure(value=1)}}).endswith(
        "| Pause |  | — | 1000.0 ms | — |"
    )
