"""Raw Weave calls to rows of ``schema.CALLS``: what every Weave format shares.

The mapping itself is ``calls.sql``. Here stand what goes in, what is taken out of it, and the file
that it is written to.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analytics.constants import constant
from analytics.redaction import FEW, redact, redact_columns
from analytics.sources import Reject

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

LINE = "__line__"
"""Key that the careful path adds to a record: where it stood in the user's file."""

RAW = {
    **dict.fromkeys(
        (
            "id",
            "project_id",
            "op_name",
            "display_name",
            "trace_id",
            "parent_id",
            "thread_id",
            "started_at",
            "ended_at",
            "exception",
        ),
        "VARCHAR",
    ),
    **dict.fromkeys(("attributes", "inputs", "output", "summary"), "JSON"),
}
"""Fields of a raw call that are read, and how. Inference would make columns of model names."""

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""DuckDB holds two buffers of this size for each thread."""

UI_LIMIT = 10_000
"""Rows after which Weave's own export stops without a word."""

_FREE_TEXT = ("display_name", "error_message", "inputs", "output", "attributes", "feedback")
_ROW_GROUP = 20_000


class UnreadableError(Exception):
    """The quick path met a record that needs the careful one."""


@cache
def statement(name: str) -> str:
    """Return the text of one of the .sql files beside this module."""
    return files("analytics.sources.weave").joinpath(name).read_text("utf-8")


def read(
    con: "DuckDBPyConnection",
    path: Path,
    *,
    layout: Literal["newline_delimited", "array"] = "newline_delimited",
    lines: bool = False,
) -> "DuckDBPyRelation":
    """Return the raw calls of a JSON file, read when they are written.

    Args:
        con: where to read.
        path: plain file.
        layout: ``newline_delimited`` or ``array``.
        lines: whether the records carry ``LINE``.
    """
    columns = RAW | {LINE: "BIGINT"} if lines else RAW
    return con.read_json(
        str(path), columns=columns, format=layout, maximum_object_size=MAX_RECORD_BYTES
    )


def write(
    con: "DuckDBPyConnection", raw: "DuckDBPyRelation", path: Path, *, detail: int = 2
) -> None:
    """Write raw calls as one Parquet file of ``schema.CALLS``, secrets taken out."""
    from duckdb import StarExpression

    con.execute(statement("macros.sql"))
    level = constant(detail).cast("TINYINT").alias("detail")
    calls = raw.query("raw", statement("calls.sql")).select(StarExpression(), level)
    few = raw.limit(FEW).count("*").fetchall()[0][0] < FEW
    redact_columns(calls, _FREE_TEXT, few=few).write_parquet(
        str(path), compression="zstd", row_group_size=_ROW_GROUP
    )


def write_checked(con: "DuckDBPyConnection", raw: "DuckDBPyRelation", path: Path) -> None:
    """Write calls that are expected to be sound.

    Raises:
        UnreadableError: where one is not; nothing is left at ``path`` then.
    """
    import duckdb

    try:
        con.execute(statement("macros.sql"))
        write(con, raw.query("loose", statement("strict.sql")), path)
        faults = con.read_parquet(str(path)).query("calls", statement("check.sql")).fetchall()[0][0]
    except (duckdb.InvalidInputException, duckdb.DataError) as error:
        path.unlink(missing_ok=True)
        raise UnreadableError(str(error)) from error
    if faults:
        path.unlink()
        raise UnreadableError(f"{faults} records without what a call needs")


def write_sound(
    con: "DuckDBPyConnection",
    raw: "DuckDBPyRelation",
    path: Path,
    name: str,
    *,
    detail: int = 2,
) -> list[Reject]:
    """Write the calls that can be kept and return the others (``raw`` carries ``LINE``)."""
    con.execute(statement("macros.sql"))
    faults = raw.query("raw", statement("faults.sql")).fetchall()
    sound = raw.filter("call_fault(id, trace_id, op_name, started_at) IS NULL")
    write(con, sound, path, detail=detail)
    return [
        Reject(file=name, line=line, reason=reason, excerpt=excerpt_of(excerpt))
        for line, reason, excerpt in faults
    ]


def excerpt_of(text: str) -> str:
    """Return the first characters of a record, secrets taken out, on one printable line."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in redact(text[:2000]))
    return shown[:200]


def first_keys(path: Path) -> tuple[str, ...]:
    """Return the keys of a JSON file's first record; empty where it cannot be told."""
    with path.open("rb") as file:
        text = file.read(1 << 20).decode("utf-8", "replace")
    start = text.find("{")
    try:
        record, _ = json.JSONDecoder().raw_decode(text, max(start, 0))
    except (ValueError, RecursionError):
        return ()
    return tuple(record) if isinstance(record, dict) else ()


def notes_on(con: "DuckDBPyConnection", written: Path, keys: Sequence[str]) -> list[str]:
    """Return what the user should know of an export.

    Args:
        con: where to read.
        written: Parquet file of ``schema.CALLS``.
        keys: keys of the first record, or columns; empty where they are not known.
    """
    notes = []
    absent = [
        name
        for name in ("ended_at", "exception", "summary")
        if not any(key == name or key.startswith(f"{name}.") for key in keys)
    ]
    if absent and keys:
        notes.append(
            f"the export leaves out {', '.join(absent)}: a call without an end or an output counts "
            "as running. Export all columns to be sure."
        )
    if con.read_parquet(str(written)).count("*").fetchall()[0][0] == UI_LIMIT:
        notes.append(
            f"it holds exactly {UI_LIMIT:,} calls, where Weave's own export stops: there are "
            "probably more. Pull from the server, or export period by period."
        )
    return notes
