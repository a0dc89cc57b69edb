"""Traces from files: once, or on and on as they grow."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from analytics import __version__
from analytics.errors import AnalyticsError, InputError, StoreError
from analytics.semantics import BUNDLED, Preset, load
from analytics.store.catalogs import catalog
from analytics.store.imports import InputMark
from analytics.store.location import Location, Store
from analytics.sync.own import own, refuse
from analytics.sync.work import TAILED, Progress, SyncReport, Work, working

if TYPE_CHECKING:
    from analytics.cost import PriceList
    from analytics.sources.inputs import Input
    from analytics.sources.table import TableMapping

_PRINT_BYTES = 4096
_BLOCK_BYTES = 1 << 20
_TAILED = (TAILED, "record")
"""Formats whose lines can be understood one by one."""


def import_paths(
    store: Store,
    paths: Sequence[str],
    *,
    presets: Sequence[Preset] = (),
    prices: "PriceList | None" = None,
    format_name: str | None = None,
    mapping: "TableMapping | None" = None,
    strict: bool = False,
    demo: bool = False,
    progress: Progress | None = None,
) -> SyncReport:
    """Import files, folders, globs or standard input in one transaction.

    Args:
        store: where it stands; made where there is none.
        paths: what the user named; "-" is standard input.
        presets: semantics to read everything with from now on; the store's own where empty.
        prices: the user's own prices from now on; the store's own where None.
        format_name: take every input for this format instead of looking.
        mapping: take every input for a table whose columns mean this.
        strict: refuse everything where one record cannot be read.
        demo: these are the bundled traces.
        progress: told how far it is.

    Raises:
        InputError: an input that cannot be used; nothing is stored.
        StoreError: the store cannot be written; it is as it was.
    """
    from analytics.sources.inputs import ENDINGS, find, named, refuse_empty
    from analytics.sources.table import format_of, rows

    if format_name is not None:
        named(format_name)  # A misspelt one is told once, not of every file.
    taken_for = format_of(mapping) if mapping else format_name
    endings = tuple(dict.fromkeys((*ENDINGS, *rows.ENDINGS))) if mapping else ENDINGS
    refuse_empty(paths)
    refuse(paths, store)
    with working(store, progress) as work:
        work.endings = endings
        found = find(paths, endings=endings, is_own=own(store))
        for position, item in enumerate(found):
            work.tell("reading", position, len(found))
            if len(found) == 1 or strict:
                work.stage(item, taken_for)
            else:
                work.stage_or_reject(item, taken_for)
        return work.commit(
            origin=" ".join(paths), presets=presets, prices=prices, strict=strict, demo=demo
        )


def choose_presets(names: Iterable[str]) -> tuple[Preset, ...]:
    """Return the semantics for some names and files: a file of the user's own comes before the bundled.

    Raises:
        UnknownNameError, InputError: no such preset, or a semantics file with a fault.
    """
    chosen = [load(name) for name in names]
    if chosen and not any(preset.name in BUNDLED for preset in chosen):
        chosen += [load(name) for name in BUNDLED]
    return tuple(chosen)


def check_watch(store: Store, paths: Sequence[str], tables: Path | None = None) -> None:
    """Refuse what a watch could only complain of again and again; a folder may be empty so far.

    Raises:
        InputError: a path that stands for nothing, or for what is written to.
        StoreError: no store can stand there.
    """
    from analytics.sources.inputs import find, refuse_empty

    refuse_empty(paths)
    refuse(paths, store, tables)
    for name in paths:
        if not Path(name).expanduser().is_dir():
            find([name])
    location = Location.of(store)
    if location.folder is not None:
        with catalog(location).still():
            pass


def watch(
    store: Store,
    paths: Sequence[str],
    interval_s: float,
    stop: Event,
    *,
    tables: Path | None = None,
    told: Callable[[SyncReport | AnalyticsError], None] | None = None,
) -> None:
    """Import what appears under some paths, and what growing files get, until told to stop.

    A file of Weave calls or of records, one a line, is read on from where it was left; a half-written
    last line waits. A file that was replaced or truncated is read from its beginning.

    Args:
        store: where it stands.
        paths: files, folders and globs; they may not exist yet.
        interval_s: pause between looks.
        stop: set to end the watch.
        tables: folder that whoever is told writes tables to: what is there is not read.
        told: hears of every import, and of everything that went wrong; the watch goes on.
    """
    from analytics.sources.inputs import find

    seen: dict[Path, tuple[int, int, bool]] = {}
    while not stop.is_set():
        looked = find(paths, missing_ok=True, is_own=own(store, tables))
        found = [item for item in looked if item.path is not None]
        stamps = {_path(item): _stamp(_path(item)) for item in found}
        fresh = [item for item in found if stamps[_path(item)] != seen.get(_path(item))]
        seen = stamps
        if fresh:
            try:
                report = _import_growth(store, fresh)
            except StoreError as fault:
                report, seen = fault, {}  # The files are as good as before: try again.
            except AnalyticsError as fault:
                report = fault  # They are tried again when they change.
            if told and report is not None:
                told(report)
        stop.wait(interval_s)


def _import_growth(store: Store, items: "Sequence[Input]") -> SyncReport | None:
    """Import some files, each from where it was left; None where none holds a new complete line."""
    with working(store) as work:
        known = {
            path: (size, print_, lines)
            for path, size, print_, lines in work.con.execute(
                "SELECT path, size_bytes, head_hash, lines_count FROM lake.input_files"
            ).fetchall()
        }
        some = False
        for item in items:
            some |= _stage_growth(work, item, known.get(str(_path(item).resolve())))
        if not some:
            return None
        return work.commit(origin=" ".join(item.name for item in items))


def _stage_growth(work: Work, item: "Input", mark: tuple[int, str, int] | None) -> bool:
    from analytics.sources import inputs

    if inputs.is_archive(_path(item)):
        return _stage_whole(work, item, mark)
    try:
        plain = inputs.open_plain(item, work.folder)
    except InputError as fault:
        if isinstance(fault.__cause__, PermissionError):
            return _stage_whole(work, item, mark)
        return False  # Empty so far: what is being written now comes with the next look.
    is_plain = plain == item.path
    name = _format_of(item, plain)
    offset, lines = 0, 0
    if is_plain and name in _TAILED and mark and _continues(plain, *mark[:2]):
        offset, lines = mark[0], mark[2]
    elif is_plain and name is None and not _has_line(plain):
        return False  # Its first line is being written.
    elif not is_plain or name not in _TAILED:
        # Only line by line is it certain that what was read before stays as it was.
        return _stage_whole(work, item, mark)
    grown = work.folder / f"grown-{len(work.marks)}.jsonl"
    size, count = _copy_lines(plain, offset, grown)
    if count == 0:
        return False
    work.stage_file(grown, name, name=item.name, reason="it grows", first_line=lines + 1)
    work.marks.append(
        InputMark(
            path=str(plain.resolve()),
            size_bytes=size,
            head_hash=_fingerprint(plain, size),
            lines_count=lines + count,
        )
    )
    return True


def _stage_whole(work: Work, item: "Input", mark: tuple[int, str, int] | None) -> bool:
    """Read a file from its beginning, unless what is in it was refused before, by this version."""
    path = _path(item)
    size, print_ = path.stat().st_size, _content(path)
    if mark is not None and mark[:2] == (size, print_):
        return False
    refused_before = work.rejected
    work.stage_or_reject(item)
    if work.rejected > refused_before:
        work.marks.append(
            InputMark(path=str(path.resolve()), size_bytes=size, head_hash=print_, lines_count=0)
        )
    return True


def _content(path: Path) -> str:
    """Return a digest of all that is in a file, and of the version that reads it."""
    digest = hashlib.sha256(f"{__version__}\n".encode())
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as fault:
        return f"cannot be read: {fault.strerror}"
    return digest.hexdigest()


def _continues(path: Path, size: int, print_: str) -> bool:
    """Say whether a file still begins with what was read of it."""
    return path.stat().st_size >= size and _fingerprint(path, size) == print_


def _format_of(item: "Input", plain: Path) -> str | None:
    from analytics.sources import inputs

    try:
        return inputs.recognise(item, plain, None)[0].name
    except InputError:
        return None


def _has_line(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().endswith(b"\n")


def _copy_lines(source: Path, offset: int, target: Path) -> tuple[int, int]:
    """Copy the complete lines after an offset; return where they end, and how many they are."""
    count, end = 0, offset
    with source.open("rb") as reading, target.open("wb") as writing:
        reading.seek(offset)
        for line in reading:
            if not line.endswith(b"\n"):
                break
            writing.write(line)
            end += len(line)
            count += 1
    return end, count


def _fingerprint(path: Path, size: int) -> str:
    """Return a digest of the first and the last bytes before an offset: tells a replaced file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(min(size, _PRINT_BYTES)))
        file.seek(max(size - _PRINT_BYTES, 0))
        digest.update(file.read(min(size, _PRINT_BYTES)))
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int, bool]:
    try:
        status = path.stat()
    except OSError:
        return -1, 0, False  # It went away between two looks; it is read when it is back.
    # Who is given the right to read a file changes neither its size nor its time.
    return status.st_size, status.st_mtime_ns, os.access(path, os.R_OK)


def _path(item: "Input") -> Path:
    assert item.path is not None
    return item.path
