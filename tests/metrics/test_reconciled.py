"""What records say in two ways, and series of runs, worked out by hand from golden traces."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.chain import reading

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@pytest.fixture(scope="module")
def golden(golden_store: Path) -> "Iterator[DuckDBPyConnection]":
    with reading(golden_store) as cursor:
        yield cursor


def said(golden: "DuckDBPyConnection", state: str) -> dict[str, tuple[str, str]]:
    found = golden.execute(
        "SELECT kind, one_says, other_says FROM conflicts WHERE project = $1", [f"golden/{state}"]
    ).fetchall()
    assert len({kind for kind, *_ in found}) == len(found)
    return {kind: (one, other) for kind, one, other in found}


def test_each_gap_between_what_is_stated_and_what_is_counted_is_told(golden: "DuckDBPyConnection"):
    assert said(golden, "stated_otherwise") == {
        "claimed, not verified": ("the agent: passed", "its checks: failed"),
        "bugs found": ("reported: 3", "counted: 1"),
        "bugs fixed": ("reported: 3", "counted: 0"),
        "patches": ("reported: 2", "counted: 1"),
        "tests": ("reported: 10 of 10 passed", "in its steps: 6 of 8 passed"),
        "tool calls": ("reported: 7", "counted: 1"),
        "pipelines": ("reported: 2", "counted: 1"),
        "pipelines passed": ("reported: 2", "counted: 0"),
        "debugging cycles": ("reported: 4", "counted: 1"),
        "debugging cycles resolved": ("reported: 4", "counted: 0"),
        "tokens": ("reported: 5500", "sum of its calls: 1100"),
        "cost": ("reported: $2.5", "sum of its calls: $0.5"),
    }


def test_an_agent_that_failed_each_time_in_a_run_that_passed_is_told(golden: "DuckDBPyConnection"):
    assert said(golden, "agent_failed_run_passed") == {
        "agent failed, run passed": ("Reviewer: failed 3x", "its checks: passed")
    }


@pytest.mark.parametrize(
    "state", ["runs_inside_a_run", "rolled_up_tokens", "skipped_level", "run_alone"]
)
def test_what_says_the_same_thing_twice_is_no_gap(golden: "DuckDBPyConnection", state: str):
    assert said(golden, state) == {}


def test_only_a_refuted_claim_is_a_gap_of_claims(golden: "DuckDBPyConnection"):
    assert set(said(golden, "claim_refuted")) == {"claimed, not verified"}


def test_a_series_stuck_at_running_is_abandoned_with_its_runs(golden: "DuckDBPyConnection"):
    found = golden.execute(
        "SELECT batch, state, ended_at, mode, runs_count, processed_count, passed_count, failed_count, "
        "runs_stated, passed_stated, failed_stated FROM batches WHERE project = 'golden/batch_stuck'"
    ).fetchall()
    assert found == [("series-1", "abandoned", None, "nightly", 3, 3, 1, 2, 3, 2, None)]


def test_tools_and_spending_are_filed_under_the_nearest_agent(golden: "DuckDBPyConnection"):
    tools = golden.execute(
        "SELECT agent, tool, calls_count, judged_count, failures_count, timed_count, duration_s "
        "FROM tool_usage WHERE project = 'golden/tools_used' ORDER BY tool"
    ).fetchall()
    assert tools == [("Coder", "bash", 10, 10, 2, 10, 20.0), ("Coder", "read", 4, 3, 1, 3, 6.0)]
    spent = golden.execute(
        "SELECT agent, model, calls_count FROM usage WHERE project = 'golden/rolled_up_tokens' ORDER BY 1"
    ).fetchall()
    assert spent == [("FixerAgent", "gpt-4o", 2), ("Orchestrator", "gpt-4o", 1)]


def test_the_costliest_call_and_the_basis_of_a_cost_are_told(golden: "DuckDBPyConnection"):
    found = golden.execute(
        "SELECT task, cost_basis, costliest_usd, costliest_span_id FROM runs WHERE task IN "
        "('cached_tokens', 'reported_and_computed', 'unpriced') ORDER BY task"
    ).fetchall()
    assert found == [
        ("cached_tokens", "computed", pytest.approx(0.021), "cached_tokens-01"),
        ("reported_and_computed", "mixed", 0.5, "reported_and_computed-01"),
        ("unpriced", None, None, None),
    ]


def test_a_pipeline_keeps_what_failed_in_it(golden: "DuckDBPyConnection"):
    found = golden.execute(
        "SELECT pipeline_id, retry, passed, failed_jobs, error_type, commit_sha FROM pipelines "
        "WHERE project = 'golden/pipeline_retried' ORDER BY began_at"
    ).fetchall()
    assert found == [
        ("101", 0, False, ["lint", "test"], "TestFailure", "abc"),
        ("102", 1, True, None, None, None),
        ("103", None, None, None, None, None),
    ]
