"""Opens a store: the DuckLake under one folder, its tables, its writer's lock. Knows no format, no metric."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from analytics import cost
from analytics.errors import StoreError
from analytics.schema import SCHEMA_VERSION, TABLES, Field, Table
from analytics.semantics import BUNDLED, Preset, load, parse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

_EXTENSIONS = ("ducklake", "sqlite_scanner")
_MEMORY_LIMIT = "500MB"
"""Of an import: what does not fit goes to the store's tmp folder."""


def catalog_path(store: Path) -> Path:
    """Return the SQLite file in which a store keeps its catalog."""
    return store / "catalog.sqlite"


def exists(store: Path) -> bool:
    """Say whether a store has been made in this folder."""
    return catalog_path(store).exists()


def connect(store: Path, *, read_only: bool, snapshot: int | None = None) -> "DuckDBPyConnection":
    """Open an in-memory DuckDB with the store attached as ``lake``.

    Args:
        store: folder of the store.
        read_only: whether nothing is to be written.
        snapshot: number of the commit to see the store as of; the newest where None.

    Raises:
        StoreError: no store there, not readable, or written by another version.
    """
    con, version = _open(store, read_only=read_only, snapshot=snapshot)
    if version < SCHEMA_VERSION:
        con.close()
        raise StoreError(
            f"the store in {store} was written by an earlier version (layout {version}; this one "
            f"reads {SCHEMA_VERSION}). patchpilot doctor --fix brings it up to date, as does any "
            "import; nothing is lost."
        )
    return con


def is_outdated(store: Path) -> bool:
    """Say whether an earlier version wrote this store, so that a writer must bring it up to date."""
    con, version = _open(store, read_only=True)
    con.close()
    return version < SCHEMA_VERSION


def _open(
    store: Path, *, read_only: bool, snapshot: int | None = None
) -> "tuple[DuckDBPyConnection, int]":
    """Open a store of this or an earlier layout, and say which."""
    import duckdb

    if not catalog_path(store).exists():
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    con = duckdb.connect()
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET preserve_insertion_order = false")
        for name in _EXTENSIONS:
            con.load_extension(str(_extension_file(name, duckdb.__version__)))
        _attach(con, store, read_only=read_only, snapshot=snapshot)
        version = int(setting(con, "schema_version") or 1)
    except duckdb.Error as fault:
        con.close()
        raise StoreError(f"cannot open the store in {store}: {_first_line(fault)}.") from fault
    if version > SCHEMA_VERSION:
        con.close()
        raise StoreError(
            f"the store in {store} was written by a newer version (layout {version}; this one "
            f"reads up to {SCHEMA_VERSION}). Update PatchPilot Analytics, or point --store elsewhere."
        )
    return con, version


@contextmanager
def writer(store: Path) -> Iterator["DuckDBPyConnection"]:
    """Open a store for writing, making it first where there is none; one writer at a time.

    Yields:
        A connection as from ``connect``, with the casts and semantics in place.
    """
    try:
        for folder in (store, store / "files", store / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        lock = (store / "writer.lock").open("a+")
    except OSError as fault:
        raise StoreError(f"cannot write to the store in {store}: {fault.strerror}.") from fault
    with lock:
        _take(lock)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        died = _clear(store / "tmp")
        if not exists(store):
            _create(store)
        con, version = _open(store, read_only=False)
        try:
            if died:
                # What it had written without committing is in nobody's list of files.
                con.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)")
            con.execute(f"SET memory_limit = {_quoted(_MEMORY_LIMIT)}")
            con.execute(f"SET temp_directory = {_quoted(str(store / 'tmp'))}")
            if version < SCHEMA_VERSION:
                from analytics.store import migrations

                migrations.bring_up(con, version)
            yield con
        finally:
            con.close()


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
        yield
        con.execute("COMMIT" if fate is None or fate.keep else "ROLLBACK")
    except BaseException as fault:
        with suppress(duckdb.Error):  # A failed COMMIT has rolled back by itself.
            con.execute("ROLLBACK")
        if isinstance(fault, duckdb.Error):
            raise StoreError(f"the store was left as it was: {_first_line(fault)}.") from fault
        raise


def data_folder(con: "DuckDBPyConnection") -> Path:
    """Return the folder that holds the Parquet files of the attached store."""
    row = con.execute("SELECT data_path FROM ducklake_settings('lake')").fetchone()
    assert row is not None
    return Path(str(row[0]))


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


def setting(con: "DuckDBPyConnection", name: str) -> str | None:
    """Return one setting of the store, or None where it has not been set."""
    row = con.execute("SELECT value FROM lake.settings WHERE name = $1", [name]).fetchone()
    return str(row[0]) if row else None


def presets(con: "DuckDBPyConnection") -> tuple[Preset, ...]:
    """Return the semantics that a store's rows were read with."""
    told = setting(con, "semantics")
    if told is None:
        return tuple(load(name) for name in BUNDLED)
    return tuple(parse(name, text) for name, text in json.loads(told))


def keep_presets(con: "DuckDBPyConnection", chosen: Sequence[Preset]) -> None:
    """Write down the semantics that a store's rows are read with from now on."""
    keep_setting(con, "semantics", json.dumps([[preset.name, preset.text] for preset in chosen]))


def price_list(con: "DuckDBPyConnection") -> cost.PriceList:
    """Return the user's own prices and budgets, as the store was told."""
    return cost.parse(setting(con, "prices") or "")


def keep_setting(con: "DuckDBPyConnection", name: str, value: str) -> None:
    """Write down one setting of the store."""
    con.execute("DELETE FROM lake.settings WHERE name = $1", [name])
    con.execute("INSERT INTO lake.settings VALUES ($1, $2)", [name, value])


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


def ddl(table: Table, schema: str) -> str:
    """Return the CREATE TABLE statement of a table of ``analytics.schema``."""
    columns = ", ".join(
        f'"{field.name}" {field.type}{" NOT NULL" if field.required else ""}'
        for field in table.fields
    )
    return f'CREATE TABLE "{schema}"."{table.name}" ({columns})'


def _create(store: Path) -> None:
    """Make a store in a place of its own first, so that a crash never leaves half of one."""
    import sqlite3

    import duckdb

    draft = store / "tmp" / "catalog.sqlite"
    con = duckdb.connect()
    try:
        for name in _EXTENSIONS:
            con.load_extension(str(_extension_file(name, duckdb.__version__)))
        con.execute(
            f"ATTACH {_quoted('ducklake:sqlite:' + str(draft))} AS lake "
            f"(DATA_PATH {_quoted(str(store / 'files'))})"
        )
        with transaction(con):
            for table in TABLES.values():
                con.execute(ddl(table, "lake"))
            con.execute(
                "ALTER TABLE lake.spans SET PARTITIONED BY (year(started_at), month(started_at))"
            )
            con.execute(
                "INSERT INTO lake.settings VALUES ('schema_version', $1)", [str(SCHEMA_VERSION)]
            )
        con.execute("CALL lake.set_option('parquet_compression', 'zstd')")
        con.execute(
            "CALL lake.set_option('parquet_row_group_size', '20000', table_name => 'payloads')"
        )
    finally:
        con.close()
    # Without write-ahead logging, readers beside a writer wait a second for a lock.
    catalog = sqlite3.connect(draft)
    catalog.execute("PRAGMA journal_mode = WAL")
    catalog.close()
    draft.rename(catalog_path(store))


def _attach(
    con: "DuckDBPyConnection", store: Path, *, read_only: bool, snapshot: int | None
) -> None:
    # The data path is given anew, so that a store that was moved or mounted elsewhere still opens.
    con.execute(
        f"ATTACH {_quoted('ducklake:sqlite:' + str(catalog_path(store)))} AS lake "
        f"(DATA_PATH {_quoted(str(store / 'files'))}, OVERRIDE_DATA_PATH true"
        f"{', READ_ONLY' if read_only else ''}"
        f"{'' if snapshot is None else f', SNAPSHOT_VERSION {int(snapshot)}'})"
    )


def _extension_file(name: str, version: str) -> Path:
    package = import_module(f"duckdb_extension_{name}")
    folder = Path(str(package.__path__[0])) / "extensions" / f"v{version}"
    return folder / f"{name}.duckdb_extension"


def _quoted(text: str) -> str:
    """Quote a path for ATTACH and SET, which take no parameters."""
    return "'" + text.replace("'", "''") + "'"


def _take(lock: TextIO) -> None:
    """Wait until nobody else writes; the lock of a process that died is free."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "another process"
        _log.warning("waiting for process %s, which is writing to this store ...", owner)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _clear(folder: Path) -> bool:
    """Remove what a killed import left behind, and say whether there was one.

    Nobody is at work here: the lock says so.
    """
    from shutil import rmtree

    leftovers = list(folder.iterdir())
    for entry in leftovers:
        rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
    return bool(leftovers)


def _first_line(fault: BaseException) -> str:
    return str(fault).strip().splitlines()[0].rstrip(".")
