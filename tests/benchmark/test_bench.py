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
MEASURED = ("ingest", "mixed", "cold", "open", "poll", "trace", "record", "refresh")


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
    rows = [row for group in MEASURED for row in GROUPS[group] if "growth" not in row.name]
    assert sorted(figures) == sorted(row.name for row in rows)
    assert all(isfinite(figure["value"]) for figure in figures.values())
    assert all(figures[row.name]["value"] > 0 for row in rows if row.name != "differing")
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


def test_growth_is_the_exponent():
    smaller, larger = Figure(value=3.0), Figure(value=3.0 * 10**0.5)
    assert growth(smaller, larger, (100, 1000)).value == pytest.approx(0.5)


def test_the_table_judges_a_target_at_its_own_size_only(monkeypatch: pytest.MonkeyPatch):
    row = Row("pause", "Pause", Unit.MILLIS, (Target(limit=0.010, size=200),))
    monkeypatch.setattr("benchmark.rows.GROUPS", {"pause": (row,)})
    found = {
        100: {"pause": Figure.of([0.020])},
        200: {"pause": Figure.of([0.020, 0.030, 0.010])},
    }
    assert table(found).splitlines()[2:] == [
        "| Pause | ≤ 10.0 ms at 200 | 20.0 ms | 20.0 ms (10.0 to 30.0), missed |"
    ]


def test_what_was_not_measured_shows_no_number(monkeypatch: pytest.MonkeyPatch):
    row = Row("pause", "Pause", Unit.MILLIS)
    monkeypatch.setattr("benchmark.rows.GROUPS", {"pause": (row,)})
    assert table({100: {}, 200: {"pause": Figure(value=1)}}).endswith(
        "| Pause |  | — | 1000.0 ms |"
    )
