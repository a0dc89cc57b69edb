"""Spans and events of the newer logger, one a line: model calls, tool calls, agents that start and end.

Spans of one trace may stand in several files. Only an agent's start and end say how long a trace took:
without them its run has no end. A start without an end is running. A span is logged when it is over.

What hangs on a span counts as part of its tokens, but each model call has tokens of its own. So model
calls and agents hang on an agent or on the run; the parent that they name is kept as an attribute.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import Staged
from analytics.sources.anton import record
from analytics.sources.rows import CallWriter, UnusableError, lines
from analytics.sources.values import count, mapping, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = "anton-spans"
_SPAN = re.compile(rb'"span_type"\s*:\s*"(?:llm_call|tool_call)"')
_EVENT = re.compile(rb'"event_type"\s*:\s*"(?:llm_call|tool_call|agent_start|agent_end)"')
_NO_END = "no agent's start and end are in it: how long its runs took is unknown."


@dataclass
class _Agent:
    """One agent's start and end, as far as they were seen."""

    started: dict[str, Any] | None = None
    ended: dict[str, Any] | None = None
    line: int = 0


@dataclass
class _Trace:
    first_at: datetime
    last_at: datetime
    agents: dict[str, _Agent] = field(default_factory=dict)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why these are spans or events; None where they are not."""
    del path
    for line in head.splitlines()[:20]:
        if (
            line.lstrip().startswith(b"{")
            and all(key in line for key in (b'"trace_id"', b'"span_id"', b'"agent_name"'))
            and (_SPAN.search(line) or _EVENT.search(line))
        ):
            return "a line has a trace_id, an agent_name and a span_type or event_type of anton"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the spans of one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, record.SOURCE, folder, path.name) as out:
        traces: dict[str, _Trace] = {}
        seen: set[str] = set()
        agents = _agents(path, out)
        for line, raw in lines(path, out):
            try:
                _take(line, raw, traces, seen, agents, out)
            except UnusableError as fault:
                out.reject(line, str(fault), raw)
        for trace_id, trace in traces.items():
            for agent in trace.agents.values():
                try:
                    out.add(**_agent(agent, agents, out))
                except UnusableError as fault:
                    out.reject(agent.line, str(fault), agent.started or agent.ended)
            out.add(**_root(trace_id, trace, out))
    return out.staged(FORMAT)


def _agents(path: Path, out: CallWriter) -> set[str]:
    """Return the spans of agents, wherever in the file they start."""
    known = len(out.rejects)
    found = {
        str(raw.get("span_id"))
        for _, raw in lines(path, out)
        if raw.get("event_type") == "agent_start"
    }
    del out.rejects[known:]  # The second reading meets them again.
    return found


def _take(
    line: int,
    raw: dict[str, Any],
    traces: dict[str, _Trace],
    seen: set[str],
    agents: set[str],
    out: CallWriter,
) -> None:
    what = raw.get("event_type") or raw.get("span_type")
    known = {**mapping(raw.get("data")), **{k: v for k, v in raw.items() if v is not None}}
    trace_id, span_id = text(known.get("trace_id")), text(known.get("span_id"))
    at = record.at(known.get("timestamp"), out)
    if trace_id is None or span_id is None or at is None:
        missing = "trace_id" if trace_id is None else "span_id" if span_id is None else "timestamp"
        raise UnusableError(f"{missing} is missing")
    if what not in ("llm_call", "tool_call", "agent_start", "agent_end"):
        raise UnusableError("neither a model call, a tool call nor an agent's start or end")
    begun = at
    if what in ("agent_start", "agent_end"):
        trace = traces.setdefault(trace_id, _Trace(at, at))
        agent = trace.agents.setdefault(span_id, _Agent(line=line))
        if what == "agent_start":
            agent.started = agent.started or known
        else:
            agent.ended = known
    elif span_id not in seen:
        call = _call(what, known, at, agents, out)
        out.add(**call)
        seen.add(span_id)
        begun = call["started_at"]
        trace = traces.setdefault(trace_id, _Trace(begun, at))
    else:
        return
    trace.first_at, trace.last_at = min(trace.first_at, begun), max(trace.last_at, at)


def _call(
    what: str, known: dict[str, Any], at: datetime, agents: set[str], out: CallWriter
) -> dict[str, Any]:
    error = text(known.get("error"))
    failed = bool(error) or known.get("success") is False
    named = text(known.get("parent_id"))
    return {
        **_place(known, named if what == "tool_call" or named in agents else None),
        "status": "error" if failed else "ok",
        "error_message": error,
        **record.until(at, known.get("duration_ms")),
        **(_model_call(known, out) if what == "llm_call" else _tool_call(known)),
    }


def _place(known: dict[str, Any], parent_id: str | None) -> dict[str, Any]:
    return {
        "span_id": known["span_id"],
        "trace_id": record.run_id(known["trace_id"]),
        "parent_id": parent_id or record.run_id(known["trace_id"]),
        "agent": record.known(known.get("agent_name")),
        "attributes": {"parent_id": known.get("parent_id")},
    }


def _model_call(known: dict[str, Any], out: CallWriter) -> dict[str, Any]:
    tokens = mapping(known.get("tokens"))
    sent, received = count(tokens.get("input")), count(tokens.get("output"))
    return {
        "op": "anton.llm_call",
        "kind": "llm",
        "provider": record.known(known.get("provider")),
        "model": record.known(known.get("model")),
        "input_tokens": sent,
        "output_tokens": received,
        "cost_usd": record.cost(known.get("cost_usd"), sent, received, out),
        "inputs": {"messages": known.get("messages")},
        "output": {"response": known.get("response")},
    }


def _tool_call(known: dict[str, Any]) -> dict[str, Any]:
    name = text(known.get("tool_name")) or "unknown"
    return {
        "op": f"tool.{name}",
        "kind": "tool",
        "tool": name,
        "inputs": known.get("parameters"),
        "output": known.get("result"),
    }


def _times(agent: _Agent, out: CallWriter) -> Iterator[datetime]:
    for event in (agent.started, agent.ended):
        if event and (at := record.at(event.get("timestamp"), out)):
            yield at


def _agent(agent: _Agent, agents: set[str], out: CallWriter) -> dict[str, Any]:
    if agent.started is None:
        raise UnusableError("an agent's end without its start")
    begun, *rest = _times(agent, out)
    said = agent.ended or {}
    status, claimed = record.ended(said.get("status")) or (None, None)
    error = text(said.get("error"))
    failed = status == "error" or bool(error) or said.get("success") is False
    named = text(agent.started.get("parent_id"))
    return {
        **_place(agent.started, named if named in agents else None),
        "op": "record.agent",
        "kind": "agent",
        "started_at": begun,
        "ended_at": max(begun, *rest) if rest else None,
        "status": "running" if agent.ended is None else "error" if failed else "ok",
        "error_message": error,
        "output": {"claimed": claimed, "result": said.get("result")} if agent.ended else None,
    }


def _root(trace_id: str, trace: _Trace, out: CallWriter) -> dict[str, Any]:
    own_id = record.run_id(trace_id)
    tops = [
        agent
        for agent in trace.agents.values()
        if agent.started and not text(agent.started.get("parent_id"))
    ]
    fields: dict[str, Any] = {"status": "ok", "detail": 1}
    if tops:
        over = all(agent.ended for agent in tops)
        ends = [at for agent in tops for at in _times(agent, out)]
        told = {record.ended((agent.ended or {}).get("status")) for agent in tops}
        status, claimed = told.pop() or ("ok", None) if over and len(told) == 1 else ("ok", None)
        fields = {
            "ended_at": max(ends) if over else None,
            "status": status if over else "running",
            "output": {"claimed": claimed},
        }
    else:
        out.note(_NO_END)
    return record.root(own_id, trace.first_at, attributes={"trace_id": trace_id}, **fields)
