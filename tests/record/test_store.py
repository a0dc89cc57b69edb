"""A run that was recorded, in the store: every part is counted once, where it belongs."""

from pathlib import Path
from typing import Any

from analytics import record
from analytics.store import lake
from analytics.sync import import_paths
from tests.record.conftest import Records


def rows(store: Path, table: str, *columns: str) -> list[tuple[Any, ...]]:
    with lake.writer(store) as con:
        return con.table(f"lake.{table}").project(*columns).order(", ".join(columns)).fetchall()


def test_a_recorded_run_is_one_run_with_all_its_parts(records: Records, tmp_path: Path):
    with record.run(
        "checkout", agent="System", variant="v2", attempt=3, folder=records.folder
    ) as run:
        for passed in (False, True):
            with run.agent("Fixer") as step:
                with step.tool("grep"):
                    pass
                step.llm_call("some-model", "some-provider", input_tokens=100, output_tokens=10)
                step.set(passed=passed)
            run.pipeline("77", execution_s=30, queue_s=2, passed=passed, failed_jobs=["lint"])
        run.debugging_cycle(agent="Fixer", error_type="TypeError", attempts=2, passed=True)
        run.outcome("fail")
        run.verified(True)
    record.flush()
    store = tmp_path / "store"
    import_paths(store, [str(records.folder)])
    assert rows(
        store,
        "runs",
        *("task", "agent", "variant", "attempt", "status", "outcome_claimed", "outcome_verified"),
        *("input_tokens", "output_tokens", "tool_calls", "pipeline_attempts", "pipelines_passed"),
        *("debugging_cycles", "debugging_resolved"),
    ) == [("checkout", "System", "v2", 3, "ok", "fail", "pass", 200, 20, 2, 2, 1, 1, 1)]
    assert rows(store, "agent_runs", "agent", "calls_count") == [("Fixer", 2)]
    assert rows(store, "tool_usage", "agent", "tool", "calls_count") == [("Fixer", "grep", 2)]
    assert rows(store, "usage", "agent", "provider", "model", "input_tokens") == [
        ("Fixer", "some-provider", "some-model", 200)
    ]
    assert rows(store, "pipelines", "pipeline_id", "passed", "queue_s", "duration_s") == [
        ("77", False, 2.0, 30.0),
        ("77", True, 2.0, 30.0),
    ]
    assert rows(store, "debugging_cycles", "agent", "error_type", "attempts", "resolved") == [
        ("Fixer", "TypeError", 2, True)
    ]
