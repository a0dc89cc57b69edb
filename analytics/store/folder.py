"""The catalog of a store that is one folder: an SQLite file, and a lock file beside it."""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TextIO
from weakref import finalize

from analytics.errors import UNFINISHED, StoreError
from analytics.store import catalog_file
from analytics.store.attaching import attach_lake, connect, load_extensions
from analytics.store.holding import Hold
from analytics.store.location import CATALOG, FILES, LOCK, OWN, TMP, Location

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

_LOOK_EVERY_S = 0.02


class FolderCatalog:
    """Catalog of a store in one folder."""

    extensions = ("ducklake", "sqlite_scanner")

    def __init__(self, location: Location) -> None:
        """Take a store that is one folder."""
        assert location.folder is not None
        self._folder = location.folder
        self._file = self._folder / CATALOG

    def exists(self) -> bool:
        """Say whether the store has been made.

        Raises:
            StoreError: it has been, and its catalog is gone: a new one would be of none of its files.
        """
        if self._file.exists():
            return True
        if any((self._folder / FILES).rglob("*.parquet")):
            raise StoreError(
                f"the store in {self._folder} has lost its catalog, {CATALOG}; its files are there. "
                "patchpilot doctor --fix puts the newest copy of the catalog back."
            )
        return False

    def identity(self, con: "DuckDBPyConnection | None" = None) -> object:
        """Return the file that the catalog is, whichever a connection has open; None where there is none.

        One that this user may only read is another after each change: what is open is a copy of it.

        Raises:
            StoreError: as of ``exists``.
        """
        try:
            told = self._file.stat()
            known = told.st_dev, told.st_ino
            is_writable = catalog_file.is_writable(self._file)
            return known if is_writable else (*known, *catalog_file.mark(self._file))
        except OSError:
            self.exists()
            return None

    @contextmanager
    def locked(self) -> Iterator[Hold]:
        """Hold the writer's lock, which is lost with the process, or with the folder."""
        with self._held() as lock:
            # Nobody is at work here: the lock says so.
            yield Hold(died=_clear(self._folder / TMP), check=partial(self._check, lock))

    @contextmanager
    def still(self, within_s: float | None = None) -> Iterator[None]:
        """Keep a transaction's state of the store what it is, by holding the writer's lock.

        Raises:
            StoreError: the folder cannot be written, or is somebody else's.
        """
        with self._held(within_s):
            yield

    @contextmanager
    def frozen(self, con: "DuckDBPyConnection") -> Iterator[None]:
        """Attach a copy of the catalog in place of the store; its files stay for as long as old states do."""
        with TemporaryDirectory(prefix="patchpilot-") as folder:
            copy = Path(folder) / CATALOG
            catalog_file.copy_aside(self._file, copy)
            con.execute("DETACH lake")
            attach_lake(con, f"sqlite:{copy}", str(self._folder / FILES), read_only=True)
            yield
            con.execute("DETACH lake")
        self.attach(con, read_only=True)

    @contextmanager
    def _held(self, within_s: float | None = None) -> Iterator[TextIO]:
        """Hold the file that is the writer's lock."""
        while True:
            with self._lock_file() as lock:
                _take(lock, within_s)
                # Who waited may have got that of a folder which is gone: another may be at work in its place.
                if self._is_in_place(lock):
                    lock.truncate(0)
                    lock.write(f"{os.getpid()}\n")
                    lock.flush()
                    yield lock
                    return

    def _lock_file(self) -> TextIO:
        try:
            if not self._file.exists() and (others := _others(self._folder)):
                raise StoreError(
                    f"{self._folder} holds something that is no store ({others[0]}); nothing was written. "
                    "Name an empty or a new folder with --store."
                )
            for folder in (self._folder, self._folder / FILES, self._folder / TMP):
                folder.mkdir(parents=True, exist_ok=True)
            return (self._folder / LOCK).open("a+")
        except (FileExistsError, NotADirectoryError) as fault:
            raise StoreError(
                f"cannot write to the store in {self._folder}: it is a file, not a folder, or in one."
            ) from fault
        except OSError as fault:
            raise StoreError(
                f"cannot write to the store in {self._folder}: {fault.strerror}."
            ) from fault

    def _is_in_place(self, lock: TextIO) -> bool:
        try:
            return os.path.samestat(os.fstat(lock.fileno()), (self._folder / LOCK).stat())
        except OSError:
            return False

    def _check(self, lock: TextIO) -> None:
        """Refuse to go on where the folder is gone, and the lock with it."""
        if not self._is_in_place(lock):
            raise StoreError(
                f"the store in {self._folder} was removed or replaced meanwhile; {UNFINISHED}."
            )

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
        """Attach the store to a connection that has none of this name.

        Where this user may not write, that is the store as it is now: later commits are in no copy.
        """
        load_extensions(con, *self.extensions)
        is_copied = read_only and not catalog_file.is_writable(self._file)
        file = self._copied(con) if is_copied else self._file
        # The data path is given anew, so that a store that was moved or mounted elsewhere still opens.
        files = str(self._folder / FILES)
        attach_lake(
            con,
            f"sqlite:{file}",
            files,
            name=name,
            read_only=read_only,
            snapshot=snapshot,
        )

    def _copied(self, con: "DuckDBPyConnection") -> Path:
        """Copy the catalog for a connection, for as long as that is there."""
        try:
            folder = TemporaryDirectory(prefix="patchpilot-", ignore_cleanup_errors=True)
            finalize(con, folder.cleanup)
            return catalog_file.private_copy(self._file, Path(folder.name))
        except OSError as fault:
            raise StoreError(
                f"cannot open the store in {self._folder}: {fault.filename or 'its catalog'}: "
                f"{fault.strerror or fault}."
            ) from fault


def _take(lock: TextIO, within_s: float | None) -> None:
    """Wait until nobody else writes; the lock of a process that died is free."""
    if _is_taken(lock):
        return
    lock.seek(0)
    owner = lock.read().strip() or "another process"
    if within_s is None:
        _log.warning("waiting for process %s, which is at work on this store ...", owner)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return
    until = time.monotonic() + within_s
    while not _is_taken(lock):
        if time.monotonic() > until:
            raise StoreError(f"process {owner} is at work on this store.")
        time.sleep(_LOOK_EVERY_S)


def _is_taken(lock: TextIO) -> bool:
    """Take the lock where it is free, and say whether it was."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _others(folder: Path) -> list[str]:
    """Return what is in a folder and belongs to no store, in order."""
    try:
        return sorted({entry.name for entry in folder.iterdir()} - OWN)
    except FileNotFoundError:
        return []


def _clear(folder: Path) -> bool:
    """Remove what a killed import left behind, and say whether there was one."""
    from shutil import rmtree

    leftovers = list(folder.iterdir())
    for entry in leftovers:
        rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
    return bool(leftovers)
