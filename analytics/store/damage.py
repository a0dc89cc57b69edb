"""Parquet files that a catalog lists and that are not what it says: gone, cut, damaged, or out of reach.

Out of reach is not damaged: nothing is known of such a file, and it counts as whole when rows are given up.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import first_line
from analytics.store import lake
from analytics.store.catalog_file import Listed
from analytics.store.location import FILES, Location

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAGIC = b"PAR1"
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong with one listed file."""

    file: Listed
    why: str
    is_lost: bool
    """False where it cannot be looked at, which says nothing about what it holds."""


def listed(con: "DuckDBPyConnection") -> list[Listed]:
    """Return every Parquet file that the catalog of an open store lists, in whatever state of it."""
    with con.cursor() as catalog:
        catalog.execute("USE __ducklake_metadata_lake")
        found = catalog.execute(lake.statement("queries", "listed")).fetchall()
    return [Listed.of(row) for row in found]


def find(
    location: Location, files: Iterable[Listed], con: "DuckDBPyConnection", *, within: bool
) -> Iterator[Wrong]:
    """Yield what is wrong with files of a store of whatever kind.

    Args:
        location: where the store stands.
        files: what its catalog lists.
        con: the open store.
        within: whether to read each file from its beginning to its end.
    """
    if not location.is_bucket:
        base = Path(location.data) / FILES
        yield from (found for each in files if (found := wrong_with(base, each, within=within)))
        return
    base = f"{location.data}/{FILES}"
    sizes = dict(con.execute(lake.statement("queries", "file_sizes"), [f"{base}/**"]).fetchall())
    for each in files:
        found = _wrong_in_bucket(base, each, sizes, con if within else None)
        if found:
            yield found


def wrong_with(base: Path, listed: Listed, *, within: bool = False) -> Wrong | None:
    """Say what is wrong with a file that the catalog lists, None where nothing is.

    Args:
        base: the folder of files.
        listed: the file.
        within: whether to read it from its beginning to its end.
    """
    path = base / listed.path
    try:
        why = _broken(path, listed) or (_broken_within(path) if within else None)
    except FileNotFoundError:
        return _missing(base, listed)
    except OSError as fault:
        return _out_of_reach(listed, fault)
    return None if why is None else Wrong(file=listed, why=why, is_lost=True)


def _broken(path: Path, listed: Listed) -> str | None:
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - len(_MAGIC), 0))
        tail = file.read()
    if size != listed.size_bytes:
        return f"has {size:,} bytes and should have {listed.size_bytes:,}"
    return None if head == tail == _MAGIC else "is no Parquet file any more"


def _broken_within(path: Path) -> str | None:
    """Read every value of a file; what the disk does not give is no fault of the file.

    Raises:
        OSError: the disk does not give it.
    """
    import duckdb

    with duckdb.connect() as con:
        if _unread(con, str(path)) is None:
            return None
    with path.open("rb") as file:
        while file.read(_CHUNK):
            pass
    # DuckDB does not tell a fault of the disk from one of the file; now it was no fault of the disk.
    with duckdb.connect() as con:
        return _unread(con, str(path))


def _unread(con: "DuckDBPyConnection", address: str) -> str | None:
    """Say why the values of a Parquet file cannot be read, None where they can.

    Raises:
        OSError: for want of memory, or because nobody answers: another time they may be.
    """
    import duckdb

    try:
        con.execute(lake.statement("queries", "every_value"), [address]).fetchone()
    except (duckdb.OutOfMemoryException, duckdb.InterruptException, duckdb.HTTPException) as fault:
        raise OSError(first_line(fault)) from fault
    except duckdb.Error as fault:
        return f"is damaged inside ({first_line(fault)})"
    return None


def _missing(base: Path, listed: Listed) -> Wrong:
    """Tell a file that is gone from one whose disk is: the folder that held it can be looked into."""
    path = base / listed.path
    nearest = next(each for each in (path, *path.parents) if each == base or os.path.lexists(each))
    try:
        os.listdir(nearest)  # Neither a link nor a disk that leads nowhere.
        is_lost = bool(os.listdir(base))
    except OSError as fault:
        return _out_of_reach(listed, fault)
    why = (
        "is missing"
        if is_lost
        else f"is missing, as is all that {base} held: is a disk not mounted?"
    )
    return Wrong(file=listed, why=why, is_lost=is_lost)


def _out_of_reach(listed: Listed, fault: OSError) -> Wrong:
    why = f"cannot be read ({fault.strerror or first_line(fault)})"
    return Wrong(file=listed, why=why, is_lost=False)


def _wrong_in_bucket(
    base: str, listed: Listed, sizes: Mapping[str, int], con: "DuckDBPyConnection | None"
) -> Wrong | None:
    """Compare a file with the listing of its bucket, and read it where a connection is given."""
    address = f"{base}/{listed.path}"
    size = sizes.get(address)
    if size is None:
        return Wrong(file=listed, why="is missing", is_lost=True)
    if size != listed.size_bytes:
        why = f"has {size:,} bytes and should have {listed.size_bytes:,}"
        return Wrong(file=listed, why=why, is_lost=True)
    try:
        why = None if con is None else _unread(con, address)
    except OSError as fault:
        return _out_of_reach(listed, fault)
    return None if why is None else Wrong(file=listed, why=why, is_lost=True)
