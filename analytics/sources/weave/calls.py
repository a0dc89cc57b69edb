"""Raw Weave calls to rows of ``schema.CALLS``: what every Weave format shares.

The mapping itself is ``calls.sql``. Here stand what goes in, what is taken out of it, and the file
that it is written to.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.redaction import redact, redact_columns
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

UI_LIMIT = 10_000
"""Rows after which Weave's own export stops without a word."""

_FREE_TEXT = ("display_name", "error_message", "inputs", "output", "attributes", "feedback")
_ROW_GROUP = 20_000


class UnreadableError(Exception):
    """The quick path met a record that needs the careful one."""


@cache
def _sql(name: str) -> str:
    return files("analytics.sources.weave").joinpath(name).read_text("utf-8")


def read(
    con: "DuckDBPyConnection", path: Path, *, layout: str = "newline_delimited", lines: bool = False
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


def write(con: "DuckDBPyConnection", raw: "DuckDBPyRelation", path: Path) -> None:
    """Write raw calls as one Parquet file of ``schema.CALLS``, secrets taken out."""
    con.execute(_sql("macros.sql"))
    calls = raw.query("raw", _sql("calls.sql"))
    redact_columns(calls, _FREE_TEXT).write_parquet(
        str(path), compression="zstd", row_group_size=_ROW_GROUP
    )


def write_checked(con: "DuckDBPyConnection", raw: "DuckDBPyRelation", path: Path) -> None:
    """Write calls that are expected to be sound.

    Raises:
        UnreadableError: where one is not; nothing is left at ``path`` then.
    """
    import duckdb

    try:
        con.execute(_sql("macros.sql"))
        write(con, raw.query("loose", _sql("strict.sql")), path)
        faults = con.read_parquet(str(path)).query("calls", _sql("check.sql")).fetchall()[0][0]
    except (duckdb.InvalidInputException, duckdb.DataError) as error:
        path.unlink(missing_ok=True)
        raise UnreadableError(str(error)) from error
    if faults:
        path.unlink()
        raise UnreadableError(f"{faults} records without what a call needs")


def write_sound(
    con: "DuckDBPyConnection", raw: "DuckDBPyRelation", path: Path, name: str
) -> list[Reject]:
    """Write the calls that can be kept and return the others (``raw`` carries ``LINE``)."""
    con.execute(_sql("macros.sql"))
    faults = raw.query("raw", _sql("faults.sql")).fetchall()
    sound = raw.filter("call_fault(id, trace_id, op_name, started_at) IS NULL")
    write(con, sound, path)
    return [
        Reject(file=name, line=line, reason=reason, excerpt=excerpt_of(excerpt))
        for line, reason, excerpt in faults
    ]


def excerpt_of(text: str) -> str:
    """Return the first characters of a record, secrets taken out, on one printable line."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in redact(text[:2000]))
    return shown[:200]


def notes_on(con: "DuckDBPyConnection", written: Path, keys: Sequence[str]) -> list[str]:
    """Return what the user should know of an export.

    Args:
        con: where to read.
        written: Parquet file of ``schema.CALLS``.
        keys: keys of the first record as the export has them.
    """
    notes = []
    absent = [key for key in ("ended_at", "exception", "summary") if key not in keys]
    if absent and keys:
        notes.append(
            f"The export leaves out {', '.join(absent)} (it was made with chosen columns): a call "
            "counts as running where nothing says that it ended. Export all columns to be sure."
        )
    if con.read_parquet(str(written)).count("*").fetchall()[0][0] == UI_LIMIT:
        notes.append(
            f"The export has exactly {UI_LIMIT:,} rows, where Weave's own export stops: there are "
            "probably more. Sync from the server, or export in periods."
        )
    return notes
