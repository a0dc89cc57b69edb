"""Traces of anton: the law that nothing counts twice, and what each kind of record tells."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from analytics.sources.formats import FORMATS
from analytics.sources.inputs import HEAD_BYTES
from tests.sources.conftest import lines_of
from tests.sources.imported import bring, rows, runs

GOLDEN = Path(__file__).parent / "golden" / "anton"
DETAILS = sorted(GOLDEN.glob("*_2026*.jsonl"))
SUMMARY = GOLDEN / "trace_summary.json"
RUN = "run_id", "started_at", "ended_at", "status", "outcome_claimed", "outcome_verified"


def database(folder: Path, *more: str) -> Path:
    path = folder / "proxy_traces.db"
    with closing(sqlite3.connect(path)) as con:
        con.executescript((GOLDEN / "proxy_traces.sql").read_text() + "".join(more))
    return path


def everything(store: Path) -> list[list[dict]]:
    spans = (
        "span_id",
        "trace_id",
        "parent_id",
        "op",
        "kind",
        "agent",
        "tool",
        "started_at",
        "ended_at",
    )
    return [
        sorted(rows(store, "lake.spans", spans), key=repr),
        sorted(runs(store, *RUN, "spans_count", "input_tokens", "cost_reported_usd"), key=repr),
    ]


def golden_files(folder: Path) -> list[Path]:
    return [*DETAILS, SUMMARY, GOLDEN / "spans.jsonl", GOLDEN / "events.jsonl", database(folder)]


def test_importing_twice_changes_nothing(tmp_path):
    files = golden_files(tmp_path)
    first, second = bring(tmp_path / "store", *files), bring(tmp_path / "store", *files)
    assert (first.written.rejected, first.written.changed) == (0, 0)
    assert (second.written.new, second.written.changed) == (0, 0)


def test_a_summary_beside_the_files_changes_nothing(tmp_path):
    bring(tmp_path / "details", *DETAILS)
    bring(tmp_path / "both", *DETAILS, SUMMARY)
    bring(tmp_path / "summary", SUMMARY)
    assert everything(tmp_path / "details") == everything(tmp_path / "both")
    assert everything(tmp_path / "summary") == everything(tmp_path / "both")


def test_neither_the_path_nor_the_date_of_a_file_matters(tmp_path):
    bring(tmp_path / "one", *DETAILS)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for number, path in enumerate(DETAILS):
        shutil.copyfile(path, moved / f"{number}.jsonl")
    bring(tmp_path / "other", moved)
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


def test_each_file_is_taken_for_its_format_alone(tmp_path):
    expected = {path: "anton-jsonl" for path in (*DETAILS, SUMMARY)}
    expected |= {GOLDEN / "spans.jsonl": "anton-spans", GOLDEN / "events.jsonl": "anton-spans"}
    expected[database(tmp_path)] = "anton-sqlite"
    for path, name in expected.items():
        head = path.read_bytes()[:HEAD_BYTES]
        assert [entry.name for entry in FORMATS if entry.recognise(head, path)] == [name], path


def test_a_database_of_something_else_is_not_taken(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as con:
        con.executescript(
            "CREATE TABLE traces (trace_id TEXT); CREATE TABLE llm_calls (call_id TEXT);"
        )
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    for file in (path, broken):
        head = file.read_bytes()[:HEAD_BYTES]
        assert not [entry.name for entry in FORMATS if entry.recognise(head, file)], file


def test_calls_of_one_agent_in_one_second_are_one_run_without_an_outcome(tmp_path):
    bring(tmp_path / "store", *DETAILS)
    found = runs(tmp_path / "store", "agent", "status", "outcome_claimed", "outcome_verified")
    assert found == 4 * [
        {"agent": "anton", "status": "ok", "outcome_claimed": None, "outcome_verified": None}
    ]


def test_an_interaction_ends_when_it_is_logged(read):
    found = read.file(GOLDEN / "orchestrator_20260302_100005.jsonl", "anton-jsonl")
    calls = [row for row in found.rows if row["kind"] == "llm"]
    assert [(row["started_at"], row["ended_at"]) for row in calls] == [
        (datetime(2026, 3, 2, 10, 0, 3), datetime(2026, 3, 2, 10, 0, 5, 250_000)),
        (datetime(2026, 3, 2, 10, 0, 5, 350_000), datetime(2026, 3, 2, 10, 0, 5, 750_000)),
    ]
    assert {(row["provider"], row["model"]) for row in calls} == {(None, "deepseek-chat")}
    assert any("no zone" in note for note in found.notes)
    assert any("name no run" in note for note in found.notes)


def test_a_failed_call_is_an_error_and_one_of_unknown_length_has_no_end(read):
    found = read.file(SUMMARY, "anton-jsonl")
    (failed,) = [row for row in found.rows if row["status"] == "error"]
    assert failed["error_message"] == "rate limit reached"
    endless = [row["op"] for row in found.rows if row["ended_at"] is None]
    assert endless == ["anton.interaction", "record.run"]


def test_a_summary_that_holds_less_than_it_states_says_so(read):
    told = json.loads(SUMMARY.read_text())
    told["interactions"].pop()
    found = read(json.dumps(told), "anton-jsonl")
    assert "it states 5 interactions, and holds 4." in found.notes


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"agent_name": "coder"}, "timestamp is missing"),
        ({"timestamp": "2026-03-02T10:00:00"}, "agent_name is missing"),
        ({"timestamp": "0001-01-01T00:00:00", "agent_name": "coder"}, "timestamp is missing"),
    ],
)
def test_an_interaction_without_what_it_needs_is_a_reject(read, line, said):
    found = read(lines_of([line]), "anton-jsonl")
    assert (found.rows, found.reasons) == ([], {1: said})


def test_spans_without_an_agents_end_leave_the_run_without_one(read):
    found = read.file(GOLDEN / "spans.jsonl", "anton-spans")
    (root,) = [row for row in found.rows if row["op"] == "record.run"]
    assert (root["started_at"], root["ended_at"], root["status"]) == (
        datetime(2026, 3, 2, 11, 0, 0),
        None,
        "ok",
    )
    tools = {row["tool"]: row["status"] for row in found.rows if row["kind"] == "tool"}
    assert tools == {"read_file": "ok", "run_tests": "error"}
    assert any("took is unknown" in note for note in found.notes)


def test_a_cost_is_kept_as_reported_and_its_origin_told(read):
    found = read.file(GOLDEN / "spans.jsonl", "anton-spans")
    assert [row["cost_usd"] for row in found.rows if row["kind"] == "llm"] == [0.006, 0.004]
    assert any("anton's own estimate" in note for note in found.notes)
    assert any("$1 and $3 a million" in note for note in found.notes)
    plain = read(
        lines_of([json.loads((GOLDEN / "spans.jsonl").read_text().splitlines()[0])]), "anton-spans"
    )
    assert not any("$1 and $3" in note for note in plain.notes)


def test_a_trace_ends_claims_or_runs_as_its_agents_do(tmp_path):
    bring(tmp_path / "store", GOLDEN / "events.jsonl")
    found = sorted(runs(tmp_path / "store", *RUN[1:]), key=lambda run: run["started_at"])
    times = [(run["status"], run["outcome_claimed"], run["ended_at"]) for run in found]
    assert times == [
        ("ok", "pass", datetime(2026, 3, 2, 12, 0, 7, 500_000)),
        ("running", None, None),
        ("error", "fail", datetime(2026, 3, 2, 12, 40, 3)),
    ]
    assert not any(run["outcome_verified"] for run in found)


def test_an_end_without_a_start_is_a_reject(read):
    lines = (GOLDEN / "events.jsonl").read_text().splitlines()
    found = read(lines[-1] + "\n", "anton-spans")
    assert found.reasons == {1: "an agent's end without its start"}


def test_events_may_come_in_any_order(read):
    lines = (GOLDEN / "events.jsonl").read_text().splitlines()
    there, back = (
        read("\n".join(each), "anton-spans").rows for each in (lines, list(reversed(lines)))
    )
    assert sorted(map(repr, there)) == sorted(map(repr, back))


def test_the_database_tells_tasks_claims_tokens_and_costs(tmp_path):
    bring(tmp_path / "store", database(tmp_path))
    columns = "task", "batch", "status", "outcome_claimed", "outcome_verified", "input_tokens"
    found = runs(tmp_path / "store", "started_at", *columns, "cost_reported_usd", "duration_s")
    told = [list(run.values())[1:] for run in sorted(found, key=lambda run: run["started_at"])]
    assert told == [
        ["Fix the cart.", "task-1", "ok", "pass", None, 3000, pytest.approx(0.0135), 7.5],
        ["Fix the cart.", "task-1", "error", "fail", None, 300, None, 2.0],
        [None, None, "running", None, None, None, None, None],
    ]


def test_a_call_that_led_to_another_keeps_its_own_tokens(tmp_path, read):
    found = read.file(database(tmp_path), "anton-sqlite")
    assert json.loads(found.row("c2")["attributes"]) == {"caller": "c1"}
    assert (
        found.row("c2")["parent_id"] == found.row("c1")["parent_id"] == found.row("c1")["trace_id"]
    )
    assert (found.row("c4")["status"], found.row("c5")["status"]) == ("error", "running")


def test_a_model_call_below_another_keeps_its_own_tokens(tmp_path):
    lines = [json.loads(line) for line in (GOLDEN / "spans.jsonl").read_text().splitlines()]
    lines[3]["parent_id"] = "s2"
    path = tmp_path / "nested.jsonl"
    path.write_text(lines_of(lines))
    bring(tmp_path / "store", path)
    (run,) = runs(
        tmp_path / "store", "input_tokens", "output_tokens", "cost_reported_usd", "tool_calls"
    )
    assert list(run.values()) == [2200, 1300, pytest.approx(0.01), 2]


def test_a_status_that_nobody_ever_changed_is_no_run_in_progress(tmp_path, read):
    path = database(tmp_path, "UPDATE traces SET status = 'running';")
    found = read.file(path, "anton-sqlite")
    roots = [row for row in found.rows if row["op"] == "record.run"]
    # The last has a call that was not answered yet.
    assert sorted((row["status"], row["ended_at"]) for row in roots) == [
        ("ok", None),
        ("ok", None),
        ("running", None),
    ]
    assert any("writes by itself" in note for note in found.notes)


def test_a_call_without_its_trace_is_kept(tmp_path, read):
    path = database(tmp_path, "DELETE FROM traces WHERE trace_id = 'done';")
    found = read.file(path, "anton-sqlite")
    assert found.row("c1")["trace_id"] in {row["span_id"] for row in found.rows}
    assert any("not among its traces" in note for note in found.notes)


def test_the_database_is_opened_for_reading_only(tmp_path, read):
    path = database(tmp_path)
    before = path.read_bytes()
    read.file(path, "anton-sqlite")
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.glob("proxy*")) == ["proxy_traces.db"]


def test_a_database_that_is_cut_off_is_a_reject(tmp_path, read):
    path = database(tmp_path)
    path.write_bytes(path.read_bytes()[:4096])
    found = read.file(path, "anton-sqlite")
    assert found.rejects
    assert "cannot be read" in found.rejects[0].reason


def test_rows_of_other_types_are_rejects_or_unknown(tmp_path, read):
    odd = (
        "INSERT INTO llm_calls (call_id, trace_id) VALUES (7, 'done'), ('late', 'done'), (NULL, x'ff');"
        "UPDATE llm_calls SET tokens_input = 'many', cost_usd = x'00' WHERE call_id = 'c1';"
    )
    found = read.file(database(tmp_path, odd), "anton-sqlite")
    assert sorted(reject.reason for reject in found.rejects) == [
        "llm_calls: call_id is missing",
        "llm_calls: created_at is missing",
        "llm_calls: created_at is missing",
    ]
    assert (found.row("c1")["input_tokens"], found.row("c1")["cost_usd"]) == (None, None)
