"""What is written of a step each time that something changes: all that is known of it by then."""

import json
from dataclasses import dataclass
from pathlib import Path

from analytics.record.clock import moment
from analytics.redaction import redact

VERSION = 1
"""First member of every line; raised when a line comes to mean something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What never changes of one step. Names are those of ``schema.CALLS`` where there is one."""

    source: str
    """weave where the run also goes there, so that both records are one; else record."""
    span_id: str
    trace_id: str
    parent_id: str | None
    project: str | None
    op: str
    kind: str | None
    agent: str | None
    tool: str | None
    started_ns: int
    folder: Path | None
    """None: nothing is written on this machine."""
    mirrored: bool
    """Whether Weave is told by this process."""
    is_run: bool
    inputs: object
    attributes: dict[str, object]


@dataclass(slots=True, kw_only=True)
class State:
    """A step as it was at one moment."""

    of: Identity
    status: str
    """running, ok or error."""
    ended_ns: int | None = None
    """None where it runs, or where it is over and nobody knows since when."""
    changes: int = 0
    """How often more was told of it since it began."""
    error_type: str | None = None
    error_message: str | None = None
    columns: dict[str, object]
    """Provider, model and what was spent."""
    output: object = None
    characters: int = 0


Record = dict[str, object]


def record_of(state: State) -> Record:
    """Return the line of a state as a JSON object: it needs no other line to be understood."""
    told = state.of
    return {
        "record": VERSION,
        "source": told.source,
        "span_id": told.span_id,
        "trace_id": told.trace_id,
        "parent_id": told.parent_id,
        "project": told.project,
        "op": told.op,
        "kind": told.kind,
        "agent": told.agent,
        "tool": told.tool,
        "started_at": moment(told.started_ns),
        "ended_at": None if state.ended_ns is None else moment(state.ended_ns),
        "status": state.status,
        "changes": state.changes,
        "error_type": state.error_type,
        "error_message": state.error_message,
        **state.columns,
        "inputs": told.inputs,
        "output": state.output,
        "attributes": told.attributes or None,
    }


def line_of(record: Record) -> str:
    """Return a record as one line of JSON, secrets taken out; what is unknown is left out."""
    known = {name: value for name, value in record.items() if value is not None}
    return redact(json.dumps(known, ensure_ascii=False, separators=(",", ":")))
