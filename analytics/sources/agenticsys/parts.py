"""What happened within an issue of AgenticSys, from whichever file, as rows of ``schema.CALLS``."""

from collections.abc import Sequence
from typing import Any

from analytics.sources.agenticsys.log import (
    ON_THE_WAY,
    Log,
    cost_of,
    issue_of,
    place,
    run_of,
)
from analytics.sources.agenticsys.values import (
    TOKENS,
    Record,
    amount,
    ending,
    first,
    measured,
    seconds,
    word,
    yes,
)
from analytics.sources.rows import UnusableError, derived_id
from analytics.sources.values import mapping


def agent(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of all attempts of one agent at one issue.

    Args:
        log: the file.
        record: agent_name, attempts, successes, failures, retries, duration and perhaps start_time.
        detail: how full the record is.

    Raises:
        UnusableError: it names no agent.
    """
    name = agent_name(record)
    if name is None:
        raise UnusableError("the agent has no name")
    attempts, successes, failures = (
        amount(record.get(key)) for key in ("attempts", "successes", "failures")
    )
    under_way = (attempts or 0) > (successes or 0) + (failures or 0)
    started_at, _ = log.times(record, run_of(record))
    return {
        **place(record),
        "span_id": _agent_id(record, name),
        "op": "record.agent",
        "kind": "agent",
        "agent": name,
        "started_at": started_at,
        "status": "running" if under_way and detail == ON_THE_WAY else "ok",
        "output": {
            "attempts": attempts,
            "successes": successes,
            "failures": failures,
            "retries": amount(record.get("retries")),
            "total_s": seconds(record.get("duration")),
        },
        "detail": detail,
    }


def agent_name(record: Record) -> str | None:
    """Return the agent that a record names; each generation has a word of its own for it."""
    return word(first(record, "agent_name", "agent_type", "agent"))


def _agent_id(record: Record, name: str) -> str:
    return derived_id("agenticsys", run_of(record), issue_of(record), "agent", name)


def attempt(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of one attempt of an agent, under that of all its attempts."""
    run_id, name = run_of(record), agent_name(record)
    if name is None:
        raise UnusableError("the agent has no name")
    started_at, ended_at = log.times(record, run_id)
    said = word(record.get("status"))
    status = ending(said or "done", ended_at)
    used = {**mapping(record.get("token_usage")), **record}
    tokens = measured(used, TOKENS)
    message = word(record.get("error_message"))
    ordinal = amount(record.get("attempt_number"))
    return {
        **place(record),
        "span_id": derived_id(_agent_id(record, name), ordinal, record.get("start_time")),
        "parent_id": _agent_id(record, name),
        # The agent is counted by the sum of its attempts; this shows when each of them was.
        "op": "record.attempt",
        "kind": "other",
        "agent": name,
        "started_at": started_at,
        "ended_at": None if status == "running" else ended_at,
        "status": "error" if message else status,
        "error_message": message,
        "input_tokens": tokens["input_tokens"],
        "output_tokens": tokens["output_tokens"],
        "cost_usd": cost_of(log, used),
        "output": {
            "attempt": ordinal,
            "passed": succeeded(record),
            "retries": amount(first(record, "retry_count", "retries")),
            "tool_calls": amount(first(record, "tool_calls_count", "tool_calls")) or None,
            "total_tokens": tokens["total_tokens"] or amount(record.get("tokens_used")) or None,
            "status": said,
        },
        "detail": detail,
    }


def succeeded(record: Record) -> bool | None:
    """Say whether an attempt of an agent succeeded; unknown while it runs or where it was skipped."""
    said = word(record.get("status"))
    if said and (ending(said, None) == "running" or said == "skipped"):
        return None
    return yes(record.get("success"))


def pipeline(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of one CI pipeline."""
    run_id, pipeline_id = run_of(record), word(record.get("pipeline_id"))
    started_at, ended_at = log.times(record, run_id)
    said = (word(record.get("status")) or "").lower()
    key = (pipeline_id,) if pipeline_id else (record.get("commit_sha"), str(started_at))
    return {
        **place(record),
        "span_id": derived_id("agenticsys", run_id, issue_of(record), "pipeline", *key),
        "op": "record.pipeline",
        "started_at": started_at,
        "ended_at": ended_at,
        "status": "running" if ending(said, started_at) == "running" else "ok",
        "output": {
            "pipeline_id": pipeline_id,
            "commit_sha": word(record.get("commit_sha")),
            "trigger": word(record.get("triggered_by")),
            "retry": amount(record.get("retry_attempt")),
            # Cancelled and skipped pipelines neither passed nor failed.
            "passed": {"success": True, "passed": True, "failed": False}.get(said),
            "queue_s": seconds(first(record, "queue_time_seconds", "queue_time")),
            "execution_s": seconds(first(record, "execution_time_seconds", "execution_time")),
            "failed_jobs": _jobs(record.get("failed_jobs")),
            "error_type": word(record.get("error_type")),
            "error_message": word(record.get("error_message")),
            "status": said or None,
        },
        "detail": detail,
    }


def _jobs(written: object) -> list[str] | None:
    listed: Sequence[object] = written.split(",") if isinstance(written, str) else []
    listed = written if isinstance(written, list) else listed
    return [job for job in map(word, listed) if job] or None


def cycle(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of one debugging cycle."""
    run_id, name = run_of(record), agent_name(record)
    started_at, ended_at = log.times(record, run_id)
    error_type = word(record.get("error_type"))
    return {
        **place(record),
        "span_id": derived_id(
            "agenticsys", run_id, issue_of(record), "debug", name, error_type, str(started_at)
        ),
        "op": "record.debug",
        "agent": name,
        "started_at": started_at,
        "ended_at": ended_at,
        "status": "ok",
        "output": {
            "error_type": error_type,
            "error_message": word(record.get("error_message")),
            "attempts": amount(record.get("attempts")),
            "passed": yes(record.get("resolved")),
            "method": word(record.get("resolution_method")),
        },
        "detail": detail,
    }


def error(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of one error: a moment, so it has no end."""
    run_id, name = run_of(record), agent_name(record)
    started_at, _ = log.times(record, run_id)
    error_type = word(first(record, "error_type", "type"))
    message = word(first(record, "error_message", "message"))
    return {
        **place(record),
        "span_id": derived_id(
            "agenticsys",
            run_id,
            issue_of(record),
            "error",
            name,
            error_type,
            message,
            str(started_at),
        ),
        "op": "record.error",
        "agent": name,
        "started_at": started_at,
        "status": "error",
        "error_type": error_type,
        "error_message": message,
        "output": {
            "severity": word(record.get("severity")),
            "resolved": yes(record.get("resolved")),
        },
        "detail": detail,
    }


def tool(log: Log, record: Record, detail: int) -> dict[str, Any]:
    """Return the span of all calls of one tool by one agent at one issue.

    Raises:
        UnusableError: it names no tool.
    """
    run_id, name = run_of(record), word(record.get("tool_name"))
    if name is None:
        raise UnusableError("tool_name is missing")
    by = agent_name(record)
    calls = amount(record.get("call_count"))
    total_ms = seconds(record.get("total_duration_ms"))
    each_ms = seconds(record.get("avg_duration_ms"))
    if total_ms is None and calls and each_ms:
        total_ms = calls * each_ms
    started_at, _ = log.times(record, run_id)
    return {
        **place(record),
        "span_id": derived_id("agenticsys", run_id, issue_of(record), "tool", by, name),
        "op": "record.tool",
        "kind": "tool",
        "agent": by,
        "tool": name,
        "started_at": started_at,
        "status": "ok",
        "output": {
            "calls": calls,
            "successes": amount(record.get("success_count")),
            "failures": amount(record.get("failure_count")),
            "total_s": total_ms / 1000 if total_ms else None,
        },
        "detail": detail,
    }
