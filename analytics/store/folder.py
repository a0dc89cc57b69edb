"""The catalog of a store that is one folder: an SQLite file, and a lock file beside it."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from analytics.errors import StoreError
from analytics.store.attaching import attach_lake, connect, load_extensions
from analytics.store.location import CATALOG, FILES, LOCK, TMP, Location

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")


class FolderCatalog:
    """Catalog of a store in one folder."""

    extensions = ("ducklake", "sqlite_scanner")

    def __init__(self, location: Location) -> None:
        """Take a store that is one folder."""
        assert location.folder is not None
        self._folder = location.folder
        self._file = self._folder / CATALOG

    def exists(self) -> bool:
        """Say whether the store has been made."""
        return self._file.exists()

    def identity(self) -> object:
        """Return the file that the catalog is, None where there is none."""
        try:
            told = self._file.stat()
        except OSError:
            return None
        return told.st_dev, told.st_ino

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the writer's lock; yields whether a writer before this one was cut off."""
        with self.still():
            # Nobody is at work here: the lock says so.
            yield _clear(self._folder / TMP)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Keep a transaction's state of the store what it is, by holding the writer's lock."""
        try:
            for folder in (self._folder, self._folder / FILES, self._folder / TMP):
                folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / LOCK).open("a+")
        except (FileExistsError, NotADirectoryError) as fault:
            raise StoreError(
                f"cannot write to the store in {self._folder}: it is a file, not a folder, or in one."
            ) from fault
        except OSError as fault:
            raise StoreError(
                f"cannot write to the store in {self._folder}: {fault.strerror}."
            ) from fault
        with lock:
            _take(lock)
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def make(self, lay_out: "Callable[[DuckDBPyConnection], None]") -> None:
        """Make the store in a place of its own first, so that a crash never leaves half of one."""
        import sqlite3

        draft = self._folder / TMP / CATALOG
        con = connect(*self.extensions)
        try:
            attach_lake(con, f"sqlite:{draft}", str(self._folder / FILES))
            lay_out(con)
        finally:
            con.close()
        # Without write-ahead logging, readers beside a writer wait a second for a lock.
        catalog = sqlite3.connect(draft)
        catalog.execute("PRAGMA journal_mode = WAL")
        catalog.close()
        draft.rename(self._file)

    def attach(
        self,
        con: "DuckDBPyConnection",
        *,
        name: str = "lake",
        read_only: bool,
        snapshot: int | None = None,
    ) -> None:
        """Attach the store to a connection that has none of this name."""
        load_extensions(con, *self.extensions)
        # The data path is given anew, so that a store that was moved or mounted elsewhere still opens.
        files = str(self._folder / FILES)
        attach_lake(
            con,
            f"sqlite:{self._file}",
            files,
            name=name,
            read_only=read_only,
            snapshot=snapshot,
        )


def _take(lock: TextIO) -> None:
    """Wait until nobody else writes; the lock of a process that died is free."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "another process"
        _log.warning("waiting for process %s, which is at work on this store ...", owner)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _clear(folder: Path) -> bool:
    """Remove what a killed import left behind, and say whether there was one."""
    from shutil import rmtree

    leftovers = list(folder.iterdir())
    for entry in leftovers:
        rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
    return bool(leftovers)
