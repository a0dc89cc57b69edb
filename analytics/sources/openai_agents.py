"""Traces of the OpenAI Agents SDK: objects ``trace`` and ``trace.span``, nested or one beside the other.

A trace has no span of its own and several agents may stand side by side in it, so the trace becomes
the root: one run.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import SourceFormat, Staged
from analytics.sources.rows import CallWriter, UnusableError, documents
from analytics.sources.values import count, mapping, moment, objects, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_KINDS = {
    "agent": "agent",
    "generation": "llm",
    "response": "llm",
    "function": "tool",
    "mcp_tools": "tool",
    "guardrail": "scorer",
}
_USAGE = re.compile(
    r"usage=ResponseUsage\(input_tokens=(\d+), "
    r"(?:input_tokens_details=InputTokensDetails\([^()]*?cached_tokens=(\d+)[^()]*\), )?"
    r"output_tokens=(\d+)"
)
_MODEL = re.compile(r", model='([^']{1,100})', object='response'")

_Found = tuple[int, dict[str, Any]]


def recognise(head: bytes, path: Path) -> str | None:
    """Say why these are traces of the SDK; None where they are not."""
    del path
    if re.search(rb'"object"\s*:\s*"trace(?:\.span)?"', head) and b'"workflow_name"' in head:
        return "it holds objects called trace with a workflow_name"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the spans of one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "openai-agents", folder, path.name) as out:
        traces: dict[str, _Found] = {}
        spans: dict[str, list[_Found]] = {}
        for line, record in _records(path, out):
            if record["object"] == "trace" and text(record.get("id")):
                traces[record["id"]] = line, record
            elif record["object"] == "trace.span" and text(record.get("trace_id")):
                spans.setdefault(record["trace_id"], []).append((line, record))
            else:
                out.reject(line, "the id of the trace is missing", record)
        for trace_id, own in spans.items():
            written = [at for line, record in own if (at := _write(line, record, traces, out))]
            if trace_id in traces and written:
                _write_trace(traces.pop(trace_id)[1], written, out)
        for line, record in traces.values():
            out.reject(line, "a trace without a span that has a time", record)
    return out.staged(FORMAT.name)


def _records(path: Path, out: CallWriter) -> Iterator[_Found]:
    for line, value in documents(path, out):
        found = list(_objects(value))
        if not found:
            out.reject(line, "it holds no trace", value)
        yield from ((line, record) for record in found)


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
    elif isinstance(value, dict) and value.get("object") in ("trace", "trace.span"):
        yield value
        yield from (s for s in objects(value.get("spans")) if s.get("object") == "trace.span")
    elif isinstance(value, dict):
        for name in ("traces", "data"):
            if isinstance(value.get(name), list):
                yield from _objects(value[name])


def _write(
    line: int, record: dict[str, Any], traces: dict[str, _Found], out: CallWriter
) -> dict[str, Any] | None:
    try:
        fields = _span(record, traces)
        out.add(**fields)
    except UnusableError as fault:
        out.reject(line, str(fault), record)
        return None
    return fields


def _write_trace(trace: dict[str, Any], spans: list[dict[str, Any]], out: CallWriter) -> None:
    ends = [span["ended_at"] for span in spans]
    ended = all(ends)
    out.add(
        span_id=trace["id"],
        trace_id=trace["id"],
        thread_id=text(trace.get("group_id")),
        op=text(trace.get("workflow_name")) or "trace",
        kind="agent",
        started_at=min(span["started_at"] for span in spans),
        ended_at=max(ends) if ended else None,
        status="ok" if ended else "running",
        attributes=trace.get("metadata"),
    )


def _span(record: dict[str, Any], traces: dict[str, _Found]) -> dict[str, Any]:
    data, error = mapping(record.get("span_data")), mapping(record.get("error"))
    what = text(data.get("type")) or "span"
    name = text(data.get("name"))
    kind = _KINDS.get(what)
    started_at, ended_at = moment(record.get("started_at")), moment(record.get("ended_at"))
    trace_id = record["trace_id"]
    return {
        "span_id": text(record.get("id")),
        "trace_id": trace_id,
        "parent_id": text(record.get("parent_id")) or (trace_id if trace_id in traces else None),
        "op": f"{name}.invoke_agent"
        if kind == "agent" and name
        else f"tool.{name}"
        if kind == "tool" and name
        else what,
        "kind": kind,
        "started_at": started_at,
        "ended_at": ended_at,
        "status": "error" if error else "ok" if ended_at else "running",
        "error_message": text(error.get("message")),
        **_answered(record, data),
        "inputs": data.get("input", record.get("span_data_input")),
        "output": data.get("output", record.get("response")),
        "attributes": {k: v for k, v in data.items() if k not in ("input", "output")},
    }


def _answered(record: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Return model and tokens: as fields, or out of the text of a response that was printed."""
    used = mapping(data.get("usage"))
    model = text(data.get("model"))
    answer = record.get("response")
    if isinstance(answer, dict):
        used, model = mapping(answer.get("usage")) or used, text(answer.get("model")) or model
    if isinstance(answer, str) and not used:
        # What the model said stands before its usage and might imitate it.
        found = [hit.groups() for hit in _USAGE.finditer(answer)][-1:]
        named = _MODEL.search(answer)
        sent, cached, received = found[0] if found else (None, None, None)
        return {
            "provider": "openai" if named else None,
            "model": named[1] if named else model,
            "input_tokens": count(sent),
            "output_tokens": count(received),
            "cache_read_tokens": count(cached),
        }
    details = mapping(used.get("input_tokens_details"))
    thought = mapping(used.get("output_tokens_details"))
    return {
        "model": model,
        "input_tokens": count(used.get("input_tokens")),
        "output_tokens": count(used.get("output_tokens")),
        "cache_read_tokens": count(details.get("cached_tokens")),
        "reasoning_tokens": count(thought.get("reasoning_tokens")),
    }


FORMAT = SourceFormat(
    name="openai-agents",
    title="OpenAI Agents SDK traces, JSON",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"time", "tokens", "tools"}),
)
