"""What state a store is in, told line by line: whether it opens, what it holds, what it could not read."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import StoreError
from analytics.render import counted
from analytics.store import lake, tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REJECTS_SHOWN = 20


def examine(store: Path) -> Iterator[str]:
    """Yield what is to be said of a store, one line each.

    Raises:
        StoreError: there is no store, or it does not open; the message says why.
    """
    con = lake.connect(store, read_only=True)
    try:
        yield f"store       {store}"
        yield f"layout      {lake.setting(con, 'schema_version')}, commit {lake.snapshot_id(con)}"
        facts = tables.store_facts(con)
        held = (facts.calls, "call"), (_count(con, "runs"), "run"), (facts.rejected, "reject")
        yield f"holds       {', '.join(counted(number, noun) for number, noun in held)}"
        size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
        yield f"size        {size / 1e6:,.1f} MB on disk"
        for row in tables.imports(con, 5).iter_rows(named=True):
            yield (
                f"import {row['import_id']:<4} {row['imported_at']:%Y-%m-%d %H:%M} UTC: "
                f"{row['new_count']:,} new, {row['changed_count']:,} changed, "
                f"{row['rejected_count']:,} rejected, of {row['formats']}"
            )
        for row in tables.rejects(con, _REJECTS_SHOWN).iter_rows(named=True):
            where = row["file"] if row["line"] is None else f"{row['file']} line {row['line']}"
            yield f"rejected    {where}: {row['reason']}"
        if facts.rejected > _REJECTS_SHOWN:
            yield f"            and {facts.rejected - _REJECTS_SHOWN:,} more, in table rejects"
    finally:
        con.close()


def repair(store: Path) -> Iterator[str]:
    """Mend what can be mended, and yield what was done, one line each.

    Raises:
        StoreError: there is no store, or it does not open for writing; it is as it was.
    """
    if not lake.exists(store):
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    outdated = lake.is_outdated(store)
    with lake.writer(store) as con:
        if outdated:
            yield f"fixed       brought up to layout {lake.setting(con, 'schema_version')}"
        removed = con.execute(
            "CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)"
        ).fetchall()
        if removed:
            yield f"fixed       {counted(len(removed), 'file')} of imports that were cut off removed"


def _count(con: "DuckDBPyConnection", table: str) -> int:
    return len(con.table(f"lake.{table}"))
