"""Runs and issues of AgenticSys, from whichever file, as rows of ``schema.CALLS``.

The files differ in names only, so each function asks for all of them. What is zero by default and not
because somebody counted (tokens, costs, code, complexity, and first_time_right of the first generation)
is unknown.
"""

from typing import Any

from analytics.sources.agenticsys.log import (
    ON_THE_WAY,
    Log,
    cost_of,
    issue_of,
    place,
    project_of,
    run_of,
)
from analytics.sources.agenticsys.values import (
    TOKENS,
    Record,
    amount,
    configured,
    decimal,
    ending,
    first,
    measured,
    plain,
    share,
    verdict,
    word,
    yes,
)
from analytics.sources.rows import UnusableError, derived_id
from analytics.sources.values import mapping

SYSTEM = "AgenticSys"

_CODE = {
    "files_created": ("files_created",),
    "files_modified": ("files_modified",),
    "files_deleted": ("files_deleted",),
    "lines_added": ("lines_added",),
    "lines_removed": ("lines_deleted",),
    "commits": ("commits",),
}
_SECOND_GENERATION = (
    "agent_executions",
    "pipeline_success_count",
    "total_debugging_cycles",
    "total_cost_usd",
)


def batch(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of a run of AgenticSys: our batch."""
    run_id = run_of(record)
    started_at, ended_at = log.times(record, run_id)
    project = word(record.get("project_id")) or project_of(run_id)
    said = word(record.get("status"))
    status = ending(said, ended_at)
    total = amount(record.get("total_issues"))
    passed = amount(first(record, "total_successes", "successful_issues"))
    failed = amount(record.get("failed_issues"))
    if "success_rate_percent" not in record:
        counted = total - passed if total is not None and passed is not None else -1
        if failed is not None and failed != counted:
            log.out.note(
                "failed_issues of AgenticSys' first generation holds the number of errors: "
                "total less successful issues is taken."
            )
        failed = counted if counted >= 0 else None
    rate = share(first(record, "success_rate_percent", "success_rate"))
    if rate is not None and total and passed is not None and abs(rate - passed / total) > 0.005:
        log.out.note(f"a run states a success rate of {rate:.0%} and {passed} of {total} issues.")
    numbers = {
        "runs_total": total,
        "runs_passed": passed,
        "runs_failed": failed,
        "errors": amount(record.get("total_errors")),
        "debugging_cycles": amount(record.get("total_debugging_cycles")),
    }
    return {
        "span_id": run_id,
        "trace_id": run_id,
        "project": project,
        "op": "record.batch",
        "agent": SYSTEM,
        "started_at": started_at,
        "ended_at": None if status == "running" else ended_at,
        "status": status,
        "cost_usd": cost_of(log, record),
        "output": {
            "claimed": verdict(said),
            **_so_far(numbers, status),
            "success_rate": rate if total else None,
            "total_tokens": amount(record.get("total_tokens")) or None,
        },
        "attributes": {
            "batch": run_id,
            "repo": project,
            **configured(record),
            "stated": plain(record),
        },
        "detail": detail if status != "running" else ON_THE_WAY,
    }


def issue(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of an issue: our run.

    Raises:
        UnusableError: it names no issue.
    """
    run_id, number = run_of(record), issue_of(record)
    if number is None:
        raise UnusableError("issue_iid is missing")
    started_at, ended_at = log.times(record, run_id)
    project = project_of(run_id)
    said = word(record.get("status"))
    status = ending(said, ended_at)
    tokens = measured({**mapping(record.get("cost_metrics")), **record}, TOKENS)
    second = any(name in record for name in _SECOND_GENERATION)
    errors = record.get("errors")
    right = yes(record.get("first_time_right"))
    numbers = {
        "pipeline_attempts": amount(first(record, "total_pipeline_attempts", "pipeline_attempts")),
        "pipelines_passed": amount(first(record, "succeeded_pipelines", "pipeline_success_count")),
        "pipelines_failed": amount(first(record, "failed_pipelines", "pipeline_failure_count")),
        "debugging_cycles": amount(first(record, "total_debugging_cycles", "debugging_cycles")),
        "debugging_resolved": amount(first(record, "resolved_cycles", "resolved_debugging_cycles")),
        "errors": len(errors)
        if isinstance(errors, list)
        else amount(first(record, "total_errors", "errors")),
        "retries": amount(record.get("total_agent_retries")),
    }
    return {
        **place(record),
        "span_id": derived_id("agenticsys", run_id, number),
        "parent_id": run_id,
        "op": "record.run",
        "display_name": f"issue {number}",
        "kind": "agent",
        "agent": SYSTEM,
        "started_at": started_at,
        "ended_at": None if status == "running" else ended_at,
        "status": status,
        "input_tokens": tokens["input_tokens"],
        "output_tokens": tokens["output_tokens"],
        "cost_usd": cost_of(log, {**mapping(record.get("cost_metrics")), **record}),
        "output": {
            "claimed": verdict(said),
            **_so_far(numbers, status),
            "complexity": decimal(record.get("complexity_score")) or None,
            "tool_calls": amount(record.get("total_tool_calls")) or None,
            "first_time_right": right if right or (second and status != "running") else None,
            **measured({**mapping(record.get("code_metrics")), **record}, _CODE),
            "coverage": _coverage(log, record),
            "total_tokens": tokens["total_tokens"],
        },
        "attributes": {
            "task": f"{project}/{number}" if project else None,
            "batch": run_id,
            "repo": project,
            "stated": plain(record),
        },
        "detail": detail if status != "running" else ON_THE_WAY,
    }


def _so_far(numbers: dict[str, int | None], status: str) -> dict[str, int | None]:
    """Return the numbers that say something: while it runs, zero may only be where it began."""
    return (
        {name: value or None for name, value in numbers.items()} if status == "running" else numbers
    )


def _coverage(log: Log, record: Record) -> float | None:
    code = {**mapping(record.get("code_metrics")), **record}
    found = share(first(code, "test_coverage_percent", "test_coverage"))
    if found and found <= 0.01 and "test_coverage_percent" not in code:
        log.out.note("test_coverage of 1 or less may be a share or a percentage: it is left out.")
        return None
    return found or None
