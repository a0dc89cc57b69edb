"""Rows that tables show: bugs page by page, the calls of one run as a tree, imports, rejects."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analytics.errors import StoreError, UnknownNameError, first_line
from analytics.store import consistency, filters, lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation
    from polars import DataFrame

    from analytics.store.reader import Reader

MOST_CALLS = 5_000
"""Calls of one trace that are read; a longer run shows its first."""

FIX_COLUMNS = (
    "source", "fix_id", "run_id", "trace_id", "outcome", "title", "bug_id", "bug_type", "file", "line",
    "fix_time_s", "observed_s", "attempts", "lines_added", "lines_removed", "variant", "model", "task",
    "repo", "state", "started_at", "found_at", "patch_span_id",
)  # fmt: skip
"""Columns of a row of ``fixes``."""

FIX_ORDERS = {
    "when": "found_at", "status": "outcome", "bug": "title", "type": "bug_type", "file": "file",
    "time": "observed_s", "attempts": "attempts", "variant": "variant",
}  # fmt: skip
"""What bugs can be sorted by -> the column that does it."""

_SEARCHED = ("title", "bug_id", "bug_type", "file", "task", "variant", "run_id", "outcome")


@dataclass(frozen=True, kw_only=True)
class StoreFacts:
    """Where what is shown comes from."""

    calls: int = 0
    rejected: int = 0
    """Records that could not be read, over all imports."""
    imports: int = 0
    imported_at: datetime | None = None
    """When the newest import was committed, UTC."""
    demo: bool = False
    """Whether everything stored is the bundled traces."""
    origins: tuple[str, ...] = ()
    """What the newest imports asked for: paths or addresses, the newest first, each once."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows of a longer table."""

    rows: "DataFrame"
    total: int


@dataclass(frozen=True, kw_only=True)
class Payload:
    """The beginning of what one call carried, and how long each text is in full; None is absent."""

    inputs: str | None = None
    output: str | None = None
    attributes: str | None = None
    inputs_length: int | None = None
    output_length: int | None = None
    attributes_length: int | None = None


@contextmanager
def consistent(reader: "Reader", *, files: bool = False) -> "Iterator[DuckDBPyConnection]":
    """Give several queries one state of the store: an import that comes in between is not seen.

    Args:
        reader: of the store.
        files: whether tables of the store itself are read, not only what is in memory: a function that does
            is called ``consistency.again``.

    Raises:
        StoreError: a query failed.
        OvertakenError: files were read, and the store was written to meanwhile.
    """
    import duckdb

    with reader.cursor() as con:
        try:
            con.execute("BEGIN TRANSACTION")
            with consistency.unchanged(con) if files and has_lake(con) else nullcontext():
                yield con
        except duckdb.Error as fault:
            raise StoreError(
                f"the store in {reader.store} cannot be read: {first_line(fault)}."
            ) from fault
        finally:
            # Nothing was written; a transaction that a fault has ended needs no end.
            with suppress(duckdb.Error):
                con.execute("ROLLBACK")


def has_lake(con: "DuckDBPyConnection") -> bool:
    """Say whether a store is attached, not only empty rollups."""
    row = con.execute(
        "SELECT count(*) FROM duckdb_databases() WHERE database_name = 'lake'"
    ).fetchone()
    return bool(row and row[0])


def store_facts(con: "DuckDBPyConnection") -> StoreFacts:
    """Return what the store holds and where it came from.

    Raises:
        OvertakenError: the store was written to meanwhile.
    """
    if not has_lake(con):
        return StoreFacts()
    with consistency.unchanged(con):
        row = con.execute(lake.statement("queries", "store_facts")).fetchone()
        origins = tuple(dict.fromkeys(imports(con)["origin"].to_list()))
    assert row is not None
    calls, rejected, count, imported_at, demo = row
    return StoreFacts(
        calls=calls, rejected=rejected, imports=count, imported_at=imported_at, demo=demo,
        origins=origins,
    )  # fmt: skip


def fixes(
    rows: "DuckDBPyRelation",
    *,
    search: str = "",
    order: str = "when",
    descending: bool = True,
    limit: int = 12,
    offset: int = 0,
) -> Page:
    """Return one page of bugs.

    Args:
        rows: the selected rows of view ``fixes``.
        search: words that each must occur somewhere in a row, whatever their case.
        order: one of FIX_ORDERS.
        descending: the largest first; unknown comes last either way.
        limit: rows of the page.
        offset: rows before the page.

    Returns:
        Rows with FIX_COLUMNS, and how many there are in all.

    Raises:
        UnknownNameError: an order that does not exist.
    """
    from duckdb import ColumnExpression as Column

    if order not in FIX_ORDERS:
        raise UnknownNameError("order", order, FIX_ORDERS)
    rows = filters.searched(rows, _SEARCHED, search)
    by = Column(FIX_ORDERS[order])
    key = (by.desc() if descending else by.asc()).nulls_last()
    page = rows.sort(key, Column("started_at").desc(), Column("fix_id")).limit(limit, offset)
    return Page(rows=page.project(*map(Column, FIX_COLUMNS)).pl(), total=len(rows))


def run(con: "DuckDBPyConnection", source: str, run_id: str) -> dict[str, Any] | None:
    """Return one run with the columns of view ``runs``, or None where there is none."""
    found = _query(con, "run", {"source": source, "run_id": run_id})
    return found.row(0, named=True) if len(found) else None


def run_calls(con: "DuckDBPyConnection", source: str, trace_id: str, run_id: str) -> "DataFrame":
    """Return the calls of one run as an indented list: every call below the one that caused it.

    Returns:
        One row per call in reading order with ``depth`` (0 for the run) and the columns of
        queries/run_spans.sql. A call whose parent is missing stands at depth 0; a circle of parents is
        cut at its oldest call. No row where the run's own call is not among the first MOST_CALLS.
    """
    import polars as pl

    if not has_lake(con):
        return pl.DataFrame(schema={"span_id": pl.String, "depth": pl.Int64})
    asked = {"source": source, "trace_id": trace_id, "limit": MOST_CALLS}
    spans = _query(con, "run_spans", asked)
    parents = dict(zip(spans["span_id"].to_list(), spans["parent_id"].to_list(), strict=True))
    order = tree_order(parents, top=run_id if run_id in parents else None)
    if run_id not in parents and len(spans) == MOST_CALLS:
        # What was read may be of other runs of the trace.
        order = []
    schema = {"span_id": pl.String, "depth": pl.Int64}
    return pl.DataFrame(order, schema=schema, orient="row").join(
        spans, on="span_id", how="left", maintain_order="left"
    )


def tree_order(parents: dict[str, str | None], *, top: str | None = None) -> list[tuple[str, int]]:
    """Return ids in reading order with their depth, each exactly once.

    Args:
        parents: id -> id of its parent (None, or an id that is not there, for a root), oldest first.
        top: return only this id and what is below it.

    >>> tree_order({"a": None, "b": "a", "c": "a", "d": "b", "lost": "gone"})
    [('a', 0), ('b', 1), ('d', 2), ('c', 1), ('lost', 0)]
    >>> tree_order({"x": "y", "y": "x"})
    [('x', 0), ('y', 1)]
    """
    children: dict[str | None, list[str]] = {}
    for span_id, parent in parents.items():
        children.setdefault(parent if parent in parents else None, []).append(span_id)
    ordered: dict[str, int] = {}

    def walk(start: str) -> None:
        waiting = [(start, 0)]
        while waiting:
            span_id, depth = waiting.pop()
            if span_id not in ordered:
                ordered[span_id] = depth
                below = reversed(children.get(span_id, ()))
                waiting += [(child, depth + 1) for child in below]

    if top is not None:
        walk(top)
        return list(ordered.items())
    for root in (*children.get(None, ()), *parents):
        if root not in ordered:
            walk(root)
    return list(ordered.items())


def payloads(
    con: "DuckDBPyConnection",
    source: str,
    trace_id: str,
    span_ids: Sequence[str],
    most: int = 4_000,
) -> dict[str, Payload]:
    """Return what some calls of one trace carried: call -> the first characters of each text."""
    if not has_lake(con) or not span_ids:
        return {}
    asked = {"source": source, "trace_id": trace_id, "span_ids": list(span_ids), "most": most}
    rows = _query(con, "payloads", asked).iter_rows(named=True)
    return {row.pop("span_id"): Payload(**row) for row in rows}


def patch_diff(
    con: "DuckDBPyConnection", source: str, trace_id: str, span_id: str | None
) -> str | None:
    """Return the first unified diff in a call's output, wherever it stands there, or None."""
    if span_id is None or not has_lake(con):
        return None
    asked = {"source": source, "trace_id": trace_id, "span_id": span_id}
    row = con.execute(lake.statement("queries", "patch_output"), asked).fetchone()
    if row is None or row[0] is None:
        return None
    try:
        return find_diff(json.loads(row[0]))
    except (ValueError, RecursionError):
        return None


def find_diff(value: object) -> str | None:
    r"""Return the first text in a JSON value that looks like a unified diff, or None.

    >>> find_diff({"patch": {"note": "x", "diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2"}})[:7]
    '--- a/x'
    """
    if isinstance(value, str):
        is_diff = "\n@@ " in f"\n{value}" and "+" in value
        return value if is_diff or value.startswith("diff --git ") else None
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := find_diff(part)) is not None), None)


def imports(con: "DuckDBPyConnection", limit: int = 50) -> "DataFrame":
    """Return the newest imports, one row each."""
    return _query(con, "imports", {"limit": limit})


def rejects(con: "DuckDBPyConnection", limit: int = 50) -> "DataFrame":
    """Return records that could not be read, those of the newest import first."""
    return _query(con, "rejects", {"limit": limit})


def _query(con: "DuckDBPyConnection", name: str, parameters: dict[str, object]) -> "DataFrame":
    return con.execute(lake.statement("queries", name), parameters).pl()
