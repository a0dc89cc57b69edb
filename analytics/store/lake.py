"""Opens a store, a folder's or a team's: its DuckLake, its tables, its lock. Knows no format, no metric."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from analytics import cost
from analytics.constants import constant
from analytics.errors import StoreError, first_line
from analytics.schema import SCHEMA_VERSION, TABLES, Field, Table
from analytics.semantics import BUNDLED, Preset, load, parse
from analytics.store import attaching, holding, interrupts, memory, space, threads
from analytics.store.attaching import quoted
from analytics.store.catalogs import catalog
from analytics.store.location import Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

_WRITTEN_AT_ONCE = 100_000
"""Rows of a month that are held before they are written; DuckDB's own half a million cost a third more time
and 90 MB more of memory, in an import of a million calls."""

_ANY = {"VARCHAR": "", "TIMESTAMP": "2026-01-01"}
"""A value of each type, where 0 is none."""


def exists(store: Store) -> bool:
    """Say whether a store has been made there.

    Raises:
        StoreError: the database of a team's store does not answer.
    """
    return catalog(Location.of(store)).exists()


def connect(
    store: Store, *, read_only: bool, snapshot: int | None = None, database: Path | None = None
) -> "DuckDBPyConnection":
    """Open an in-memory DuckDB with the store attached as ``lake``.

    Args:
        store: where it stands.
        read_only: whether nothing is to be written to it.
        snapshot: number of the commit to see the store as of; the newest where None.
        database: a file to hold what would else be in memory.

    Raises:
        StoreError: no store there, not readable, or written by another version.
    """
    con, version = _open(store, read_only=read_only, snapshot=snapshot, database=database)
    if version < SCHEMA_VERSION:
        con.close()
        raise StoreError(
            f"the store in {store} was written by an earlier version (layout {version}; this one "
            f"reads {SCHEMA_VERSION}). patchpilot doctor --fix brings it up to date, as does any "
            "import; nothing is lost."
        )
    return con


@contextmanager
def opened(store: Store) -> Iterator["DuckDBPyConnection"]:
    """Open a store to read it for as long as the block takes.

    Raises:
        StoreError: as of ``connect``.
    """
    with closing(connect(store, read_only=True)) as con:
        yield con


def layout(store: Store) -> int:
    """Return the layout of a store of this version or an earlier one.

    Raises:
        StoreError: no store there, not readable, or written by a newer version.
    """
    con, version = _open(store, read_only=True)
    con.close()
    return version


def is_outdated(store: Store) -> bool:
    """Say whether an earlier version wrote this store, so that a writer must bring it up to date."""
    return layout(store) < SCHEMA_VERSION


def identity(store: Store, con: "DuckDBPyConnection | None" = None) -> object:
    """Return what tells a store from another made in its place; None where there is none.

    Args:
        store: where it stands.
        con: a connection with the store attached, where there is one: it need not connect to a database anew.

    Raises:
        StoreError: the database of a team's store does not answer.
    """
    return catalog(Location.of(store)).identity(con)


def _open(
    store: Store, *, read_only: bool, snapshot: int | None = None, database: Path | None = None
) -> "tuple[DuckDBPyConnection, int]":
    """Open a store of this or an earlier layout, and say which."""
    import duckdb

    there = catalog(Location.of(store))
    if not there.exists():
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    with interrupts.deferred():
        con = attaching.connect(*there.extensions, database=database)
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET preserve_insertion_order = false")
        if not read_only:
            threads.suit(con, little=True)
        with interrupts.deferred():
            there.attach(con, read_only=read_only, snapshot=snapshot)
        version = int(setting(con, "schema_version") or 1)
    except duckdb.Error as fault:
        con.close()
        raise StoreError(f"cannot open the store in {store}: {first_line(fault)}.") from fault
    except StoreError:
        con.close()
        raise
    if version > SCHEMA_VERSION:
        con.close()
        raise StoreError(
            f"the store in {store} was written by a newer version (layout {version}; this one "
            f"reads up to {SCHEMA_VERSION}). Update PatchPilot Analytics, or point --store elsewhere."
        )
    return con, version


@contextmanager
def writer(store: Store, *, little: bool = False) -> Iterator["DuckDBPyConnection"]:
    """Open a store for writing, making it first where there is none; one writer at a time.

    Args:
        store: where it stands.
        little: whether ``threads.suit`` is going to be asked before there is much to do.

    Yields:
        A connection as from ``connect``, with the casts and semantics in place.
    """
    import duckdb

    location = Location.of(store)
    there = catalog(location)
    spill = nullcontext(location.tmp) if location.tmp else scratch(location)
    with (
        interrupts.heeded(),
        space.explained(location),
        there.locked() as hold,
        spill as folder,
    ):
        if not there.exists():
            try:
                with interrupts.deferred():
                    there.make(_lay_out)
            except duckdb.Error as fault:
                raise StoreError(
                    f"cannot make the store in {store}: {first_line(fault)}."
                ) from fault
        con, version = _open(store, read_only=False)
        try:
            holding.note(con, hold)
            if hold.died:
                _sweep(con)
            memory.allow(con, memory.USUAL_MB)
            con.execute(f"SET partitioned_write_flush_threshold = {_WRITTEN_AT_ONCE}")
            con.execute(f"SET temp_directory = {quoted(str(folder))}")
            if version < SCHEMA_VERSION:
                from analytics.store import migrations

                with threads.every(con):
                    migrations.bring_up(con, version)
            if not little:
                threads.suit(con, little=False)
            with interrupts.abandoned(con):
                yield con
        finally:
            con.close()


def _sweep(con: "DuckDBPyConnection") -> None:
    """Remove what a writer that was cut off had written without committing: it is in no list of files."""
    import duckdb

    try:
        con.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)")
    except duckdb.Error as fault:
        _log.warning(
            "what an import that was cut off left behind is still there: %s. It takes up room, and "
            "patchpilot doctor --fix removes it.",
            first_line(fault),
        )


@contextmanager
def scratch(store: Store) -> Iterator[Path]:
    """Give a writer an empty folder for as long as the block takes: in the store, or on this machine."""
    with tempfile.TemporaryDirectory(
        dir=Location.of(store).tmp, prefix="patchpilot-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@dataclass
class Fate:
    """What becomes of a transaction when its block ends well."""

    keep: bool = True
    """False gives up what the block did."""


@contextmanager
def transaction(con: "DuckDBPyConnection", fate: Fate | None = None) -> Iterator[None]:
    """Commit what the block did, or leave the store as it was.

    Raises:
        StoreError: the store could not be written.
    """
    import duckdb

    con.execute("BEGIN")
    try:
        with interrupts.abandoned(con):
            yield
        interrupts.check()
        is_kept = fate is None or fate.keep
        if is_kept:
            holding.check(con)
        con.execute("COMMIT" if is_kept else "ROLLBACK")
    except BaseException as fault:
        with suppress(duckdb.Error):  # A failed COMMIT has rolled back by itself.
            con.execute("ROLLBACK")
        if isinstance(fault, duckdb.Error):
            raise StoreError(f"the store was left as it was: {first_line(fault)}.") from fault
        raise


def data_folder(con: "DuckDBPyConnection") -> Path | None:
    """Return the folder that holds the Parquet files of the attached store, None for a bucket."""
    row = con.execute("SELECT data_path FROM ducklake_settings('lake')").fetchone()
    assert row is not None
    return None if "://" in str(row[0]) else Path(str(row[0]))


def size_bytes(store: Store) -> int:
    """Return what a store takes up: its folder, or the files that a team's catalog lists."""
    folder = Location.of(store).folder
    if folder is not None:
        return sum(_sizes(folder))
    with opened(store) as con:
        row = con.execute(statement("queries", "size")).fetchone()
    return int(row[0]) if row else 0


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the size of every file; what a writer has removed meanwhile is left out."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield os.stat(os.path.join(parent, name)).st_size


def snapshot_id(con: "DuckDBPyConnection") -> int:
    """Return the number of the store's newest commit."""
    row = con.execute("FROM ducklake_current_snapshot('lake')").fetchone()
    return int(row[0]) if row else 0


def has_snapshot(con: "DuckDBPyConnection", snapshot: int) -> bool:
    """Say whether a commit can still be looked at: old ones may have been expired."""
    row = con.execute(
        "SELECT 1 FROM ducklake_snapshots('lake') WHERE snapshot_id = $1", [snapshot]
    ).fetchone()
    return row is not None


def settings(con: "DuckDBPyConnection") -> dict[str, str]:
    """Return every setting of the store by name. One costs as much to read as all."""
    return dict(con.execute("SELECT name, value FROM lake.settings").fetchall())


def setting(con: "DuckDBPyConnection", name: str) -> str | None:
    """Return one setting of the store, or None where it has not been set."""
    return settings(con).get(name)


def presets(
    con: "DuckDBPyConnection", known: Mapping[str, str] | None = None
) -> tuple[Preset, ...]:
    """Return the semantics that a store's rows were read with.

    Args:
        con: a connection to the store.
        known: its settings, where they have been read.
    """
    told = (settings(con) if known is None else known).get("semantics")
    if told is None:
        return tuple(load(name) for name in BUNDLED)
    return tuple(parse(name, text) for name, text in json.loads(told))


def keep_presets(con: "DuckDBPyConnection", chosen: Sequence[Preset]) -> None:
    """Write down the semantics that a store's rows are read with from now on."""
    keep_setting(con, "semantics", json.dumps([[preset.name, preset.text] for preset in chosen]))


def price_list(con: "DuckDBPyConnection", known: Mapping[str, str] | None = None) -> cost.PriceList:
    """Return the user's own prices and budgets, as the store was told; ``known`` as for ``presets``."""
    return cost.parse((settings(con) if known is None else known).get("prices") or "")


def keep_setting(con: "DuckDBPyConnection", name: str, value: str) -> None:
    """Write down one setting of the store."""
    con.execute("DELETE FROM lake.settings WHERE name = $1", [name])
    con.execute("INSERT INTO lake.settings VALUES ($1, $2)", [name, value])


@cache
def statement(folder: str, name: str) -> str:
    """Return the text of one .sql file of the store."""
    return (files("analytics.store") / folder / f"{name}.sql").read_text("utf-8")


def columns(con: "DuckDBPyConnection") -> dict[str, list[str]]:
    """Return the columns of every table of the attached store, as they are stored."""
    found: dict[str, list[str]] = {}
    for table, column in con.execute(statement("queries", "columns")).fetchall():
        found.setdefault(table, []).append(column)
    return found


def ddl_column(table: Table, field: Field) -> str:
    """Return the statement that adds a column to a table of the store."""
    return f'ALTER TABLE "lake"."{table.name}" ADD COLUMN "{field.name}" {field.type}'


def ddl_drop(table: Table) -> str:
    """Return the statement that removes a table of the store."""
    return f'DROP TABLE "lake"."{table.name}"'


def ddl_empty(table: Table) -> str:
    """Return the statement that removes the rows of a table of the store."""
    return f'TRUNCATE "lake"."{table.name}"'


def ddl(table: Table, schema: str) -> str:
    """Return the CREATE TABLE statement of a table of ``analytics.schema``."""
    columns = ", ".join(
        f'"{field.name}" {field.type}{" NOT NULL" if field.required else ""}'
        for field in table.fields
    )
    return f'CREATE TABLE "{schema}"."{table.name}" ({columns})'


def break_in(con: "DuckDBPyConnection", table: Table) -> None:
    """Let a row come and go in a new table. Must run inside a transaction.

    DuckLake asks its catalog about a table that never had one twice for each column, at every statement
    that reads it.
    """
    row = [
        constant(_ANY.get(field.type, 0) if field.required else None)
        .cast(field.type)
        .alias(field.name)
        for field in table.fields
    ]
    con.sql("SELECT 1").select(*row).insert_into(f"lake.{table.name}")
    con.execute(ddl_empty(table))


def _lay_out(con: "DuckDBPyConnection") -> None:
    """Make the tables of a new store; the settings come last, so that a store that has them is whole."""
    there = columns(con)
    for name, found in there.items():
        if name not in TABLES or found != list(TABLES[name].columns):
            raise StoreError(
                f"the database holds a lake of somebody else's (table {name}). Nothing was written; "
                "give the store a database of its own."
            )
    # What a creation that was cut off has made stays.
    lacking = [table for table in TABLES.values() if table.name not in there]
    payloads, others = TABLES["payloads"], [each for each in lacking if each.name != "payloads"]
    con.execute("CALL lake.set_option('parquet_compression', 'zstd')")
    if payloads in lacking:
        with transaction(con):
            con.execute(ddl(payloads, "lake"))
            break_in(con, payloads)
    con.execute("CALL lake.set_option('parquet_row_group_size', '20000', table_name => 'payloads')")
    # At once: DuckLake reads the whole layout again for each commit that made a table which is read.
    with transaction(con):
        for table in others:
            con.execute(ddl(table, "lake"))
        con.execute(
            "ALTER TABLE lake.spans SET PARTITIONED BY (year(started_at), month(started_at))"
        )
        for table in others:
            if table.name != "settings":
                break_in(con, table)
        con.execute(
            "INSERT INTO lake.settings VALUES ('schema_version', $1)", [str(SCHEMA_VERSION)]
        )
