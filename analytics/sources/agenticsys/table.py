"""The seven tables of AgenticSys, of both generations: which one it is, the first line says."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from analytics.sources.agenticsys import parts, runs
from analytics.sources.agenticsys.log import IN_TABLE, Log
from analytics.sources.agenticsys.report import attempts_together, tools_together
from analytics.sources.agenticsys.values import Record

_TABLES: dict[str, tuple[Callable[[Log, Record, int], dict[str, Any]], tuple[str, ...]]] = {
    "runs": (runs.batch, ("project_id", "llm_model", "execution_mode", "total_issues")),
    "issues": (runs.issue, ("complexity_score", "first_time_right", "total_errors")),
    "agents": (parts.attempt, ("attempt_number", "success", "error_message")),
    "pipelines": (parts.pipeline, ("pipeline_id", "commit_sha", "triggered_by")),
    "debugging_cycles": (parts.cycle, ("agent", "resolved", "resolution_method")),
    "errors": (parts.error, ("agent", "error_type", "severity", "timestamp")),
    "tool_usage": (parts.tool, ("tool_name", "call_count", "failure_count")),
}
"""What a row becomes, and columns that both generations have and no other table."""


def kind(columns: Iterable[str]) -> str | None:
    """Return the name of the table that has these columns."""
    known = set(columns)
    if "run_id" not in known:
        return None
    of_issue = bool(known.intersection(("issue_iid", "issue_id")))
    for name, (_, telling) in _TABLES.items():
        if known.issuperset(telling) and of_issue == (name != "runs"):
            return name
    return None


def read(path: Path, log: Log) -> None:
    """Take every row of a table."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = _rows(csv.reader(file), log)
        columns = next(rows, (1, list[str]()))[1]
        columns = [name.strip() for name in columns]
        name = kind(columns)
        if name is None:
            log.out.reject(1, "its first line is that of no table of AgenticSys", ",".join(columns))
            return
        records = list(_records(rows, columns, log))
    if not records and not log.out.rejects:
        log.out.note(f"table {name} holds its first line alone: nothing was recorded in it.")
    make = _TABLES[name][0]
    if name == "tool_usage":
        for record in tools_together(record for _, record in records):
            log.take(None, record, make, IN_TABLE)
        return
    for line, record in records:
        log.take(line, record, make, IN_TABLE)
    if name == "agents":
        for record in attempts_together(_once(record for _, record in records)):
            log.take(None, record, parts.agent, IN_TABLE)


def _once(records: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yield each row once: a table that was written to twice repeats them."""
    seen: dict[tuple[str | None, ...], dict[str, str]] = {}
    for record in records:
        names = ("run_id", "issue_iid", "issue_id", "agent_name", "agent_type")
        key = (*map(record.get, names), record.get("attempt_number"), record.get("start_time"))
        seen[key] = record
    yield from seen.values()


Numbered = Iterator[tuple[int, list[str]]]


def _rows(reader: Any, log: Log) -> Numbered:  # noqa: ANN401 - csv names no type for it
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            log.out.reject(reader.line_num, f"not a row of a table ({fault})")
            continue
        if any(value.strip() for value in row):
            yield reader.line_num, row


def _records(rows: Numbered, columns: list[str], log: Log) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in rows:
        if len(row) != len(columns):
            log.out.reject(line, f"{len(row)} values under {len(columns)} columns", ",".join(row))
        else:
            yield line, dict(zip(columns, row, strict=True))
