"""TraceTriage: operations of agents within one another, and what it made of them, which is no trace."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.conftest import Read, lines_of
from tests.sources.imported import bring, rows
from tests.sources.records import VALUES

GOLDEN = Path(__file__).parent / "golden" / "tracetriage"
NAME = "tracetriage"
TRACES = [json.loads(line) for line in (GOLDEN / "traces.jsonl").read_text("utf-8").splitlines()]


def output(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["output"])


@pytest.fixture
def golden(read, tmp_path_factory):
    def take(name: str) -> Read:
        return read.file(GOLDEN / name, NAME, tmp_path_factory.mktemp("out"))

    return take


def operations(listed: list[dict[str, Any]]) -> int:
    return sum(1 + operations(each["children"]) for each in listed)


def test_each_operation_is_a_span_and_its_parent_is_above_it(golden):
    found = golden("traces.jsonl")
    assert found.rejects == ()
    assert len(found.rows) == len(TRACES) + sum(operations(t["operations"]) for t in TRACES)
    assert len({row["span_id"] for row in found.rows}) == len(found.rows)
    known = {row["span_id"]: row["trace_id"] for row in found.rows}
    for row in found.rows:
        is_root = row["op"] == "record.run"
        assert (row["parent_id"] is None) == is_root
        assert is_root or known[row["parent_id"]] == row["trace_id"]


@pytest.mark.parametrize("name", ["traces.json", "session.json"])
def test_a_trace_is_the_same_in_whichever_wrapping(golden, name):
    alone = {row["span_id"]: row for row in golden("traces.jsonl").rows}
    told = {row["span_id"]: row for row in golden(name).rows}
    assert told
    for span_id, row in told.items():
        assert row | {"thread_id": None} == alone[span_id]


def test_agents_steps_become_roles_and_what_is_within_them_does_not(golden):
    ops = [(row["op"], row["agent"]) for row in golden("traces.json").rows]
    assert ops == [
        ("record.run", "PatchPilot"),
        ("record.step", "Orchestrator"),
        ("record.test", "Tester"),
        ("record.step", "Tester"),
        ("record.diagnose", "Triage"),
        ("record.patch", "Fixer"),
        ("record.verify", "Verifier"),
    ]


def test_runs_fixes_and_agents_in_the_store(tmp_path):
    bring(tmp_path / "store", GOLDEN / "traces.jsonl")
    columns = ("outcome_claimed", "outcome_verified", "state", "iterations", "bug_type")
    columns += ("duration_s", "errors_count")
    found = [tuple(run.values()) for run in rows(tmp_path / "store", "runs", columns)]
    assert set(found) == {
        ("pass", "pass", "finished", 1, "UI_BUG", 240.0, 0),
        ("fail", "fail", "finished", 1, "UNKNOWN", 300.0, 1),
        (None, None, "abandoned", 1, None, None, 0),
    }
    fixes = rows(tmp_path / "store", "fixes", ("bug_id", "found_at", "fixed_at", "line"))
    assert {tuple(fix.values()) for fix in fixes} == {
        ("checkout", datetime(2026, 1, 31, 10, 0, 10), datetime(2026, 1, 31, 10, 4), 12),
        ("search", datetime(2026, 1, 31, 10, 5), None, None),
    }
    agents = rows(tmp_path / "store", "agent_runs", ("agent", "duration_s"))
    assert {"agent": "Verifier", "duration_s": 150.0} in agents
    assert "Orchestrator" not in {row["agent"] for row in agents}
    again = bring(tmp_path / "store", GOLDEN)
    assert again.written.new == 0


def test_an_error_keeps_its_type_and_message(golden):
    (row,) = [row for row in golden("traces.jsonl").rows if row["error_type"]]
    assert row["status"] == "error"
    assert (row["error_type"], row["error_message"]) == (
        "TimeoutError",
        "session timeout: browser gone",
    )


def test_a_fixer_that_made_no_patch_made_none(read):
    trace = json.loads((GOLDEN / "traces.json").read_text("utf-8"))[0]
    fixer = trace["operations"][0]["children"][2]
    fixer["outputs"] = {"success": False, "error": "no idea"}
    (row,) = [r for r in read(json.dumps(trace), NAME).rows if r["op"] == "record.patch"]
    assert (row["status"], row["error_message"]) == ("error", "no idea")


def test_what_is_made_of_traces_is_a_reject_with_its_reason(golden, read):
    for name, reason in {
        "analyses.json": "an analysis of a failure, not a trace",
        "ab_test.json": "the result of an A/B test, not a trace",
    }.items():
        found = golden(name)
        assert (found.rows, list(found.reasons.values())) == ([], [reason])
    analysis = json.loads((GOLDEN / "analyses.json").read_text("utf-8"))[0]
    mixed = {"traces": [TRACES[1]], "failures": [analysis], "actions": analysis["suggestedActions"]}
    found = read(json.dumps(mixed), NAME)
    assert len(found.rows) == 2
    assert sorted(reject.reason for reject in found.rejects) == [
        "a corrective action, not a trace",
        "an analysis of a failure, not a trace",
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"operations": [], "success": True}, "id is missing"),
        ({"id": "s", "tracesAnalyzed": 2, "failuresFound": 1}, "a session without the traces"),
        ({"id": "s"}, "it has no operations"),
        ([[]], "it has no operations"),
        ({"id": "t", "operations": [7], "startTime": 1.0}, "an operation is not an object"),
    ],
)
def test_what_cannot_be_used_is_a_reject(read, record, reason):
    (found,) = read(json.dumps(record), NAME).rejects
    assert found.reason.startswith(reason)


def test_hostile_operations_give_unknown_values(read):
    deep: dict[str, Any] = {"id": "leaf"}
    for _ in range(150):
        deep = {"id": "same", "agentName": "Tester", "children": [deep], "startTime": 1e300}
    trace = TRACES[0] | {
        "operations": [deep, {"agentName": ["x"], "error": "boom", "inputs": 7}],
        "startTime": "2026-01-31",
        "metadata": "none",
    }
    found = read(json.dumps(trace), NAME)
    assert found.rejects == ()
    assert len({row["span_id"] for row in found.rows}) == 153
    assert found.rows[-1]["error_message"] == "boom"


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_traces_with_anything_in_them_are_read_or_rejected(read, data):
    changed = []
    for trace in data.draw(st.lists(st.sampled_from(TRACES), min_size=1, max_size=6)):
        copy = json.loads(json.dumps(trace))
        for part in (copy["operations"][0], copy):
            for name in data.draw(st.lists(st.sampled_from(sorted(part)), max_size=3)):
                part[name] = data.draw(VALUES)
        changed.append(copy)
    found = read(lines_of(changed), NAME)
    assert found.rows or found.rejects
