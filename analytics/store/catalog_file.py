"""The SQLite catalog of a store as the file that it is: whether it is whole, which files it lists, copies.

Nothing here may run in a process that has the store open: closing a file drops the locks that the process
holds on it, those of another library too. That is why copies of a store at work are made by a child. Of a
catalog that this user may only read, it is a private copy that is opened, here and elsewhere.
"""

import errno
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any

from analytics.errors import StoreError
from analytics.store.location import CATALOG, COPIES, Location, Store

_KEPT_COPIES = 3
_TIME = "%Y%m%dT%H%M%S%f"
_NAMED = re.compile(r"(?:(\d{8,})-)?(\d{8}T\d{12})\.sqlite")
"""Number and time of a copy. The number alone says which is newer: a clock may be set back. Copies of before
there were numbers have none, and are older."""

_BETWEEN_COPIES_S = 60.0
"""A copy takes a child about 50 ms; a store that grows every second shall not notice."""

_TRIES = 50
_BETWEEN_TRIES_S = 0.02
"""Between two of a writer's imports a catalog stands still for much longer than it takes to copy."""

_LOG_HEAD = 32
"""Bytes at the beginning of SQLite's write-ahead log: others whenever it begins anew."""

_WHOLE = ("ducklake_metadata", "ducklake_snapshot", "ducklake_table", "ducklake_data_file")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_COPY = """
import pathlib, re, sqlite3, sys, urllib.parse
source, folder, kept, name = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
def age(file):
    named = re.fullmatch(sys.argv[5], file.name.removesuffix(".draft"))
    return named and (int(named[1] or 0), named[2])
def older(ending):
    found = (file for file in folder.glob("*" + ending) if age(file))
    return sorted((file for file in found if age(file) < age(folder / name)), key=age)
draft = folder / (name + ".draft")
reading = sqlite3.connect("file:" + urllib.parse.quote(source) + "?mode=rw", uri=True)
writing = sqlite3.connect(draft)
reading.backup(writing)
whole = writing.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
writing.close()
reading.close()
if whole:
    draft.rename(folder / name)
    if kept == 1:
        # Of a child that began before this one.
        for late in older(".sqlite.draft"):
            late.unlink(missing_ok=True)
    for old in older(".sqlite")[::-1][kept - 1:]:
        old.unlink(missing_ok=True)
else:
    draft.unlink()
"""
"""Run by a child of its own: only the standard library, and a damaged catalog displaces no good copy."""

_COPY_ASIDE = """
import sqlite3, sys, urllib.parse
reading = sqlite3.connect("file:" + urllib.parse.quote(sys.argv[1]) + "?mode=rw", uri=True)
writing = sqlite3.connect(sys.argv[2])
reading.backup(writing)
writing.close()
"""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One Parquet file that a catalog lists."""

    table: str
    path: str
    """Below the folder of files."""
    rows: int
    size_bytes: int
    data_file_id: int
    """Of the rows themselves, where the file lists which of them are deleted."""
    deletes: bool
    """Whether it lists deleted rows."""
    is_current: bool
    """Whether the newest state needs it."""

    @staticmethod
    def of(row: Sequence[Any]) -> "Listed":
        """Return what a row of query ``listed`` says."""
        table, *parts, rows, size, data_file_id, deletes, is_current = row
        return Listed(
            table=table, path="/".join(part.strip("/") for part in parts), rows=rows, size_bytes=size,
            data_file_id=data_file_id, deletes=bool(deletes), is_current=bool(is_current),
        )  # fmt: skip


def fault(file: Path) -> str | None:
    """Say what is wrong with a catalog, None where it is whole.

    Raises:
        sqlite3.Error: it cannot be looked at, which says nothing about it.
    """
    try:
        with _opened(file) as catalog:
            found = catalog.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                return str(found).splitlines()[0]
            tables = {name for (name,) in catalog.execute("SELECT name FROM sqlite_master")}
            missing = [name for name in _WHOLE if name not in tables]
            if missing:
                return f"it has no table {missing[0]}"
            if not catalog.execute("SELECT count(*) FROM ducklake_snapshot").fetchone()[0]:
                return "it lists no state of the store"
    except sqlite3.DatabaseError as error:
        # The lower byte is the kind of error, the rest its detail.
        if (error.sqlite_errorcode or 0) & 0xFF in _DAMAGED:
            return str(error)
        raise
    return None


def listed(file: Path) -> list[Listed]:
    """Return every Parquet file that a catalog lists, in whatever state of the store."""
    with _opened(file) as catalog:
        rows = catalog.execute(_query("listed")).fetchall()
    return [Listed.of(row) for row in rows]


def copy(source: Path, target: Path) -> None:
    """Copy a catalog as it is between two commits, whoever writes to it meanwhile."""
    with _opened(source) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def copy_aside(source: Path, target: Path) -> None:
    """Copy a catalog as ``copy`` does, by a child: this process may have it open.

    Raises:
        StoreError: it cannot be copied.
    """
    told = (sys.executable, "-I", "-S", "-c", _COPY_ASIDE, str(source), str(target))
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.splitlines() or ["no reason is told"])[-1]
        raise StoreError(f"cannot copy {source} to read it: {why}.")


def forget_scheduled(file: Path) -> None:
    """Take out of a copy the files that wait for their removal: they do not come with it."""
    with closing(sqlite3.connect(file)) as catalog, catalog:
        catalog.execute("DELETE FROM ducklake_files_scheduled_for_deletion")


def move(file: Path, files: Path) -> None:
    """Write down where the files of a copy stand now; only who opens it otherwise than we do needs it."""
    with closing(sqlite3.connect(file)) as catalog, catalog:
        catalog.execute(
            "UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'", [f"{files}/"]
        )


def copies(store: Path) -> list[Path]:
    """Return the copies of a store's catalog, the newest first."""
    there = (store / COPIES).glob("*.sqlite")
    return sorted((file for file in there if _NAMED.fullmatch(file.name)), key=_age, reverse=True)


def copied_at(file: Path) -> datetime:
    """Return when a copy was made, UTC, as the clock was then."""
    return datetime.strptime(_age(file)[1], _TIME).replace(tzinfo=UTC)


def next_name(store: Path) -> str:
    """Return the name of a copy that is newer than every other, those that are being made included."""
    names = (file.name.removesuffix(".draft") for file in (store / COPIES).iterdir())
    numbers = (int(found[1] or 0) for name in names if (found := _NAMED.fullmatch(name)))
    return f"{max(numbers, default=0) + 1:08d}-{datetime.now(UTC):{_TIME}}.sqlite"


def _age(copy: Path) -> tuple[int, str]:
    """Return what sorts copies by their age."""
    found = _NAMED.fullmatch(copy.name)
    assert found is not None
    return int(found[1] or 0), found[2]


def keep_copy(store: Store, *, afresh: bool = False) -> None:
    """Have a child copy the catalog of a store that is one folder; the newest copies are kept.

    No fault of it is one of what it follows.

    Args:
        store: where it stands.
        afresh: whether files were removed that the copies list. If so, a copy is made now, and waited for,
            and the older ones go; else at most one a minute, for which nobody waits.
    """
    home = Location.of(store).folder
    if home is None:
        return
    folder = home / COPIES
    try:
        folder.mkdir(exist_ok=True)
        newest = max((file.stat().st_mtime for file in copies(home)), default=0.0)
        # A clock that was set back must not stop the copies.
        if not afresh and 0 <= time.time() - newest < _BETWEEN_COPIES_S:
            return
        kept = str(1 if afresh else _KEPT_COPIES)
        told = (str(home / CATALOG), str(folder), kept, next_name(home), _NAMED.pattern)
        child = subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", _COPY, *told),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    except OSError:
        return
    if afresh:
        child.wait()
        return
    Thread(target=child.wait, daemon=True).start()


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    from urllib.parse import quote

    with ExitStack() as held:
        if not is_writable(file):
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="patchpilot-"))
            file = private_copy(file, Path(folder))
        address = f"file:{quote(str(file))}?mode=ro"
        yield held.enter_context(closing(sqlite3.connect(address, uri=True)))


def is_writable(file: Path) -> bool:
    """Say whether SQLite can open a catalog where it stands: who reads, too, is written down beside it."""
    beside = (file.with_name(file.name + ending) for ending in ("-wal", "-shm"))
    return all(
        os.access(each, os.W_OK) for each in (file.parent, file, *filter(Path.exists, beside))
    )


def private_copy(file: Path, folder: Path) -> Path:
    """Copy a catalog that this user may only read, as it is between two commits.

    Args:
        file: the catalog.
        folder: where the copy goes.

    Raises:
        OSError: it cannot be read, or is rewritten all the time.
    """
    target = folder / file.name
    for _ in range(_TRIES):
        begun = _state(file)
        shutil.copyfile(file, target)
        log = target.with_name(f"{file.name}-wal")
        log.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{file}-wal", log)
        # What is appended to the log meanwhile does no harm; a log that begins anew would.
        if _state(file) == begun:
            return target
        time.sleep(_BETWEEN_TRIES_S)
    raise BlockingIOError(errno.EBUSY, "it is being rewritten all the time", str(file))


def mark(file: Path) -> tuple[object, ...]:
    """Return what changes whenever a catalog that this user may only read does."""
    log = Path(f"{file}-wal")
    try:
        told = log.stat()
    except OSError:
        return _state(file)
    return *_state(file), told.st_size, told.st_mtime_ns


def _state(file: Path) -> tuple[object, ...]:
    told = file.stat()
    try:
        with Path(f"{file}-wal").open("rb") as log:
            began = log.read(_LOG_HEAD)
    except FileNotFoundError:
        began = b""
    return told.st_ino, told.st_size, told.st_mtime_ns, began


def _query(name: str) -> str:
    return (files("analytics.store") / "queries" / f"{name}.sql").read_text("utf-8")
