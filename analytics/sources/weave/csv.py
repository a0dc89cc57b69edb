"""Weave calls as CSV or TSV: what the UI's table shows, one dotted column for each leaf."""

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError
from analytics.sources import Reject, SourceFormat, Staged
from analytics.sources.weave import calls, careful

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NEEDED = ("id", "started_at", "op_name")
_TELLING = frozenset((*_NEEDED, "trace_id", "ended_at", "summary.weave.status"))
_PARTS = ("inputs", "output", "attributes", "summary")
_PER_MODEL = ("summary.usage.", "summary.weave.costs.")
_DETAILS = ("prompt_tokens_details", "completion_tokens_details", "input_tokens_details")

Row = dict[str, Any]


def _dialect(header: str) -> type[csv.Dialect]:
    return csv.excel_tab if header.count("\t") > header.count(",") else csv.excel


def _columns(header: str) -> list[str]:
    return next(csv.reader(StringIO(header), _dialect(header)), [])


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a table of Weave calls; None where it is not."""
    del path
    header = head.decode("utf-8-sig", "replace").partition("\n")[0]
    if header.lstrip().startswith(("{", "[")) or b"\0" in head:
        return None
    found = [name for name in _columns(header) if name in _TELLING]
    return f"its first line names the columns {', '.join(found)}" if len(found) > 1 else None


def steps(column: str) -> tuple[str, ...]:
    """Return the path of a leaf from its dotted column; a model's name may hold dots and slashes.

    >>> steps("summary.usage.gpt-4.1-mini.prompt_tokens")
    ('summary', 'usage', 'gpt-4.1-mini', 'prompt_tokens')
    >>> steps("output.scores.match.correct")
    ('output', 'scores', 'match', 'correct')
    """
    for prefix in _PER_MODEL:
        if column.startswith(prefix):
            model, _, leaf = column.removeprefix(prefix).rpartition(".")
            middle, _, detail = model.rpartition(".")
            tail = (middle, detail, leaf) if detail in _DETAILS else (model, leaf)
            return (*prefix.rstrip(".").split("."), *tail)
    return tuple(column.split("."))


def _value(cell: str) -> object:
    """Return what a cell means: JSON where it reads as JSON, else the text itself."""
    if cell in ("True", "False"):
        return cell == "True"
    try:
        return json.loads(cell, parse_constant=str)
    except (ValueError, RecursionError):
        return cell


def _record(row: dict[str, str]) -> Row:
    record: Row = {}
    for column, cell in row.items():
        if cell == "":
            continue
        path = steps(column)
        if path[0] not in _PARTS:
            record[column] = cell
            continue
        _put(record, path, _value(cell))
    return record


def _put(node: Row, path: tuple[str, ...], value: object) -> None:
    """Put a leaf in its place; where a leaf stands in the way, under its dotted rest beside it."""
    for depth, step in enumerate(path[:-1]):
        below = node.setdefault(step, {})
        if not isinstance(below, dict):
            node[".".join(path[depth:])] = value
            return
        node = below
    node[path[-1]] = value


def _records(path: Path, rejects: list[Reject]) -> Iterator[tuple[int, bytes]]:
    """Yield each row as a JSON object with its line; what is no row goes to the rejects."""
    csv.field_size_limit(calls.MAX_RECORD_BYTES)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        columns = _columns(header)
        reader = csv.reader(file, _dialect(header))
        while True:
            line = reader.line_num + 2
            try:
                cells = next(reader, None)
            except csv.Error as error:
                rejects.append(Reject(file=path.name, line=line, reason=f"not a row ({error})"))
                continue
            if cells is None:
                return
            if not cells:
                continue
            reason = _fault(cells, columns)
            if reason:
                excerpt = calls.excerpt_of(",".join(cells)[:2000])
                rejects.append(Reject(file=path.name, line=line, reason=reason, excerpt=excerpt))
                continue
            record = _record(dict(zip(columns, cells, strict=True)))
            record.setdefault("trace_id", record.get("id"))
            yield line, json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _fault(cells: Sequence[str], columns: Sequence[str]) -> str | None:
    if len(cells) != len(columns):
        return f"{len(cells)} cells where the first line names {len(columns)}"
    if any("\udc80" <= c <= "\udcff" for cell in cells for c in cell):
        return "not UTF-8"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the calls of one table as Parquet of ``schema.CALLS``.

    Raises:
        InputError: the table lacks a column without which there is no call.
    """
    target = folder / "calls.parquet"
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        columns = _columns(file.readline())
    if missing := [name for name in _NEEDED if name not in columns]:
        raise InputError(
            f"{path.name} has no column {', '.join(missing)}. Nothing was read. Show "
            f"{', '.join(_NEEDED)} in the table before exporting it, or export JSONL."
        )
    strays: list[Reject] = []
    with careful.clean_copy(con, _records(path, strays), target, path.name) as (
        sound,
        rejects,
        notes,
    ):
        raw = calls.read(con, sound, lines=True)
        rejects += strays + calls.write_sound(con, raw, target, path.name, detail=1)
    if "trace_id" not in columns:
        notes.append("the table has no column trace_id: each call is taken for a trace of its own.")
    notes += calls.notes_on(con, target, columns)
    return Staged(
        format=FORMAT.name,
        files=(target,),
        rejects=tuple(careful.by_position(rejects)),
        notes=tuple(notes),
    )


FORMAT = SourceFormat(
    name="weave-csv",
    title="Weave calls, a table of the UI as CSV or TSV",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)
