"""Attaches a lake to a DuckDB connection, with the extensions that it takes."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_checked: set[tuple[str, int, int]] = set()
"""Packaged extensions whose signature DuckDB has checked in this process: path, size, time of change."""


def connect(*extensions: str, database: Path | None = None) -> "DuckDBPyConnection":
    """Open a DuckDB in memory or in a file, with extensions.

    The first time, DuckDB checks their signatures, for which it reads all of each file: some 35 MB. As long
    as the files stay as they are, this process then loads them without being asked to check again.

    Raises:
        StoreError: one is not on this machine, and cannot be fetched either.
    """
    import duckdb

    found = [_mark(name) for name in extensions]
    con = duckdb.connect(
        database or ":memory:",
        config={"allow_unsigned_extensions": bool(found) and _checked.issuperset(found)},
    )
    try:
        load_extensions(con, *extensions)
    except BaseException:
        con.close()
        raise
    _checked.update(mark for mark in found if mark is not None)
    return con


def load_extensions(con: "DuckDBPyConnection", *names: str) -> None:
    """Load DuckDB's extensions: from their packages, else from where DuckDB itself gets them.

    Raises:
        StoreError: one is not on this machine, and cannot be fetched either.
    """
    import duckdb

    for name in names:
        try:
            con.load_extension(str(_packaged(name, duckdb.__version__)))
        except (ImportError, duckdb.Error):
            try:
                con.install_extension(name)
                con.load_extension(name)
            except duckdb.Error as fault:
                raise StoreError(
                    f"DuckDB's extension {name} is not on this machine and cannot be fetched. Install "
                    f"the package duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}."
                ) from fault


def attach_lake(
    con: "DuckDBPyConnection",
    catalog: str,
    data: str,
    *,
    name: str = "lake",
    read_only: bool = False,
    snapshot: int | None = None,
    moved: bool = True,
    secret: str | None = None,
) -> None:
    """Attach a lake.

    Args:
        con: a connection with the extensions that the catalog and the data need.
        catalog: where the catalog is, as DuckLake is told: kind, colon, address.
        data: where the Parquet files are.
        name: what it is called from then on.
        read_only: whether nothing is to be written.
        snapshot: number of the commit to see the lake as of; the newest where None.
        moved: whether the files may stand elsewhere than when the lake was made.
        secret: the DuckDB secret that opens the catalog.
    """
    options = [
        f"DATA_PATH {quoted(data)}",
        *(["OVERRIDE_DATA_PATH true"] if moved else []),
        *(["READ_ONLY"] if read_only else []),
        *([] if snapshot is None else [f"SNAPSHOT_VERSION {int(snapshot)}"]),
        *([] if secret is None else [f"META_SECRET {quoted(secret)}"]),
    ]
    con.execute(f"ATTACH {quoted('ducklake:' + catalog)} AS {name} ({', '.join(options)})")


def quoted(text: str) -> str:
    """Quote a text for ATTACH, SET and CREATE SECRET, which take no parameters."""
    return "'" + text.replace("'", "''") + "'"


def _mark(name: str) -> tuple[str, int, int] | None:
    """Return what an extension's file is known by, None where no package brought it."""
    import duckdb

    try:
        file = _packaged(name, duckdb.__version__)
        told = file.stat()
    except (ImportError, OSError):
        return None
    return str(file), told.st_size, told.st_mtime_ns


def _packaged(name: str, version: str) -> Path:
    package = import_module(f"duckdb_extension_{name}")
    folder = Path(str(package.__path__[0])) / "extensions" / f"v{version}"
    return folder / f"{name}.duckdb_extension"
