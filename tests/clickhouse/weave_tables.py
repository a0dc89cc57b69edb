"""Weave's own tables of calls on ClickHouse, as its migrations leave them, and calls as rows of them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Raw = Mapping[str, Any]

MERGED = """
CREATE TABLE calls_merged (
    project_id String,
    id String,
    trace_id SimpleAggregateFunction(any, Nullable(String)),
    parent_id SimpleAggregateFunction(any, Nullable(String)),
    thread_id SimpleAggregateFunction(any, Nullable(String)),
    op_name SimpleAggregateFunction(any, Nullable(String)),
    started_at SimpleAggregateFunction(any, Nullable(DateTime64(6))),
    attributes_dump SimpleAggregateFunction(any, Nullable(String)),
    inputs_dump SimpleAggregateFunction(any, Nullable(String)),
    ended_at SimpleAggregateFunction(any, Nullable(DateTime64(6))),
    output_dump SimpleAggregateFunction(any, Nullable(String)),
    summary_dump SimpleAggregateFunction(any, Nullable(String)),
    exception SimpleAggregateFunction(any, Nullable(String)),
    otel_dump SimpleAggregateFunction(any, Nullable(String)),
    deleted_at SimpleAggregateFunction(any, Nullable(DateTime64(3)))
) ENGINE = AggregatingMergeTree
ORDER BY (project_id, id)
"""
"""A call is sent in two halves, start and end; parts of the table may hold them apart."""

COMPLETE = """
CREATE TABLE calls_complete (
    id String,
    project_id String,
    created_at DateTime64(3) DEFAULT now64(3),
    trace_id String,
    op_name String,
    started_at DateTime64(6),
    ended_at DateTime64(6) DEFAULT toDateTime64(0, 6),
    updated_at DateTime64(3) DEFAULT toDateTime64(0, 3),
    deleted_at DateTime64(3) DEFAULT toDateTime64(0, 3),
    parent_id String DEFAULT '',
    exception String DEFAULT '',
    otel_dump String DEFAULT '',
    thread_id String DEFAULT '',
    inputs_dump String,
    output_dump String,
    summary_dump String,
    attributes_dump String
) ENGINE = ReplacingMergeTree(created_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY (project_id, started_at, id)
"""
"""A call is one row; what is unknown is an empty text or the year 1970."""

_STARTED = ("trace_id", "parent_id", "thread_id", "op_name", "started_at")
_ENDED = ("ended_at", "exception")


def halves(raw: Raw, project: str) -> Iterable[dict[str, Any]]:
    """Return the rows of ``calls_merged`` that a call is written as: its start, and its end where it came."""
    key = {"project_id": project, "id": raw["id"]}
    yield {
        **key,
        **{name: _plain(name, raw.get(name)) for name in _STARTED},
        "attributes_dump": _dump(raw.get("attributes") or {}),
        "inputs_dump": _dump(raw.get("inputs") or {}),
    }
    if not is_running(raw):
        yield {
            **key,
            **{name: _plain(name, raw.get(name)) for name in _ENDED},
            "output_dump": _dump(raw.get("output")),
            "summary_dump": _dump(_stored(raw.get("summary"))),
        }


def whole(raw: Raw, project: str) -> dict[str, Any]:
    """Return the row of ``calls_complete`` that a call is written as."""
    told = {name: _plain(name, raw.get(name)) for name in (*_STARTED, *_ENDED)}
    attributes = dict(raw.get("attributes") or {})
    # What came over OpenTelemetry is kept apart, and is one of the attributes only when somebody asks.
    born = attributes.pop("otel_span", None)
    return {
        "project_id": project,
        "id": raw["id"],
        **{name: value for name, value in told.items() if value is not None},
        "attributes_dump": _dump(attributes),
        "otel_dump": "" if born is None else _dump(born),
        "inputs_dump": _dump(raw.get("inputs") or {}),
        "output_dump": "" if is_running(raw) else _dump(raw.get("output")),
        "summary_dump": "" if is_running(raw) else _dump(_stored(raw.get("summary"))),
    }


def is_running(raw: Raw) -> bool:
    """Say whether the end of a call has not come."""
    return (
        raw.get("ended_at") is None and raw.get("output") is None and raw.get("exception") is None
    )


def unpriced(raw: Raw) -> dict[str, Any]:
    """Return a call as Weave keeps it: status, costs and feedback are put in when somebody asks."""
    return {**raw, "summary": _stored(raw.get("summary"))}


def _stored(summary: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (summary or {}).items() if key != "weave"}


def _plain(name: str, value: str | None) -> str | None:
    is_time = value is not None and name.endswith("_at")
    return value.replace("T", " ").removesuffix("Z") if is_time and value else value


def _dump(value: object) -> str:
    return json.dumps(value)
