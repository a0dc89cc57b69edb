"""What PatchPilot remembers without a run: failures with their fixes, and its activity log."""

from typing import Any

from analytics.sources.patchpilot_store.log import (
    Log,
    Record,
    earlier,
    milliseconds,
    word,
)
from analytics.sources.rows import UnusableError, derived_id
from analytics.sources.values import count, mapping, text

_AGENTS = {"tester": "Tester", "triage": "Triage", "fixer": "Fixer", "verifier": "Verifier"}


def failure(log: Log, record: Record) -> list[dict[str, Any]]:
    """Return the span of one document of the failure memory, without its embedding.

    It says what failed and whether the fix held, but not in which run: it belongs to none.

    Raises:
        UnusableError: it has no id.
    """
    own = word(record.get("id"))
    if own is None:
        raise UnusableError("id is missing")
    fix = mapping(record.get("fix"))
    diff = text(record.get("fixDiff")) or text(fix.get("diff"))
    held = record.get("success", fix.get("success"))
    span_id = derived_id("patchpilot-failure", own)
    return [
        {
            "span_id": span_id,
            "trace_id": span_id,
            "op": "record.failure",
            "kind": "other",
            "started_at": log.at(record.get("createdAt")) or log.dated(),
            "status": "ok",
            "inputs": {
                "error_message": record.get("errorMessage"),
                "stack_trace": record.get("stackTrace"),
            },
            "output": {
                "bug_type": text(record.get("failureType")),
                "file": text(record.get("file")),
                "line": count(record.get("line")),
                "title": text(record.get("fixDescription")) or text(fix.get("description")),
                "diff": diff,
                # Nothing was tried where there is no fix: that did not fail.
                "passed": held if isinstance(held, bool) and diff else None,
            },
        }
    ]


def activity(log: Log, record: Record) -> list[dict[str, Any]]:
    """Return the span of one entry of the activity log.

    Raises:
        UnusableError: it has no id.
    """
    own = word(record.get("id"))
    if own is None:
        raise UnusableError("id is missing")
    details = mapping(record.get("details"))
    llm = mapping(details.get("llmCall"))
    error = mapping(details.get("error"))
    run_id = word(record.get("runId"))
    span_id = derived_id("patchpilot-activity", run_id, own)
    action = text(record.get("action"))
    written_at = log.at(record.get("timestamp")) or log.dated()
    # An entry is written when the call is over.
    length = milliseconds(llm.get("duration"))
    step = mapping(details.get("testStep"))
    return [
        {
            "span_id": span_id,
            "trace_id": run_id or span_id,
            "parent_id": run_id,
            "op": "record.llm" if llm else "record.activity",
            "display_name": action,
            "kind": "llm" if llm else "other",
            "agent": _AGENTS.get(str(record.get("agent")), text(record.get("agent"))),
            "started_at": earlier(written_at, length),
            "ended_at": written_at if length else None,
            "status": "error" if action == "failed" or error else "ok",
            "error_message": text(error.get("message")),
            "model": text(llm.get("model")),
            "inputs": {"prompt": llm.get("prompt")} if llm else step or None,
            "output": {
                "response": llm.get("response"),
                # It does not say how many of them were sent and how many received.
                "total_tokens": count(llm.get("tokens")) or None,
                "message": record.get("message"),
            },
            "attributes": {"url": details.get("url"), "action": action},
        }
    ]
