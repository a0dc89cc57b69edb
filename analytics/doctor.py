"""What state a store is in: what is wrong with it, what it holds, what it could not read."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from analytics.errors import StoreError, first_line
from analytics.render import count, counted
from analytics.store import consistency, health, lake, prepared, tables
from analytics.store.location import FILES, Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REJECTS_SHOWN = 20
_ROUNDS = 2 * len(health.CHECKS)
"""A repair can uncover the next fault; one that comes back after so many rounds is not mended by it."""


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What a repair did."""

    done: tuple[tuple[health.Fault, str], ...]
    """Each fault with what was done about it, in this order."""
    left: tuple[health.Fault, ...]
    """What is wrong still."""


def examine(store: Store) -> Iterator[str]:
    """Yield what a store holds, one line each.

    Raises:
        StoreError: there is no store, or it does not open; the message says why.
    """
    with lake.opened(store) as con:
        yield f"store       {store}"
        yield f"layout      {lake.setting(con, 'schema_version')}, commit {lake.snapshot_id(con)}"
        facts = consistency.again(tables.store_facts)(con)
        held = (facts.calls, "call"), (_count(con, "runs"), "run"), (facts.rejected, "reject")
        yield f"holds       {', '.join(counted(number, noun) for number, noun in held)}"
        yield f"size        {lake.size_bytes(store) / 1e6:,.1f} MB on disk"
        for row in tables.imports(con, 5).iter_rows(named=True):
            yield (
                f"import {row['import_id']:<4} {row['imported_at']:%Y-%m-%d %H:%M} UTC: "
                f"{count(row['new_count'])} new, {count(row['changed_count'])} changed, "
                f"{count(row['rejected_count'])} rejected, of {row['formats']}"
            )
        for row in tables.rejects(con, _REJECTS_SHOWN).iter_rows(named=True):
            where = row["file"] if row["line"] is None else f"{row['file']} line {row['line']}"
            yield f"rejected    {where}: {row['reason']}"
        if facts.rejected > _REJECTS_SHOWN:
            yield f"            and {facts.rejected - _REJECTS_SHOWN:,} more, in table rejects"


def faults(store: Store, *, now: datetime, deep: bool = False) -> list[health.Fault]:
    """Return everything that is wrong with a store.

    Args:
        store: where it stands.
        now: the clock, UTC without a zone.
        deep: read every file, and work out the rollups of every trace again, not of some.

    Raises:
        StoreError: there is no store.
    """
    folder = Location.of(store).folder
    lost = folder is not None and any((folder / FILES).rglob("*.parquet"))
    if not lost and not lake.exists(store):
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    return list(health.examine(store, now=now, deep=deep))


def repair(store: Store, *, now: datetime, deep: bool = False) -> Mended:
    """Mend what can be mended of a store.

    Args:
        store: where it stands.
        now: the clock, UTC without a zone.
        deep: read every file, and work out the rollups of every trace again, not of some.

    Raises:
        StoreError: there is no store, it does not open for writing, or a repair failed on the way.
    """
    import duckdb

    done: list[tuple[health.Fault, str]] = []
    left: list[health.Fault] = []
    for _ in range(_ROUNDS):
        left = faults(store, now=now, deep=deep)
        known = {fault.sentence for fault, _ in done}
        fault = next((each for each in left if each.mend and each.sentence not in known), None)
        if fault is None or fault.mend is None:
            break
        try:
            # Whatever a repair changes, readers must not begin with how it was.
            prepared.discard(store)
            done.append((fault, fault.mend()))
        except (duckdb.Error, sqlite3.Error) as error:
            raise StoreError(
                f"{fault.check} could not be mended: {first_line(error)}. What was mended before it stays; "
                "patchpilot doctor says what is left."
            ) from error
    return Mended(done=tuple(done), left=tuple(left))


def _count(con: "DuckDBPyConnection", table: str) -> int:
    return len(con.table(f"lake.{table}"))
