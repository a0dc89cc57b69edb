"""One file that holds a whole store as it was between two commits, and a store made of such a file.

The file is a ZIP archive: ``manifest.json`` (layout, and size and SHA-256 of every part), the catalog, and
the Parquet files that the catalog lists, as they are.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from analytics import room
from analytics.errors import InputError, StoreError, first_line
from analytics.schema import SCHEMA_VERSION
from analytics.store import catalog_file, foreign, lake
from analytics.store.location import CATALOG, FILES, TMP

_MANIFEST = "manifest.json"
_KIND = "patchpilot store backup"
_EDITION = 1
"""Of the archive itself; the layout of the store in it is told apart."""

_TRIES = 5
"""A prune may remove a file between reading the list and copying it; the next list is without it."""

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (KeyError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading an archive raises that is cut, struck or made up."""

_CHUNK = 1 << 20
_LARGEST_MANIFEST = 100_000_000


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """What a backup holds."""

    files: int
    size_bytes: int
    layout: int


def backup(store: Path, target: Path) -> BackedUp:
    """Write a store to one file; who writes to the store meanwhile is not held up.

    Args:
        store: folder of the store.
        target: file to write; it must not exist yet.

    Raises:
        InputError: the file exists, or cannot be written; nothing was written.
        StoreError: there is no store, it cannot be read, or holds what a restore would refuse.
    """
    if os.path.lexists(target):
        raise _there_already(target)
    try:
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=f".{target.name}-", ignore_cleanup_errors=True
        ) as folder:
            draft = Path(folder) / "backup"
            told = _whole(store, draft)
            _put(draft, target)
    except OSError as fault:
        raise InputError(
            f"cannot write {target}: {fault.strerror or fault}; nothing was written."
        ) from fault
    except sqlite3.Error as fault:
        if getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise InputError(f"cannot write {target}: {fault}; nothing was written.") from fault
        raise StoreError(_unread(store, store / CATALOG, first_line(fault))) from fault
    return told


def _put(draft: Path, target: Path) -> None:
    """Give a file its name, unless something has got it meanwhile."""
    try:
        # Renaming alone would take the place of what is there.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError as fault:
        raise _there_already(target) from fault
    try:
        draft.rename(target)
    except BaseException:
        target.unlink()
        raise


def _there_already(target: Path) -> InputError:
    return InputError(f"{target} exists already; nothing was written. Name another file.")


def _unread(store: Path, file: Path, why: str) -> str:
    return f"the store in {store} cannot be backed up: {file}: {why}; nothing was written."


def _whole(store: Path, draft: Path) -> BackedUp:
    for _ in range(_TRIES - 1):
        with suppress(FileNotFoundError):
            return _write(store, draft)
    try:
        return _write(store, draft)
    except FileNotFoundError as fault:
        raise StoreError(
            f"the store in {store} cannot be backed up whole: {fault.filename} is missing. "
            "patchpilot doctor says more; nothing was written."
        ) from fault


def _write(store: Path, draft: Path) -> BackedUp:
    copied = draft.with_name(CATALOG)
    copied.unlink(missing_ok=True)
    # Opening a store runs what its catalog says; where there is none, that is said by who opens it.
    if (store / CATALOG).exists():
        catalog_file.copy(store / CATALOG, copied)
        _refuse_foreign(store, copied)
    layout = lake.layout(store)
    catalog_file.forget_scheduled(copied)
    listed = {
        f"{FILES}/{each.path}": store / FILES / each.path for each in catalog_file.listed(copied)
    }
    parts: dict[str, dict[str, object]] = {}
    with zipfile.ZipFile(draft, "w", allowZip64=True) as archive:
        for name, source in {CATALOG: copied, **listed}.items():
            # Parquet is packed already.
            how = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
            entry = zipfile.ZipInfo(name)
            entry.compress_type = how
            with archive.open(entry, "w", force_zip64=True) as writing:
                size, digest = _copied(_read(store, source), writing)
            parts[name] = {"size_bytes": size, "sha256": digest}
        manifest = {
            "kind": _KIND,
            "edition": _EDITION,
            "layout": layout,
            "made_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "parts": parts,
        }
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1), zipfile.ZIP_DEFLATED)
    return BackedUp(files=len(listed), size_bytes=draft.stat().st_size, layout=layout)


def _refuse_foreign(store: Path, catalog: Path) -> None:
    """Write no backup that ``restore`` would refuse, nor one of files that stand elsewhere."""
    if reason := foreign.found(catalog):
        held = f"its catalog holds {reason}, which no store of this project does"
        raise StoreError(_unread(store, store / CATALOG, held))


def _read(store: Path, file: Path) -> Iterator[bytes]:
    """Yield a file of the store in pieces: what fails here is no fault of where the backup goes."""
    try:
        with file.open("rb") as reading:
            while chunk := reading.read(_CHUNK):
                yield chunk
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise StoreError(_unread(store, file, fault.strerror or first_line(fault))) from fault


def restore(source: Path, store: Path) -> BackedUp:
    """Make a store of a backup: all of it, or nothing.

    Args:
        source: file that ``backup`` wrote.
        store: folder of the store; it must not hold one.

    Raises:
        InputError: the file is no whole backup, or the folder holds something.
        StoreError: a newer version wrote the backup, or the store cannot be written.
    """
    if store.is_dir() and any(store.iterdir()):
        raise InputError(
            f"{store} is not empty; nothing was restored. Name an empty or a new folder with --store."
        )
    with _opened(source) as archive:
        manifest = _manifest(source, archive)
        parts, layout = manifest["parts"], manifest["layout"]
        if layout > SCHEMA_VERSION:
            raise StoreError(
                f"{source} was written by a newer version (layout {layout}; this one reads up to "
                f"{SCHEMA_VERSION}). Update PatchPilot Analytics; nothing was restored."
            )
        try:
            store.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=store.parent, prefix=f".{store.name}-"))
            try:
                size = _unpack(source, archive, {CATALOG: parts[CATALOG]}, draft)
                _look_over(source, draft / CATALOG, parts)
                others = {name: told for name, told in parts.items() if name != CATALOG}
                size += _unpack(source, archive, others, draft)
                # What waits for its removal did not come along, and would be looked for by name.
                catalog_file.forget_scheduled(draft / CATALOG)
                catalog_file.move(draft / CATALOG, store / FILES)
                for sub in (FILES, TMP):
                    (draft / sub).mkdir(exist_ok=True)
                draft.chmod(0o777 & ~_umask())
                if store.is_dir():
                    store.rmdir()
                draft.rename(store)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as fault:
            raise StoreError(
                f"cannot write to the store in {store}: {fault.strerror or fault}; nothing was restored."
            ) from fault
    if layout < SCHEMA_VERSION:
        with lake.writer(store):
            pass  # Opening for writing brings an earlier layout up.
    return BackedUp(files=len(parts) - 1, size_bytes=size, layout=layout)


def _unpack(
    source: Path, archive: zipfile.ZipFile, parts: Mapping[str, Mapping[str, object]], folder: Path
) -> int:
    """Write some of the parts that the manifest names, and check each; nothing else leaves the archive."""
    wanted = sum(int(str(told["size_bytes"])) for told in parts.values())
    if reason := room.lack(folder.parent, wanted):
        raise InputError(f"{source} cannot be restored: {reason}; nothing was restored.")
    for name, told in parts.items():
        target, most = folder / PurePosixPath(name), int(str(told["size_bytes"]))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _part(archive, name) as reading, target.open("xb") as writing:
                if reason := room.bomb(archive.getinfo(name).compress_size, most):
                    raise InputError(f"{source} holds no {name}: {reason}; nothing was restored.")
                chunks = iter(partial(reading.read, _CHUNK), b"")
                size, digest = _copied(chunks, writing, at_most=most)
        except _DAMAGED as fault:
            raise InputError(
                f"{source} is damaged: {name} cannot be read; nothing was restored."
            ) from fault
        if (size, digest) != (most, told["sha256"]):
            raise InputError(
                f"{source} is damaged: {name} is not what was backed up; nothing was restored."
            )
    return wanted


def _look_over(source: Path, catalog: Path, parts: Mapping[str, object]) -> None:
    """Refuse a catalog that is none, that no store of ours has, or that lists other files than came along."""
    try:
        if stray := foreign.found(catalog):
            raise InputError(
                f"{source} is no backup of a store of this project: its catalog holds {stray}; nothing "
                "was restored."
            )
        reason = catalog_file.fault(catalog)
        listed = [] if reason else catalog_file.listed(catalog)
    except sqlite3.Error as fault:
        reason, listed = first_line(fault), []
    if reason:
        raise InputError(f"{source} holds a damaged catalog ({reason}); nothing was restored.")
    names = {f"{FILES}/{each.path}": each.path for each in listed}
    missing = [path for name, path in names.items() if name not in parts]
    if missing:
        raise InputError(f"{source} lacks {missing[0]}; nothing was restored.")
    unlisted = [name for name in parts if name != CATALOG and name not in names]
    if unlisted:
        raise InputError(
            f"{source} brings a file that its catalog does not list ({unlisted[0]}); nothing was restored."
        )


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(source)
    except OSError as fault:
        raise InputError(f"cannot read {source}: {fault.strerror or fault}.") from fault
    except _DAMAGED as fault:
        reason = first_line(fault)
        raise InputError(f"{source} is no backup: {reason}. Nothing was restored.") from fault
    with archive:
        yield archive


def _part(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open one part that is packed as ``backup`` packs."""
    entry = archive.getinfo(name)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.compress_type not in _PACKED or kind not in (0, stat.S_IFREG):
        raise zipfile.BadZipFile(f"{name} is packed otherwise")
    return archive.open(entry)


def _manifest(source: Path, archive: zipfile.ZipFile) -> dict:
    """Return what a backup says of itself, checked: nothing in it may lead out of the store's folder."""
    try:
        if archive.getinfo(_MANIFEST).file_size > _LARGEST_MANIFEST:
            raise ValueError("too large")
        with _part(archive, _MANIFEST) as reading:
            told = json.loads(reading.read())
        whole = (
            told["kind"] == _KIND
            and told["edition"] == _EDITION
            and isinstance(told["layout"], int)
            and told["layout"] >= 1
            and CATALOG in told["parts"]
            and all(
                isinstance(part["size_bytes"], int)
                and part["size_bytes"] >= 0
                and isinstance(part["sha256"], str)
                for part in told["parts"].values()
            )
        )
    except (*_DAMAGED, TypeError, AttributeError) as fault:
        raise InputError(f"{source} is no backup of a store; nothing was restored.") from fault
    if not whole:
        raise InputError(f"{source} is no backup of a store; nothing was restored.")
    if twice := [name for name, count in Counter(archive.namelist()).items() if count > 1]:
        raise InputError(f"{source} holds {twice[0]!r} twice; nothing was restored.")
    astray = [name for name in told["parts"] if not _stays_inside(name)]
    if astray:
        raise InputError(
            f"{source} names a file outside of a store ({astray[0]!r}); nothing was restored."
        )
    return told


def _stays_inside(name: str) -> bool:
    within = name.startswith(f"{FILES}/") and name.endswith(".parquet") and foreign.is_inside(name)
    return within or name == CATALOG


def _copied(
    chunks: Iterable[bytes], writing: IO[bytes], at_most: int | None = None
) -> tuple[int, str]:
    """Write pieces and return their size and SHA-256; stop where it is longer than it may be."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if at_most is not None and size > at_most:
            return size, ""
        digest.update(chunk)
        writing.write(chunk)
    return size, digest.hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
