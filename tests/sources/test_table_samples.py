"""Real tables of three other projects, against totals that were counted by independent code."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analytics.errors import InputError
from analytics.sources.table import format_of, load
from analytics.sync import import_paths
from tests.sources.conftest import Read
from tests.sources.imported import rows, runs
from tests.sources.samples import sample

VEXP = "vexp/results/swebench-2026-03-22.jsonl"
TAU = "agentrx-tau/tau_dataset_full.json"
LABELS = "agentrx-tau/tau_ground_truth.json"
AIDER = "aider-polyglot/polyglot_leaderboard.yml"


@pytest.fixture
def read(con, tmp_path):
    def reader(name: str, file: str) -> Read:
        staged = format_of(load(name)).stage(con, sample(file), tmp_path)
        calls = con.read_parquet([str(path) for path in staged.files])
        found = [dict(zip(calls.columns, row, strict=True)) for row in calls.fetchall()]
        assert not staged.rejects
        return Read(found, staged.rejects, staged.notes)

    return reader


def of(read: Read, op: str) -> list[dict[str, Any]]:
    return [row for row in read.rows if row["op"] == op]


def facts(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["output"])


def total(found: list[dict[str, Any]], fact: str) -> int:
    return sum(facts(row)[fact] for row in found)


def test_vexp_gives_its_totals(read):
    found = read("vexp", VEXP)
    each = of(found, "record.run")
    assert Counter(facts(run)["passed"] for run in each) == {True: 73, False: 27}
    assert sum(run["cost_usd"] for run in each) == pytest.approx(67.206897, abs=5e-7)
    assert total(each, "turns") == 3368
    assert sum(run["cache_read_tokens"] for run in each) == 109_603_261
    assert all(
        run["input_tokens"] >= run["cache_read_tokens"] + run["cache_write_tokens"] for run in each
    )
    calls = Counter()
    for tool in of(found, "record.tool"):
        calls[tool["tool"]] += facts(tool)["calls"]
    assert sum(calls.values()) == 2213
    assert calls.most_common(5) == [
        ("Bash", 811),
        ("Read", 671),
        ("Grep", 441),
        ("Edit", 186),
        ("Glob", 46),
    ]
    assert not found.notes


def test_vexp_in_a_store_is_its_runs(tmp_path):
    for _ in range(2):
        import_paths(tmp_path / "store", [str(sample(VEXP))], mapping=load("vexp"))
    found = runs(tmp_path / "store", "run_id", "outcome", "duration_s", "cost_usd")
    assert Counter(run["outcome"] for run in found) == {"pass": 73, "fail": 27}
    assert sum(run["cost_usd"] for run in found) == pytest.approx(67.206897, abs=5e-7)


def test_predictions_are_no_runs(tmp_path):
    file = sample("vexp/results/eval-logs/predictions.jsonl")
    with pytest.raises(InputError, match="Did you mean 'instance_id'"):
        import_paths(tmp_path / "store", [str(file)], mapping=load("vexp"))


def test_tau_gives_its_totals(read):
    found = read("tau", TAU)
    each, tools = of(found, "record.run"), of(found, "record.tool")
    assert Counter(facts(run)["passed"] for run in each) == {True: 73, False: 27}
    assert len(tools) == 793
    assert Counter(tool["tool"] for tool in tools)["get_order_details"] == 249
    assert {tool["parent_id"] for tool in tools} <= {run["span_id"] for run in each}
    assert {run["ended_at"] for run in each} == {None}
    assert found.notes == ("no time in 100 rows: the date of the file is taken for it.",)


def test_tau_labels_hang_below_the_runs_they_are_about(tmp_path):
    paths = {"tau": TAU, "tau-labels": LABELS}
    for name, file in paths.items():
        import_paths(tmp_path / "store", [str(sample(file))], mapping=load(name))
    spans = rows(tmp_path / "store", "lake.spans", ("op", "trace_id", "source"))
    labels = [span["trace_id"] for span in spans if span["op"] == "record.score"]
    assert (len(labels), len(set(labels))) == (39, 29)
    failed = {
        run["run_id"]
        for run in runs(tmp_path / "store", "run_id", "outcome")
        if run["outcome"] == "fail"
    }
    # Two labelled runs are not among the hundred.
    assert set(labels) - failed == {"104", "105"}
    assert failed <= set(labels)
    said = rows(tmp_path / "store", "lake.feedback", ("type",))
    assert Counter(one["type"] for one in said)["Underspecified User Intent"] == 10


def test_aider_gives_its_totals(read):
    found = read("aider", AIDER)
    each = of(found, "record.batch")
    assert len(each) == len(found.rows) == 69
    costs = [batch["cost_usd"] for batch in each]
    assert costs.count(None) == 18
    assert sum(cost or 0 for cost in costs) == pytest.approx(1252.1517)
    assert (total(each, "runs_passed"), total(each, "runs_total")) == (7413, 15518)
    told = [note for note in found.notes if "pass rate" in note]
    assert len(told) == 5
    assert all("as if of 225" in note for note in told)
    assert (
        "2025-02-15-19-51-22--chatgpt4o-feb15-diff states a pass rate of 27.1% (as if of 225), "
        "but 61 of 223 are 27.4%." in told
    )


def test_aider_in_a_store_is_batches_and_no_runs(tmp_path):
    import_paths(tmp_path / "store", [str(sample(AIDER))], mapping=load("aider"))
    assert not runs(tmp_path / "store", "run_id")
    found = rows(tmp_path / "store", "batches", ("runs_stated", "passed_stated"))
    assert sum(batch["passed_stated"] for batch in found) == 7413
    assert sum(batch["runs_stated"] for batch in found) == 15518


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            VEXP,
            {"id", "task", "passed", "cost_usd", "tools", "duration", "cache_read_tokens", "diff"},
        ),
        (TAU, {"id", "task", "passed", "messages"}),
        (AIDER, {"id", "batch", "cost_usd", "runs_total", "runs_passed", "pass_rate"}),
    ],
)
def test_a_proposal_for_a_real_table_reads_it(con, tmp_path, file, expected):
    from analytics.sources.table import parse
    from analytics.sources.table.propose import propose

    path = sample(file)
    mapping = parse(Path(file).stem, propose(path, file))
    assert expected <= set(mapping.cells)
    staged = format_of(mapping).stage(con, path, tmp_path)
    assert not staged.rejects
    found = con.read_parquet([str(one) for one in staged.files])
    ops = {"record.run", "record.batch"}
    column = found.columns.index("op")
    assert sum(row[column] in ops for row in found.fetchall()) in (100, 69)
