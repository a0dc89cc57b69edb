"""The database of anton's proxy: every model call that went through it, by trace. Opened read-only.

The proxy dates a trace by UTC and a call by the local clock, so a run begins with its first call. It writes
``running`` of every trace by itself; only what somebody wrote later is taken as how the trace ended. A
zero in the counts and costs is what it does not know.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import Staged
from analytics.sources.anton import record
from analytics.sources.rows import CallWriter, UnusableError, parsed
from analytics.sources.values import count, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = "anton-sqlite"
_MAGIC = b"SQLite format 3\0"
_TABLES = frozenset(("traces", "llm_calls", "call_graph"))
_UNTOLD = (
    "no trace in it ever got another status than running, which the proxy writes by itself: whether "
    "its traces are over, and when, is unknown."
)


@dataclass
class _Trace:
    began: datetime | None = None
    """By the clock of its calls."""
    over: datetime | None = None
    open_calls: int = 0
    calls: int = 0


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is the proxy's database; None where it is not."""
    if not head.startswith(_MAGIC):
        return None
    try:
        with closing(_open(path)) as con:
            tables = {
                name
                for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
    except sqlite3.Error:
        return None
    return (
        "it is an SQLite database with traces, llm_calls and call_graph"
        if tables >= _TABLES
        else None
    )


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the traces of one database as Parquet of ``schema.CALLS``."""
    with CallWriter(con, record.SOURCE, folder, path.name) as out:
        try:
            with closing(_open(path)) as proxy:
                _write(proxy, out)
        except sqlite3.Error as fault:
            out.reject(None, f"the database cannot be read ({fault})")
    return out.staged(FORMAT)


def _open(path: Path) -> sqlite3.Connection:
    con = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    con.row_factory = sqlite3.Row
    con.text_factory = lambda raw: raw.decode("utf-8", "replace")
    con.execute("PRAGMA trusted_schema = OFF")
    return con


def _rows(proxy: sqlite3.Connection, statement: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for position, row in enumerate(proxy.execute(statement), 1):
        yield position, dict(row)


def _write(proxy: sqlite3.Connection, out: CallWriter) -> None:
    callers = _delegated(proxy)
    traces: dict[str, _Trace] = {}
    for position, raw in _rows(proxy, "SELECT * FROM llm_calls ORDER BY call_id"):
        caller = text(raw.get("parent_id")) or callers.get(str(raw.get("call_id")))
        try:
            call = _call(raw, caller, out)
            out.add(**call)
        except UnusableError as fault:
            out.reject(position, f"llm_calls: {fault}", _said(raw))
            continue
        trace = traces.setdefault(str(raw["trace_id"]), _Trace())
        begun, over = call["started_at"], call["ended_at"] or call["started_at"]
        trace.began = min(trace.began or begun, begun)
        trace.over = max(trace.over or over, over)
        trace.open_calls += call["status"] == "running"
        trace.calls += 1
    _write_traces(proxy, traces, out)


def _delegated(proxy: sqlite3.Connection) -> dict[str, str]:
    """Return which call handed over to which, where the calls themselves do not say."""
    edges = proxy.execute(
        "SELECT from_call_id, to_call_id FROM call_graph "
        "WHERE edge_type = 'delegation' ORDER BY edge_id"
    )
    return {str(to): str(giver) for giver, to in edges if to != giver}


def _write_traces(proxy: sqlite3.Connection, traces: dict[str, _Trace], out: CallWriter) -> None:
    rows = list(_rows(proxy, "SELECT * FROM traces ORDER BY trace_id"))
    told = any(record.ended(raw.get("status")) for _, raw in rows)
    if rows and not told:
        out.note(_UNTOLD)
    for position, raw in rows:
        try:
            out.add(**_root(raw, traces.pop(str(raw.get("trace_id")), _Trace()), told, out))
        except UnusableError as fault:
            out.reject(position, f"traces: {fault}", _said(raw))
    for trace_id, trace in traces.items():
        assert trace.began is not None
        status = "running" if trace.open_calls else "ok"
        out.add(**record.root(record.run_id(trace_id), trace.began, status=status, detail=1))
        out.note(
            "some calls belong to a trace that is not among its traces: how it ended is unknown."
        )


def _root(raw: dict[str, Any], trace: _Trace, told: bool, out: CallWriter) -> dict[str, Any]:
    trace_id = text(raw.get("trace_id"))
    began = trace.began or record.at(raw.get("created_at"), out)
    if trace_id is None or began is None:
        raise UnusableError(f"{'trace_id' if trace_id is None else 'created_at'} is missing")
    how = record.ended(raw.get("status"))
    running = how is None and (told or trace.open_calls > 0)
    status, claimed = how or ("running" if running else "ok", None)
    over = trace.over if how and trace.over and trace.over > began else None
    return record.root(
        record.run_id(trace_id),
        began,
        ended_at=over,
        status=status,
        output={
            "task": text(raw.get("task_description")) or text(raw.get("task_id")),
            "batch": text(raw.get("task_id")),
            "claimed": claimed,
        },
        attributes=_said(raw),
    )


def _call(raw: dict[str, Any], caller: str | None, out: CallWriter) -> dict[str, Any]:
    call_id, trace_id = text(raw.get("call_id")), text(raw.get("trace_id"))
    begun_at = record.at(raw.get("created_at"), out)
    if call_id is None or trace_id is None or begun_at is None:
        missing = "call_id" if call_id is None else "trace_id" if trace_id is None else "created_at"
        raise UnusableError(f"{missing} is missing")
    error = text(raw.get("error"))
    answered = raw.get("response") is not None or raw.get("duration_ms") is not None
    sent, received = (count(raw.get(f"tokens_{way}")) for way in ("input", "output"))
    return {
        "span_id": call_id,
        "trace_id": record.run_id(trace_id),
        # Not the call that led to it: what hangs on a call counts as part of its tokens.
        "parent_id": record.run_id(trace_id),
        "op": "anton.llm_call",
        "kind": "llm",
        "agent": record.known(raw.get("agent_name")),
        **record.since(begun_at, raw.get("duration_ms")),
        "status": "error" if error else "ok" if answered else "running",
        "error_message": error,
        "provider": record.known(raw.get("provider")),
        "model": record.known(raw.get("model")),
        "input_tokens": sent,
        "output_tokens": received,
        "cost_usd": record.cost(raw.get("cost_usd"), sent, received, out),
        "inputs": {"messages": _messages(raw.get("messages"))},
        "attributes": {"caller": caller},
        "output": {"response": raw.get("response"), "finish_reason": raw.get("finish_reason")},
    }


def _messages(written: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return parsed(written) if isinstance(written, str) else None
    except UnusableError:
        return written


def _said(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if isinstance(value, str | int | float)}
