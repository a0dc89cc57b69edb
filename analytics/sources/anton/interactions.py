"""The first logger: one model call a line, and a summary that repeats the calls of all files.

Records carry no id and no run. A call is known by its whole content, so that a summary beside the files
changes nothing. The logger names a file after the agent and the second in which it writes, so the calls
of one agent in one second are one run, as they were one file; how many of these made up a task is not
recorded. A call is logged when it is over: its time is its end.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import Staged
from analytics.sources.anton import record
from analytics.sources.rows import CallWriter, UnusableError, derived_id, documents
from analytics.sources.values import count, objects, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = "anton-jsonl"
_KEYS = (b'"timestamp"', b'"agent_name"', b'"provider"', b'"model"', b'"system_prompt"')
_SUMMARY = (b'"total_interactions"', b'"by_agent"')
_OF_OTHERS = re.compile(rb'"(?:trace_id|span_type|event_type)"\s*:')
_NO_RUN = (
    "its calls name no run: those of one agent in one second, which anton writes into one file, are "
    "taken as a run. How many of these made up a task is not recorded."
)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why these are interactions; None where they are not."""
    del path
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{") and all(key in start for key in _SUMMARY):
        return "it sums up interactions by agent"
    for line in head.splitlines()[:20]:
        if line.lstrip().startswith(b"{") and all(key in line for key in _KEYS):
            return (
                None if _OF_OTHERS.search(line) else "a line is an interaction with a system_prompt"
            )
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the interactions of one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, record.SOURCE, folder, path.name) as out:
        runs: dict[str, tuple[datetime, datetime]] = {}
        seen: set[str] = set()
        for position, raw in _interactions(path, out):
            try:
                call = _call(raw, out)
                if call["span_id"] not in seen:
                    out.add(**call)
                    seen.add(call["span_id"])
            except UnusableError as fault:
                out.reject(position, str(fault), raw)
                continue
            begun, ended = call["started_at"], call["ended_at"] or call["started_at"]
            first, last = runs.get(call["trace_id"], (begun, ended))
            runs[call["trace_id"]] = min(first, begun), max(last, ended)
        for run_id, (begun, ended) in runs.items():
            # A single moment is when the call was over: how long it took is not known.
            fields = {"ended_at": ended if ended > begun else None, "status": "ok"}
            out.add(**record.root(run_id, begun, **fields))
        if runs:
            out.note(_NO_RUN)
    return out.staged(FORMAT)


def _interactions(path: Path, out: CallWriter) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, value in documents(path, out):
        if not isinstance(value, dict):
            out.reject(line, "not an object", value)
        elif "total_interactions" in value:
            listed = value.get("interactions")
            found = objects(listed)
            yield from enumerate(found, 1)
            if isinstance(listed, list) and len(found) < len(listed):
                out.reject(line, f"{len(listed) - len(found)} interactions are no objects")
            stated = count(value["total_interactions"])
            if stated is not None and stated != len(found):
                out.note(f"it states {stated} interactions, and holds {len(found)}.")
        else:
            yield line, value


def _call(raw: dict[str, Any], out: CallWriter) -> dict[str, Any]:
    over_at = record.at(raw.get("timestamp"), out)
    name = text(raw.get("agent_name"))
    if over_at is None or name is None:
        raise UnusableError(f"{'timestamp' if over_at is None else 'agent_name'} is missing")
    run_id = record.run_id(name, over_at.replace(microsecond=0).isoformat())
    error = text(raw.get("error"))
    return {
        "span_id": derived_id(record.SOURCE, "interaction", sorted(raw.items())),
        "trace_id": run_id,
        "parent_id": run_id,
        "op": "anton.interaction",
        "kind": "llm",
        "agent": name,
        **record.until(over_at, raw.get("duration_ms")),
        "status": "error" if error else "ok",
        "error_message": error,
        "provider": record.known(raw.get("provider")),
        "model": record.known(raw.get("model")),
        "inputs": {"system_prompt": raw.get("system_prompt"), "messages": raw.get("messages")},
        "output": {"response": raw.get("response")},
        "attributes": raw.get("metadata"),
    }
