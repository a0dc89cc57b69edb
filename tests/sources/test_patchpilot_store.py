"""PatchPilot's own store: runs in Redis, rows of its data set, metrics under four sets of names."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.conftest import Read, lines_of
from tests.sources.imported import bring, rows
from tests.sources.records import VALUES

GOLDEN = Path(__file__).parent / "golden" / "patchpilot-runs"
NAME = "patchpilot-runs"
FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".md")


def output(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["output"])


def of(found: Read, op: str) -> list[dict[str, Any]]:
    return [row for row in found.rows if row["op"] == op]


@pytest.fixture
def golden(read, tmp_path_factory):
    def take(name: str) -> Read:
        return read.file(GOLDEN / name, NAME, tmp_path_factory.mktemp("out"))

    return take


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_read_twice_gives_the_same_spans(golden, path):
    first, again = golden(path.name), golden(path.name)
    assert first == again
    assert first.rows
    assert len({row["span_id"] for row in first.rows}) == len(first.rows)


@pytest.mark.parametrize("name", ["runs.json", "keys.jsonl"])
def test_a_run_is_the_same_in_whichever_wrapping(golden, name):
    dumped = {row["span_id"]: row for row in golden("redis.json").rows}
    told = {row["span_id"]: row for row in golden(name).rows}
    assert told
    assert told == {span_id: dumped[span_id] for span_id in told}


def test_names_and_units_of_metrics_agree(golden):
    (camel,) = golden("metrics_camel.jsonl").rows
    snake = golden("metrics_snake.jsonl").rows[0]
    for column in ("span_id", "started_at", "ended_at", "status", "op_version"):
        assert camel[column] == snake[column]
    said, also = output(camel), output(snake)
    # The other names have no ratios.
    both = {key for key in said if said[key] is not None}
    assert {key: said[key] for key in both} == {key: also[key] for key in both}
    assert said["pass_rate"] == 0.75 == said["tests_passed"] / said["tests_total"]
    assert (said["fix_time_s"], said["claimed"]) == (150.0, "fail")
    assert camel["ended_at"] - camel["started_at"] == timedelta(seconds=300)


def test_importing_twice_changes_nothing(tmp_path):
    bring(tmp_path / "store", GOLDEN)
    again = bring(tmp_path / "store", GOLDEN)
    assert (again.written.new, again.written.changed) == (0, 0)


def test_runs_of_the_store_in_every_state(tmp_path):
    bring(tmp_path / "store", GOLDEN / "redis.json")
    columns = ("run_id", "state", "outcome_claimed", "outcome_verified", "iterations", "patches")
    columns += ("bugs_found", "bugs_fixed", "duration_s")
    found = {run["run_id"]: run for run in rows(tmp_path / "store", "runs", columns)}
    told = {run_id: tuple(run[name] for name in columns[1:]) for run_id, run in found.items()}
    assert told == {
        "run-fixed": ("finished", "pass", "pass", 2, 1, 1, 1, 240.0),
        "run-two-specs": ("finished", "pass", "pass", 3, 2, 2, 2, 360.0),
        "run-gave-up": ("finished", "fail", "fail", 5, 1, 1, 0, 1200.0),
        "run-running": ("abandoned", None, "fail", 1, 0, 1, 0, None),
        "run-pending": ("abandoned", None, None, None, None, None, None, None),
        "run-cancelled": ("finished", "fail", None, None, None, None, None, 30.0),
        "run-crashed": ("finished", "fail", None, None, None, None, None, 5.0),
    }
    fixes = rows(tmp_path / "store", "fixes", ("run_id", "bug_id", "found_at", "fixed_at"))
    (fixed,) = [fix for fix in fixes if fix["run_id"] == "run-fixed"]
    assert fixed["found_at"] == datetime(2026, 1, 31, 10, 0, 10)
    assert fixed["fixed_at"] == datetime(2026, 1, 31, 10, 4)
    (open_,) = [fix for fix in fixes if fix["run_id"] == "run-gave-up"]
    assert open_["fixed_at"] is None


def test_a_run_that_goes_on_keeps_its_spans(read):
    runs = {run["id"]: run for run in json.loads((GOLDEN / "runs.json").read_text())["runs"]}
    whole = runs["run-fixed"]
    results = whole["testResults"]
    begun = whole | {
        "status": "running",
        "completedAt": None,
        "patches": [],
        "testResults": results[:1],
    }
    first, then = read(json.dumps(begun), NAME), read(json.dumps(whole), NAME)
    assert first.rows[0]["status"] == "running"
    assert {row["span_id"] for row in first.rows} < {row["span_id"] for row in then.rows}


def test_both_vocabularies_of_status(read):
    said = {
        "completed": ("ok", "pass"),
        "failed": ("error", "fail"),
        "cancelled": ("error", "fail"),
        "pending": ("running", None),
        "queued": ("running", None),
        "running": ("running", None),
        "processing": ("running", None),
        "passed": ("ok", "pass"),
        "gave_up": ("error", "fail"),
        "nobody knows": ("ok", None),
    }
    for status, (ended, claimed) in said.items():
        run = {"id": "r", "status": status, "startedAt": "2026-01-31T10:00:00Z", "testSpecs": []}
        row = read(json.dumps(run), NAME).rows[0]
        assert (row["status"], output(row)["claimed"]) == (ended, claimed), status


def test_metrics_of_a_period_are_a_batch_and_no_run(tmp_path):
    bring(tmp_path / "store", GOLDEN / "redis.json")
    columns = ("batch", "runs_stated", "passed_stated", "runs_count")
    found = rows(tmp_path / "store", "batches", columns)
    assert sorted(tuple(batch.values()) for batch in found) == [
        ("r1/day/2026-02-01", 1, None, None),
        ("r1/month/2026-01", 5, None, None),
    ]


def test_percent_and_milliseconds_of_a_period_and_zeros_that_divide_nothing(golden):
    month, day = of(golden("redis.json"), "record.batch")
    assert (output(month)["pass_rate"], output(month)["fix_time_s"]) == (0.6, 240.0)
    assert (
        output(month)["pass_rate"] == output(month)["tests_passed"] / output(month)["tests_total"]
    )
    unknown = ("pass_rate", "fix_time_s", "tests_total", "tests_passed")
    assert [output(day)[name] for name in unknown] == [None] * 4
    assert (output(day)["runs_total"], output(day)["patches"]) == (1, 0)


def test_zeros_of_metrics_that_divide_nothing_and_counts_below_zero_are_unknown(golden):
    found = golden("metrics_snake.jsonl")
    _, nothing, worse = map(output, found.rows)
    names = ("pass_rate", "tests_total", "tests_passed", "fix_time_s")
    names += ("fix_success_rate", "iterations_per_bug")
    assert [nothing[name] for name in names] == [None] * 6
    assert (nothing["bugs_found"], nothing["bugs_fixed"]) == (0, 0)
    assert worse["bugs_fixed"] is None
    assert "bugs_fixed is below zero" in " ".join(found.notes)


def test_rows_of_the_old_dashboard(golden):
    found = golden("old_dashboard.json")
    first, second = map(output, found.rows)
    assert (first["pass_rate"], first["fix_time_s"], first["claimed"]) == (0.33, 180.0, "fail")
    assert (first["bugs_fixed"], first["bugs_found"], first["iterations"]) == (1, 3, 3)
    assert second["claimed"] == "pass"
    assert [row["ended_at"] for row in found.rows] == [None, None]
    assert "no zone" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("record", "rate"),
    [
        ({"pass_rate": 0.5, "passRate": 50}, 0.5),
        ({"pass_rate": 66.7, "bugs_found": 1}, 0.667),
        ({"passRate": 100, "bugs_found": 1}, 1.0),
        ({"passRate": 0.5, "bugs_found": 1}, None),
        ({"pass_rate": 0, "bugs_found": 1}, None),
        ({"pass_rate": 0, "tests_total": 2}, 0.0),
        ({"pass_rate": 250, "bugs_found": 1}, None),
        ({"pass_rate": -1, "bugs_found": 1}, None),
    ],
)
def test_pass_rates_are_shares_whatever_they_were(read, record, rate):
    (row,) = read(json.dumps(record), NAME).rows
    assert output(row)["pass_rate"] == (None if rate is None else pytest.approx(rate))


def test_a_row_of_the_data_set_tells_the_fix_but_not_how_long_the_run_took(tmp_path):
    bring(tmp_path / "store", GOLDEN / "dataset.jsonl")
    columns = ("task", "outcome_claimed", "outcome_verified", "duration_s", "state", "bug_type")
    found = rows(tmp_path / "store", "runs", columns)
    assert sorted(tuple(run.values()) for run in found) == [
        ("checkout", "pass", "pass", None, "finished", "UI_BUG"),
        ("search", "fail", "fail", None, "finished", "UNKNOWN"),
    ]
    fixes = rows(tmp_path / "store", "fixes", ("bug_id", "file", "lines_added", "fixed_at"))
    assert ("checkout", "app/cart.tsx", 2, datetime(2026, 1, 31, 10, 4)) in [
        tuple(fix.values()) for fix in fixes
    ]


def test_failures_keep_their_fix_without_the_embedding_and_are_no_runs(tmp_path, golden):
    fixed, open_ = of(golden("redis.json"), "record.failure")
    assert "0.125" not in repr((fixed, open_))
    assert (output(fixed)["bug_type"], output(fixed)["passed"]) == ("UI_BUG", True)
    assert (output(open_)["diff"], output(open_)["passed"]) == (None, None)
    alone = {"id": "f", "errorMessage": "x", "failureType": "UNKNOWN", "stackTrace": "", "line": 2}
    path = tmp_path / "failure.json"
    path.write_text(json.dumps([alone, alone | {"id": "g", "createdAt": 1769853840000}]), "utf-8")
    bring(tmp_path / "store", path)
    assert rows(tmp_path / "store", "runs", ("run_id",)) == []


def test_the_activity_log_gives_calls_of_models_but_no_runs(tmp_path, golden):
    found = golden("activity.jsonl")
    call, failed, step = found.rows
    assert (call["op"], call["model"], call["agent"]) == ("record.llm", "gpt-4o", "Fixer")
    assert call["ended_at"] - call["started_at"] == timedelta(seconds=2)
    # Nine hundred tokens, of which nobody knows how many were sent.
    assert (call["input_tokens"], call["output_tokens"]) == (None, None)
    assert output(call)["total_tokens"] == 900
    assert (failed["status"], failed["error_message"]) == ("error", "build broke")
    assert (step["trace_id"], step["parent_id"]) == ("run-fixed", "run-fixed")
    assert list(found.reasons) == [4]
    bring(tmp_path / "store", GOLDEN / "activity.jsonl")
    assert rows(tmp_path / "store", "runs", ("run_id",)) == []


def test_what_is_no_run_is_a_reject_and_keys_of_ids_are_told(golden):
    found = golden("redis.json")
    assert [reject.reason for reject in found.rejects] == [
        "a queued run: what was asked for, not what happened"
    ]
    assert "3 keys hold only the ids of runs: they are passed over." in found.notes


RUN = {"id": "r", "status": "completed", "testSpecs": [], "startedAt": "2026-01-31T10:00:00Z"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"runs:data:x": "{broken"}, "runs:data:x: not JSON"),
        ({"runs:data:x": 7}, "runs:data:x: not an object"),
        ({"runs:data:x": {"a": 1}}, "no run, metrics, failure or activity of PatchPilot"),
        (
            {"metrics:r:day:k": {"avgTimeToFix": 1, "totalPatches": 2, "period": []}},
            "repoId, period",
        ),
        (RUN | {"id": None}, "id is missing"),
        ([7], "not an object"),
        ({}, "no run, metrics, failure or activity of PatchPilot"),
    ],
)
def test_what_cannot_be_used_is_a_reject_with_its_reason(read, record, reason):
    found = read(json.dumps(record), NAME)
    assert found.rows == []
    assert [reject.reason.startswith(reason) for reject in found.rejects] == [True]


def test_hostile_runs_give_unknown_values(read):
    hostile = RUN | {
        "id": "'; DROP TABLE spans; --",
        "iteration": 1e300,
        "completedAt": 9e99,
        "repoName": "<script>alert(1)</script>\ud800",
        "testResults": [{"passed": "yes", "duration": -5}, 7, {"passed": False, "duration": 1e308}],
        "patches": [{"diff": ["x"], "metadata": {"promptTokens": 2**70, "linesAdded": "many"}}],
    }
    found = read(json.dumps(hostile), NAME)
    assert [reject.reason for reject in found.rejects] == [
        "an entry of testResults of run '; DROP TABLE spans; -- is not an object"
    ]
    assert found.rows[0]["ended_at"] is None
    assert output(found.rows[0])["iterations"] is None
    (patch,) = of(found, "record.patch")
    assert (patch["input_tokens"], output(patch)["lines_added"]) == (None, None)


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def records() -> list[dict[str, Any]]:
    found = [json.loads(line) for path in FILES if path.suffix == ".jsonl" for line in lines(path)]
    dumped = json.loads((GOLDEN / "redis.json").read_text("utf-8")).values()
    found += [json.loads(value) if isinstance(value, str) else value for value in dumped]
    return [record for record in found if isinstance(record, dict)]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_records_with_anything_in_them_are_read_or_rejected(read, data):
    changed = []
    for record in data.draw(st.lists(st.sampled_from(records()), min_size=1, max_size=8)):
        names = data.draw(st.lists(st.sampled_from(sorted(record)), min_size=1, max_size=4))
        changed.append(record | {name: data.draw(VALUES) for name in names})
    found = read(lines_of(changed), NAME)
    assert found.rows or found.rejects
