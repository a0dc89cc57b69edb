"""Rows of a table as calls of the canonical ops: runs with their tools, batches, single calls."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.schema import CALLS, FACT_FIELDS
from analytics.sources import values
from analytics.sources.rows import CallWriter, UnusableError, derived_id, parsed
from analytics.sources.table import cells
from analytics.sources.table.batches import Reconciler
from analytics.sources.values import objects, text, total

if TYPE_CHECKING:
    from analytics.sources.table.mapping import TableMapping

_KINDS = {
    **dict.fromkeys(("record.run", "record.agent"), "agent"),
    **{"record.llm": "llm", "record.tool": "tool", "record.score": "scorer"},
}
_FACTS = tuple(field.name for field in FACT_FIELDS)
_OF_THE_SPAN = ("error_type", "error_message")
"""Facts of these names are about pipelines and debugging cycles; elsewhere they are the span's own."""

_ABOUT_ANOTHER = ("record.pipeline", "record.debug")
_COPIED = tuple(
    name
    for name in CALLS.columns
    if name.endswith("_tokens")
    or name in ("cost_usd", "project", "thread_id", "provider", "model", "tool", *_OF_THE_SPAN)
)
_STEP = timedelta(microseconds=1)


class Converter:
    """Writes the rows of one file as calls, and remembers what to tell of them."""

    def __init__(self, mapping: "TableMapping", path: Path, out: CallWriter, detail: int) -> None:
        """Begin a file.

        Args:
            mapping: what the columns mean.
            path: the file; its date stands in for times that no column has.
            out: takes the calls.
            detail: 2 where the file has every column that the mapping names, else 1.
        """
        self._mapping = mapping
        self._out = out
        self._detail = detail
        self._dated = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
        self._undated = 0
        self._told = cells.Told()
        self._reconciler = Reconciler(mapping)
        self._taken = {column for cell in mapping.cells.values() for column in cell.columns}
        self._traces: dict[str, list[Any]] = {}
        self._roots: set[str] = set()

    def write(self, line: int, record: dict[str, Any]) -> None:
        """Write one row.

        Raises:
            UnusableError: it lacks something without which it cannot be told from others.
        """
        known = {
            field: value
            for field, cell in self._mapping.cells.items()
            if (value := cells.read(record, cell, line, self._told)) is not None
        }
        span_id = identity(self._mapping, record, known)
        op = self._op(known)
        began, ended = self._times(known)
        rest = {k: v for k, v in record.items() if k not in self._taken and v not in (None, "")}
        said = {name: known[name] for name in _FACTS if name in known}
        own = op not in _ABOUT_ANOTHER
        output = {key: value for key, value in said.items() if not (own and key in _OF_THE_SPAN)}
        output |= {key: known[key] for key in ("diff", "pass_rate") if key in known}
        trace_id = self._trace(known, span_id)
        call = {
            **{name: known[name] for name in _COPIED if name in known},
            "span_id": span_id,
            "trace_id": trace_id,
            "parent_id": self._parent(known, op, span_id, trace_id, began, ended),
            "op": op,
            "kind": _KINDS.get(op),
            "agent": known.get("agent") or self._mapping.agent,
            "started_at": began,
            "ended_at": ended,
            "status": known.get("status") or self._status(known, own),
            "input_tokens": self._input_tokens(known),
            "inputs": {
                **({"messages": known["messages"]} if "messages" in known else {}),
                **({"row": rest} if rest else {}),
            }
            or None,
            "output": output,
            "detail": self._detail,
        }
        if op == "record.score":
            kind = known.get("bug_type") or known.get("title") or "score"
            call["feedback"] = [{"id": span_id, "feedback_type": kind, "payload": output}]
        self._out.add(**call)
        for child in self._children(known, span_id, trace_id, began):
            self._out.add(**child, trace_id=trace_id, parent_id=span_id, detail=self._detail)
        self._reconciler.see(span_id, record, known)

    def finish(self) -> None:
        """Write the runs that single calls belong to, and say what there is to say."""
        for trace_id, (began, ended, known) in self._traces.items():
            if trace_id not in self._roots:
                self._out.add(
                    span_id=trace_id,
                    trace_id=trace_id,
                    op="record.run",
                    kind="agent",
                    agent=self._mapping.agent,
                    started_at=began,
                    ended_at=ended if known else None,
                    status="ok",
                    detail=1,
                )
        if self._undated:
            self._out.note(
                f"no time in {cells.counted(self._undated, 'row')}: the date of the file is taken for it."
            )
        for sentence in (*self._told.notes(), *self._reconciler.notes()):
            self._out.note(sentence)

    def _op(self, known: dict[str, Any]) -> str:
        if self._mapping.rows == "batch":
            return "record.batch"
        if self._mapping.rows != "call":
            return "record.run"
        if op := known.get("op"):
            return op
        if "tool" in known:
            return "record.tool"
        return "record.llm" if "model" in known or "output_tokens" in known else "record.step"

    def _times(self, known: dict[str, Any]) -> tuple[datetime, datetime | None]:
        began, ended = known.get("started_at"), known.get("ended_at")
        length = timedelta(seconds=known["duration"]) if "duration" in known else None
        if began is None:
            self._undated += ended is None
            at = ended or self._dated
            # Without a length there is no end: it would make a run of no time at all.
            began, ended = (at, None) if length is None else (at - length, at)
        elif ended is None and length is not None:
            ended = began + length
        return began, None if known.get("status") == "running" else ended

    def _status(self, known: dict[str, Any], own: bool) -> str:
        return "error" if own and any(name in known for name in _OF_THE_SPAN) else "ok"

    def _input_tokens(self, known: dict[str, Any]) -> int | None:
        if not self._mapping.additive_cache:
            return known.get("input_tokens")
        parts = ("input_tokens", "cache_read_tokens", "cache_write_tokens")
        return total(*(known.get(name) for name in parts))

    def _trace(self, known: dict[str, Any], span_id: str) -> str:
        if self._mapping.rows == "call" and "trace_id" not in known:
            raise UnusableError("trace_id is missing")
        return known.get("trace_id") or span_id

    def _parent(
        self,
        known: dict[str, Any],
        op: str,
        span_id: str,
        trace_id: str,
        began: datetime,
        ended: datetime | None,
    ) -> str | None:
        """Return the span above; a call that names none hangs below a run of its trace."""
        if self._mapping.rows != "call" or "parent_id" in known:
            return known.get("parent_id")
        if op == "record.run" or span_id == trace_id:
            self._roots.add(trace_id)
            return None
        first, last, whole = self._traces.get(trace_id, (began, ended or began, True))
        self._traces[trace_id] = [
            min(first, began),
            max(last, ended or began),
            whole and ended is not None,
        ]
        return trace_id

    def _children(
        self, known: dict[str, Any], run_id: str, trace_id: str, began: datetime
    ) -> Iterator[dict[str, Any]]:
        for name, calls in known.get("tools", {}).items():
            yield {
                "span_id": derived_id(trace_id, run_id, "tool", name),
                "op": "record.tool",
                "kind": "tool",
                "tool": name,
                "started_at": began,
                "status": "ok",
                "output": {"calls": calls},
            }
        if "messages" in known:
            prefix = self._mapping.cells["messages"].error_prefix
            yield from _tool_calls(known["messages"], prefix, run_id, trace_id, began)


def identity(
    mapping: "TableMapping", record: dict[str, Any], known: dict[str, Any] | None = None
) -> str:
    """Return the id of a row: as the mapping says, else of its task and attempt, else of all it holds.

    Raises:
        UnusableError: the columns that make the id are empty.
    """
    told = cells.Told()

    def value(field: str) -> Any:  # noqa: ANN401 - by kind
        if known is not None:
            return known.get(field)
        cell = mapping.cells.get(field)
        return cell and cells.read(record, cell, 0, told)

    if "id" in mapping.cells:
        if found := value("id"):
            return found
        raise UnusableError(f"no id in {' + '.join(mapping.cells['id'].columns)}")
    if mapping.rows == "trial":
        task, attempt = value("task"), value("attempt")
        if task is None or attempt is None:
            raise UnusableError("a trial without a task or an attempt")
        told_apart = [value(field) for field in ("batch", "variant", "model", "agent")]
        return derived_id(mapping.source, task, attempt, *told_apart)
    held = {
        key: cells.word(cell) if not isinstance(cell, dict | list) else cell
        for key, cell in record.items()
        if cell not in (None, "")
    }
    return derived_id(mapping.source, sorted(held.items()))


def _tool_calls(
    messages: list[Any], error_prefix: str, run_id: str, trace_id: str, began: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the tool calls of a conversation, each with the answer that names its id."""
    answers = {
        message["tool_call_id"]: message.get("content")
        for message in objects(messages)
        if isinstance(message.get("tool_call_id"), str)
    }
    for position, message in enumerate(objects(messages)):
        for index, asked in enumerate(objects(message.get("tool_calls"))):
            function = values.mapping(asked.get("function")) or asked
            answer = answers.get(text(asked.get("id")) or "")
            failed = bool(error_prefix) and str(answer).startswith(error_prefix)
            yield {
                "span_id": derived_id(trace_id, run_id, "call", asked.get("id"), position, index),
                "op": "record.tool",
                "kind": "tool",
                "tool": text(function.get("name")),
                # Messages have no times: the calls keep their order.
                "started_at": began + _STEP * (position + 1),
                "status": "error" if failed else "ok",
                "error_message": str(answer) if failed else None,
                "inputs": _arguments(function.get("arguments")),
                "output": {"result": answer},
            }


def _arguments(said: object) -> object:
    try:
        return parsed(said) if isinstance(said, str) else said
    except UnusableError:
        return said
