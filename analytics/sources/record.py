"""What ``analytics.record`` writes: a line for each step when it begins, changes and ends.

Every line says all that was known of the step by then, so one that stands alone is enough, and the
halves of a run may lie in two files. A step without an end runs, or was killed.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import GIVES, SourceFormat, Staged
from analytics.sources.rows import CallWriter, Deaf, UnusableError, lines, tell_growth
from analytics.sources.values import count, mapping, moment, price, text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FIRST = re.compile(rb'^\s*\{\s*"record"\s*:\s*1\s*,')
_SOURCES = ("record", "weave")
_TEXTS = (
    *("trace_id", "parent_id", "project", "op", "kind", "agent", "tool"),
    *("error_type", "error_message", "provider", "model"),
)
_COUNTS = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    *("cache_write_1h_tokens", "reasoning_tokens"),
)
_PART, _WHOLE, _FULLEST = 1, 2, 127

Record = dict[str, Any]


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a record of runs; None where it is not."""
    del path
    if any(_FIRST.match(line) for line in head.removeprefix(b"\xef\xbb\xbf").splitlines()[:20]):
        return "a line is a JSON object that begins with its version as a record"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the steps of one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "record", folder, path.name) as out:
        # Read twice: a file of steps is larger than what tells which line of it is the last of its step.
        size = path.stat().st_size
        chosen = _last_lines(path, size)
        for line, record in lines(path, out, size):
            if "dropped" in record:
                out.reject(line, _dropped(record), record)
                continue
            if text(record.get("span_id")) is None:
                out.reject(line, "span_id is missing", record)
                continue
            if line not in chosen:
                continue
            try:
                out.add(**_row(record))
            except UnusableError as fault:
                out.reject(line, str(fault), record)
        tell_growth(path, size, out)
    return out.staged(FORMAT.name)


def _last_lines(path: Path, size: int) -> set[int]:
    """Return the lines that tell most of their step."""
    fullest: dict[tuple[str | None, str], tuple[tuple[bool, int], int]] = {}
    for line, record in lines(path, Deaf(), size):
        span_id = text(record.get("span_id"))
        if span_id is not None and "dropped" not in record:
            key = text(record.get("source")), span_id
            fullest[key] = max(fullest.get(key, ((False, -1), 0)), (_rank(record), line))
    return {line for _, line in fullest.values()}


def _dropped(record: Record) -> str:
    number = count(record["dropped"])
    told = "some changes" if number is None else f"{number:,} changes"
    return f"{told} of steps were not recorded: more came than could be written"


def _rank(record: Record) -> tuple[bool, int]:
    """Return how late a state of a step is; of equals, the one further down is the later."""
    over = record.get("status") != "running"
    return over, count(record.get("changes")) or 0


def _row(record: Record) -> dict[str, Any]:
    if record.get("record") != 1:
        raise UnusableError(f"version {record.get('record')!r} of this format is not known here")
    source, status = record.get("source"), record.get("status")
    if source not in _SOURCES:
        raise UnusableError(f"source {source!r} is not among {', '.join(_SOURCES)}")
    if status not in ("ok", "error", "running"):
        raise UnusableError(f"status {status!r} is not ok, error or running")
    began = moment(record.get("started_at"))
    if began is None:
        raise UnusableError("started_at is missing or not a time")
    return {
        "source": source,
        "span_id": record["span_id"],
        **{name: text(record.get(name)) for name in _TEXTS},
        **{name: count(record.get(name)) for name in _COUNTS},
        "cost_usd": price(record.get("cost_usd")),
        "started_at": began,
        "ended_at": None if status == "running" else moment(record.get("ended_at")),
        "status": status,
        "inputs": record.get("inputs"),
        "output": record.get("output"),
        "attributes": mapping(record.get("attributes")) or None,
        "detail": _detail(record, status, source),
    }


def _detail(record: Record, status: str, source: str) -> int:
    """Return how full a state is: a later one of a step that runs tells more than an earlier one.

    What has ended tells all there is; Weave, which the same step was told to, tells it as well.
    """
    if status == "running":
        changes = count(record.get("changes")) or 0
        return min(_WHOLE + changes, _FULLEST) if changes else _PART
    return _PART if source == "weave" else _WHOLE


FORMAT = SourceFormat(
    name="record",
    title="PatchPilot's own record of runs",
    recognise=recognise,
    stage=stage,
    gives=frozenset(GIVES),
)
