"""Keeps beside a large store what readers hold in memory, as one file of DuckDB's: opening is copying it.

It is worked out again from the store where it is missing, and nothing else is read from it. Each reader has
a copy of its own, which lasts as long as the reader.
"""

import logging
import re
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from weakref import finalize
from zlib import crc32

from analytics.errors import StoreError, first_line
from analytics.schema import SCHEMA_VERSION, STALE_AFTER
from analytics.store import lake, loading, memory
from analytics.store.location import PREPARED, Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

FROM_RUNS = 20_000
"""Fewer are loaded in a quarter of a second."""

MOST_CHANGED = 0.05
"""A file of which more of the runs have changed since is made anew."""

_EDITION = 1
"""Another one where this program holds rows otherwise, by the same views."""

_ENDING = ".duckdb"
_TOLD = re.compile(r"([0-9]+)-([0-9a-f]{16})-([0-9a-f]{8})\.duckdb")
"""A file's name: the commit that it holds, how rows are held in it, and its checksum."""

_CHUNK = 1 << 20

_NAME = f"memory{_ENDING}"
"""The copy's: DuckDB calls a database as its file, and one in memory ``memory``."""


@dataclass(frozen=True, kw_only=True)
class _File:
    """One prepared file."""

    path: Path
    snapshot: int
    """The commit that it holds."""
    checksum: int


def renew(con: "DuckDBPyConnection", store: Store) -> None:
    """Make the file of a large store anew where there is none, or reading what changed since would not pay.

    Args:
        con: a connection from ``lake.writer``, in no transaction.
        store: where it stands; nothing is made for a team's store.

    Raises:
        StoreError, duckdb.Error, OSError: it could not be made; the store is as it was.
    """
    folder = _folder(store)
    if folder is None or not _is_due(con, folder):
        return
    snapshot = lake.snapshot_id(con)
    with lake.scratch(store) as place:
        draft = place / _NAME
        _make(store, draft, snapshot)
        checksum = _copy(draft, None)
        folder.mkdir(exist_ok=True)
        discard(store)
        draft.rename(folder / f"{snapshot}-{_key()}-{checksum:08x}{_ENDING}")


def discard(store: Store) -> None:
    """Remove what is prepared: before rows are let go of for good, or where it is of no use any more."""
    folder = _folder(store)
    for file in folder.glob(f"*{_ENDING}") if folder is not None else ():
        file.unlink(missing_ok=True)


def is_there(store: Store) -> bool:
    """Say whether readers of this version begin with something."""
    folder = _folder(store)
    return folder is not None and _newest(folder) is not None


def damaged(store: Store) -> Path | None:
    """Return the file where it is not what was written."""
    folder = _folder(store)
    found = None if folder is None else _newest(folder)
    return found.path if found is not None and _copy(found.path, None) != found.checksum else None


def open_copy(store: Store) -> "tuple[DuckDBPyConnection, int] | None":
    """Return a connection as of ``lake.connect`` that holds what is prepared, and of which commit it is.

    None where nothing is prepared for this version, or what has changed since cannot be told.
    """
    import duckdb

    folder = _folder(store)
    found = None if folder is None else _newest(folder)
    if found is None:
        return None
    place = TemporaryDirectory(prefix="patchpilot-", ignore_cleanup_errors=True)
    con = None
    try:
        con = _opened(store, found, Path(place.name) / _NAME)
    except (duckdb.Error, OSError) as fault:
        _log.warning("%s is not used: %s.", found.path, first_line(fault))
    finally:
        if con is None:
            place.cleanup()
    if con is None:
        return None
    finalize(con, place.cleanup)
    return con, found.snapshot


def _opened(store: Store, found: _File, copy: Path) -> "DuckDBPyConnection | None":
    if _copy(found.path, copy) != found.checksum:
        _log.warning("%s is damaged and not used; patchpilot doctor --fix removes it.", found.path)
        return None
    con = lake.connect(store, read_only=True, database=copy)
    try:
        # Whatever becomes of this process, so much is not left behind.
        copy.unlink()
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        if _is_of(con, found.snapshot) and loading.can_follow(con, found.snapshot):
            return con
    except BaseException:
        con.close()
        raise
    con.close()
    return None


def _copy(file: Path, target: Path | None) -> int:
    """Return the checksum of a file, and copy it where that is asked for."""
    checksum = 0
    with file.open("rb") as reading, target.open("xb") if target else nullcontext() as writing:
        while chunk := reading.read(_CHUNK):
            checksum = crc32(chunk, checksum)
            if writing is not None:
                writing.write(chunk)
    return checksum


def _folder(store: Store) -> Path | None:
    folder = Location.of(store).folder
    return None if folder is None else folder / PREPARED


def _newest(folder: Path) -> _File | None:
    """Return the file that this version can read, None where there is none."""
    found = [
        _File(path=path, snapshot=int(told[1]), checksum=int(told[3], 16))
        for path in folder.glob(f"*{_ENDING}")
        if (told := _TOLD.fullmatch(path.name)) and told[2] == _key()
    ]
    return max(found, key=lambda file: file.snapshot, default=None)


@cache
def _key() -> str:
    """Return what is another one where rows would be held otherwise: of other views, or by another DuckDB."""
    import duckdb

    stated = [duckdb.__version__, str(SCHEMA_VERSION), str(_EDITION)]
    stated += [lake.statement("held", name) for name in loading.DERIVED]
    stated += [lake.statement("views", name) for name in loading.VIEWS]
    return sha256("\n".join(stated).encode()).hexdigest()[:16]


def _is_due(con: "DuckDBPyConnection", folder: Path) -> bool:
    runs = len(con.table("lake.runs"))
    if runs < FROM_RUNS:
        return False
    there = _newest(folder)
    if there is None or not loading.can_follow(con, there.snapshot):
        return True
    row = con.execute(lake.statement("queries", "runs_since"), [there.snapshot]).fetchone()
    return row is not None and row[0] > MOST_CHANGED * runs


def _make(store: Store, file: Path, snapshot: int) -> None:
    with closing(lake.connect(store, read_only=True, database=file)) as con:
        memory.allow(con, memory.USUAL_MB)
        loading.prepare(con, attached=True)
        loading.set_clock(con, datetime.now(UTC).replace(tzinfo=None), STALE_AFTER)
        loader = loading.Loader()
        loader.load(con)
        if loader.snapshot != snapshot:
            raise StoreError(f"the store in {store} was written to by another process meanwhile")
        con.execute(lake.statement("statements", "as_of"), [snapshot])


def _is_of(con: "DuckDBPyConnection", snapshot: int) -> bool:
    """Say whether what is held comes from that commit of the attached store, not of one in its place."""
    row = con.execute(lake.statement("queries", "is_of"), [snapshot]).fetchone()
    return row is not None and bool(row[0])
