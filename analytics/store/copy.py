"""Copies a store to another place, of whatever kind either is, and compares every row with its original.

Former states stay behind: the copy begins with one commit of its own.
"""

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.errors import StoreError, first_line
from analytics.schema import SCHEMA_VERSION
from analytics.store import consistency, interrupts, lake, retention
from analytics.store.catalogs import catalog
from analytics.store.location import Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Expression

_OWN = {"imports": ("snapshot_before",)}
"""Table -> columns that number commits of the store they stand in: a copy has none of these states."""

_BOTH = ("original", "lake")


@dataclass(frozen=True, kw_only=True)
class Copied:
    """One table of a copy."""

    table: str
    rows: int
    """Rows of the original, each compared with the copy's; there are no others."""


def copy(source: Store, target: Store) -> tuple[Copied, ...]:
    """Copy a store, all of it in one commit, then read both and compare every row.

    Args:
        source: the store to copy, as of its newest commit; nothing in it changes.
        target: where the copy is to stand: where nothing is yet, or an empty store.

    Raises:
        StoreError: there is no store to copy, the target holds something, a row differs, or one of the two
            cannot be reached. A target that held nothing is then an empty store.
    """
    import duckdb

    origin, place = Location.of(source), Location.of(target)
    if origin == place or (
        place.folder and lake.exists(place) and lake.identity(origin) == lake.identity(place)
    ):
        raise StoreError(
            f"the store in {place} is not empty: it is the original. Nothing was copied."
        )
    with lake.opened(origin) as con:
        snapshot = lake.snapshot_id(con)
    folder = place.folder
    if folder is not None and folder.exists() and not lake.exists(place) and list(folder.iterdir()):
        raise StoreError(f"{place} holds something that is no store. Nothing was copied.")
    with (
        consistency.still(origin) as is_kept,
        consistency.heeded(),
        lake.opened(origin) as newest,
        lake.writer(place) as con,
    ):
        tables = lake.columns(con)
        _check_empty(con, place, tables)
        try:
            with nullcontext() if is_kept else consistency.unchanged(newest):
                catalog(origin).attach(con, name="original", read_only=True, snapshot=snapshot)
                with lake.transaction(con):
                    con.execute("DELETE FROM lake.settings")
                    for table, columns in tables.items():
                        _copy_table(con, table, columns)
                return tuple(_compared(con, table, columns) for table, columns in tables.items())
        except BaseException as fault:
            interrupts.done()
            with suppress(StoreError, duckdb.Error):
                _empty(con, tables)
            if isinstance(fault, duckdb.Error) and not interrupts.is_one(fault):
                raise StoreError(
                    f"the copy in {place} was given up: {first_line(fault)}."
                ) from fault
            raise


def _check_empty(con: "DuckDBPyConnection", place: Location, tables: dict[str, list[str]]) -> None:
    for table in tables:
        rows = len(con.table(f"lake.{table}"))
        # A new store says its layout, and nothing else.
        if rows > (1 if table == "settings" else 0):
            raise StoreError(
                f"the store in {place} is not empty: {rows:,} rows in {table}. Nothing was copied."
            )


def _copy_table(con: "DuckDBPyConnection", table: str, columns: list[str]) -> None:
    from duckdb import ColumnExpression

    interrupts.check()
    taken: list[Expression] = [
        constant(None).alias(name) if name in _OWN.get(table, ()) else ColumnExpression(name)
        for name in columns
    ]
    con.table(f"original.{table}").select(*taken).insert_into(f"lake.{table}")


def _compared(con: "DuckDBPyConnection", table: str, columns: list[str]) -> Copied:
    """Compare the rows of both by their number and the sum of two hashes of each, whatever their order."""
    from duckdb import ColumnExpression, FunctionExpression

    interrupts.check()
    told = [ColumnExpression(name) for name in columns if name not in _OWN.get(table, ())]
    wanted: list[Expression] = [
        FunctionExpression("count"),
        FunctionExpression("sum", FunctionExpression("hash", *told)),
        FunctionExpression("sum", FunctionExpression("hash", constant(table), *told)),
    ]
    found = [con.table(f"{place}.{table}").aggregate(wanted).fetchone() for place in _BOTH]
    if found[0] != found[1] or found[0] is None:
        raise StoreError(
            f"table {table} of the copy is not that of the original: the copy was removed again."
        )
    return Copied(table=table, rows=int(found[0][0]))


def _empty(con: "DuckDBPyConnection", tables: dict[str, list[str]]) -> None:
    with lake.transaction(con):
        for table in tables:
            con.execute(f'TRUNCATE "lake"."{table}"')
        lake.keep_setting(con, "schema_version", str(SCHEMA_VERSION))
    retention.give_room_back(con)
