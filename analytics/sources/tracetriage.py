"""Traces as TraceTriage keeps them: a run of PatchPilot with its operations, one within the other.

What an agent does is its step; operations of the same agent below it are parts of that step, and the
orchestrator's own are none. Analyses, patterns, actions, A/B tests and sessions that TraceTriage made
of traces are no traces: each is a reject that says so.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import SourceFormat, Staged
from analytics.sources.outline import outline
from analytics.sources.rows import CallWriter, UnusableError, derived_id, documents
from analytics.sources.values import count, epoch_seconds, mapping, moment, number, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROLES = {"tester": "test", "triage": "diagnose", "fixer": "patch", "verifier": "verify"}
_LISTS = ("traces", "analyses", "failures", "patterns", "actions", "abTests", "sessions")
_TRACE = {"operations", "success"}
_NO_TRACES = (
    ({"failureCause", "operationId"}, "an analysis of a failure, not a trace"),
    ({"controlConfig", "variantConfig"}, "the result of an A/B test, not a trace"),
    ({"matchCriteria", "occurrences"}, "a pattern of failures, not a trace"),
    ({"expectedImpact", "applied"}, "a corrective action, not a trace"),
    ({"tracesAnalyzed", "failuresFound"}, "a session without the traces that it analysed"),
    ({"totalSessions", "totalTracesAnalyzed"}, "a summary of sessions, not a trace"),
)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why these are traces, or other records, of TraceTriage; None where they are not."""
    del path
    if b'"operations"' not in head and b'"failure' not in head and b'"control' not in head:
        return None
    for steps, keys in outline(head):
        if len(steps) > 1 or (steps and steps[0] not in _LISTS):
            continue
        if keys >= _TRACE and keys & {"runId", "metadata"}:
            return "it holds runs with operations of PatchPilot's agents"
        if any(keys >= telling for telling, _ in _NO_TRACES):
            return "it holds what TraceTriage made of traces"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the traces of one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "tracetriage", folder, path.name) as out:
        for line, value in documents(path, out):
            for record, session_id in _records(value):
                if not isinstance(record, dict) or "operations" not in record:
                    out.reject(line, _reason(record), record)
                    continue
                try:
                    for span in _trace(record, session_id, path, out):
                        out.add(**span)
                except UnusableError as fault:
                    out.reject(line, str(fault), record)
    return out.staged(FORMAT.name)


def _records(value: Any) -> Iterator[tuple[Any, str | None]]:  # noqa: ANN401 - whatever JSON holds
    """Yield each record of a value with the session that it is in."""
    for found in value if isinstance(value, list) else [value]:
        named = [name for name in _LISTS if isinstance(mapping(found).get(name), list)]
        if not named or "operations" in found:
            yield found, None
        for name in named if "operations" not in mapping(found) else []:
            for inner in found[name]:
                yield inner, _word(found.get("id"))


def _reason(record: object) -> str:
    keys = set(mapping(record))
    return next((why for telling, why in _NO_TRACES if keys >= telling), "it has no operations")


def _word(value: object) -> str | None:
    found = count(value)
    return text(value) or (None if found is None else str(found))


def _at(written: object, out: CallWriter) -> datetime | None:
    """Return a time, milliseconds since 1970 or ISO 8601, as UTC."""
    if not isinstance(written, str):
        return epoch_seconds((number(written) or 0.0) / 1000)
    found = moment(written)
    if found and datetime.fromisoformat(written).tzinfo is None:
        out.note("some times name no zone: they are taken for UTC.")
    return found


def _trace(
    record: dict[str, Any], session_id: str | None, path: Path, out: CallWriter
) -> Iterator[dict[str, Any]]:
    """Yield the span of a run, then those of its operations.

    Raises:
        UnusableError: it has no id.
    """
    own = _word(record.get("id")) or _word(record.get("runId"))
    if own is None:
        raise UnusableError("id is missing")
    trace_id = derived_id("tracetriage", own)
    operations = list(_operations(record, trace_id, out))
    begins = [span["started_at"] for span in operations if span["started_at"]]
    started_at = _at(record.get("startTime"), out) or min(begins, default=None)
    if started_at is None:
        out.note("some traces hold no time: the date of the file is taken for it.")
        started_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    ended_at = _at(record.get("endTime"), out)
    said, told = record.get("success"), mapping(record.get("metadata"))
    success = said if isinstance(said, bool) and ended_at else None
    tests = count(told.get("testsTotal")) or None
    yield {
        "span_id": trace_id,
        "trace_id": trace_id,
        "thread_id": session_id,
        "op": "record.run",
        "display_name": _word(record.get("runId")),
        "kind": "agent",
        "agent": "PatchPilot",
        "started_at": started_at,
        "ended_at": ended_at,
        "status": "running" if ended_at is None else "error" if success is False else "ok",
        "output": {
            "claimed": {True: "pass", False: "fail"}.get(success) if success is not None else None,
            "tests_total": tests,
            "tests_passed": count(told.get("testsPassed")) if tests else None,
            "iterations": count(told.get("iterationsTotal")) or None,
            "patches": count(told.get("patchesApplied")),
        },
        "attributes": {
            "task": _word(told.get("testId")) or _word(told.get("task")),
            "id": own,
            "run_id": _word(record.get("runId")),
            "metadata": told,
        },
    }
    for span in operations:
        yield {**span, "started_at": span["started_at"] or started_at}


def _operations(record: dict[str, Any], trace_id: str, out: CallWriter) -> Iterator[dict[str, Any]]:
    """Yield the spans of all operations of a trace, each before those within it."""
    seen: dict[str, int] = {}
    waiting: list[tuple[Any, str, str | None]] = [
        (operation, trace_id, None) for operation in _children(record.get("operations"))
    ]
    while waiting:
        operation, parent_id, above = waiting.pop()
        if not isinstance(operation, dict):
            out.reject(None, "an operation is not an object", operation)
            continue
        own = _word(operation.get("id")) or _word(operation.get("name")) or "operation"
        nth = seen[own] = seen.get(own, -1) + 1
        span_id = derived_id("tracetriage", trace_id, own, nth)
        agent = text(operation.get("agentName"))
        yield _span(operation, agent, above, out) | {
            "span_id": span_id,
            "trace_id": trace_id,
            "parent_id": parent_id,
        }
        waiting += [(o, span_id, agent or above) for o in _children(operation.get("children"))]


def _children(listed: object) -> list[Any]:
    """Return what a list holds, the last first: it is taken from the end."""
    return listed[::-1] if isinstance(listed, list) else []


def _span(
    operation: dict[str, Any], agent: str | None, above: str | None, out: CallWriter
) -> dict[str, Any]:
    role = _ROLES.get((agent or "").lower()) if agent != above else None
    error = mapping(operation.get("error"))
    ended_at = _at(operation.get("endTime"), out)
    given, told = (mapping(operation.get(name)) for name in ("inputs", "outputs"))
    plain = text(operation.get("error"))
    if role == "patch" and told.get("success") is False:
        # Without this, what made no patch would count as one.
        plain = plain or text(told.get("error")) or "no patch was made"
    failed = bool(error or plain)
    return {
        "op": f"record.{role}" if role else "record.step",
        "display_name": text(operation.get("name")),
        "kind": "agent" if role else "other",
        "agent": agent,
        "started_at": _at(operation.get("startTime"), out),
        "ended_at": ended_at,
        "status": "error" if failed else "ok" if ended_at else "running",
        "error_type": text(error.get("type")),
        "error_message": text(error.get("message")) or plain,
        "inputs": given or None,
        "output": {**(_facts(role, given, told, failed) if role else {}), "returned": told},
        "attributes": {"stack": error.get("stack")} if error.get("stack") else None,
    }


def _facts(role: str, given: dict[str, Any], told: dict[str, Any], failed: bool) -> dict[str, Any]:
    """Return what a step says of a bug, where PatchPilot's agents write it."""
    report = mapping(told.get("failureReport")) or mapping(given.get("failureReport"))
    place, patch = mapping(told.get("localization")), mapping(told.get("patch")) or told
    meta, specs = mapping(patch.get("metadata")), (given.get("testSpec"), given.get("spec"))
    named = [report.get("testId"), told.get("failureId"), patch.get("diagnosisId")]
    named += [mapping(given.get(name)).get("diagnosisId") for name in ("patch",)]
    named += [mapping(spec).get("id") for spec in specs]
    verdict = next((v for n in ("passed", "success") if isinstance(v := told.get(n), bool)), None)
    return {
        "bug_id": next((found for value in named if (found := _word(value))), None),
        "passed": (False if failed else verdict) if role in ("test", "verify") else None,
        "bug_type": text(told.get("failureType")),
        "title": text(told.get("rootCause")) or text(patch.get("description")),
        "file": text(place.get("file")) or text(patch.get("file")),
        "line": count(place.get("startLine")),
        "diff": text(patch.get("diff")),
        "lines_added": count(meta.get("linesAdded")),
        "lines_removed": count(meta.get("linesRemoved")),
    }


FORMAT = SourceFormat(
    name="tracetriage",
    title="TraceTriage traces, JSON",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time"}),
)
