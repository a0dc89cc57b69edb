"""Weave calls in bulk: the Parquet file of a project's calls that a server writes on request.

It is a table of the server's own database. Unknown stands there as the epoch or as an empty text, a
deleted call is still present, and a call may come several times, the latest state of which counts.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.errors import InputError
from analytics.sources import SourceFormat, Staged
from analytics.sources.weave import calls, careful

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_NEEDED = ("id", "trace_id", "op_name", "started_at", "inputs_dump", "summary_dump")
_TIMES = ("created_at", "updated_at", "deleted_at", "started_at", "ended_at")
_TEXTS = (
    *("id", "project_id", "trace_id", "parent_id", "thread_id", "op_name", "display_name"),
    *("exception", "inputs_dump", "output_dump", "summary_dump", "attributes_dump", "otel_dump"),
)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a bulk export of calls; None where it is not."""
    if not head.startswith(b"PAR1"):
        return None
    import pyarrow as pa
    import pyarrow.parquet

    try:
        names = pyarrow.parquet.read_schema(path).names
    except (pa.ArrowException, OSError):
        return None
    if all(name in names for name in _NEEDED):
        return f"it is a Parquet file with columns {', '.join(_NEEDED)}"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the calls of one export as Parquet of ``schema.CALLS``.

    Raises:
        InputError: it is none, whatever the user says.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if recognise(start, path) is None:
        raise InputError(
            f"{path.name} is no Parquet file with columns {', '.join(_NEEDED)}. Nothing was read."
        )
    target = folder / "calls.parquet"
    con.execute(calls.statement("macros.sql"))
    table = _table(con, path)
    kept = table.query("exported", calls.statement("parquet.sql"))
    rejects = calls.write_sound(con, kept, target, path.name)
    deleted = table.filter("deleted_us <> 0").count("*").fetchall()[0][0]
    notes = [f"{deleted} deleted calls are left out."] if deleted else []
    return Staged(
        format=FORMAT.name,
        files=(target,),
        rejects=tuple(careful.by_position(rejects)),
        notes=tuple(notes),
    )


def _table(con: "DuckDBPyConnection", path: Path) -> "DuckDBPyRelation":
    """Return the export with every column that is asked for, times as microseconds since 1970."""
    from duckdb import CoalesceOperator, ColumnExpression, FunctionExpression

    table = con.read_parquet(str(path), file_row_number=True)
    zero = constant(0)
    times = [
        # Whatever the zone of this machine, and whether the column names one or not.
        CoalesceOperator(FunctionExpression("epoch_us", ColumnExpression(name)), zero)
        if name in table.columns
        else zero.cast("BIGINT")
        for name in _TIMES
    ]
    texts = [
        ColumnExpression(name).cast("VARCHAR")
        if name in table.columns
        else constant(None).cast("VARCHAR")
        for name in _TEXTS
    ]
    return table.select(
        ColumnExpression("file_row_number"),
        *(time.alias(n.replace("_at", "_us")) for n, time in zip(_TIMES, times, strict=True)),
        *(said.alias(name) for name, said in zip(_TEXTS, texts, strict=True)),
    )


FORMAT = SourceFormat(
    name="weave-parquet",
    title="Weave calls, bulk export as Parquet",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)
