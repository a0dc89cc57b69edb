"""From what a user names (files, folders, globs, standard input) to plain files of a known format."""

import codecs
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from glob import glob, has_magic
from itertools import chain
from pathlib import Path, PurePath
from typing import BinaryIO

import zstandard

from analytics import room
from analytics.errors import InputError, UnknownNameError, nearest
from analytics.redaction import redact
from analytics.sources import Reject, SourceFormat, archives
from analytics.sources.formats import FORMATS

ENDINGS = (
    *(".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".log", ".eval", ".traj", ".parquet"),
    *(".db", ".sqlite", ".sqlite3", ".zip", ".tar", ".tgz"),
)
"""What is taken out of a folder or archive, plain or compressed; a file that is named is taken as it is."""

HEAD_BYTES = 65_536
"""How much of a file its format is recognised by."""

_CHUNK = 1 << 16
_SLICE = 1 << 12
"""zstd unpacks 4 bytes to 128 KB at most."""
_FOLDERS_KEPT = 4
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, kw_only=True)
class Input:
    """One thing to read."""

    name: str
    """How messages call it."""
    path: Path | None
    """The file; None for standard input."""
    in_archive: bool = False
    """Whether it was unpacked from an archive: then it is not opened as one itself."""


def find(
    names: Sequence[str],
    *,
    missing_ok: bool = False,
    endings: tuple[str, ...] = ENDINGS,
    kind: str = "trace file",
    is_own: Callable[[Path], bool] = lambda path: False,
) -> list[Input]:
    """Return every input that the names stand for, each file once, in a fixed order.

    A folder below that may not be looked into is an input too: whoever opens it says why.

    Args:
        names: files, folders (all below that is called like traces, hidden files apart), globs, or "-".
        missing_ok: pass over what does not exist (yet).
        endings: what is taken out of a folder.
        kind: what is looked for, as messages call it.
        is_own: tells what this project wrote itself, which no folder and no glob stands for.

    Raises:
        InputError: a name that stands for nothing.
    """
    refuse_empty(names)
    found: dict[Path | None, Input] = {}
    for name in names:
        if name == "-":
            found[None] = Input(name="standard input", path=None)
            continue
        paths = list(_paths(name, endings, is_own))
        if not paths and not missing_ok:
            raise InputError(_nothing(name, endings, kind))
        for path in paths:
            found.setdefault(path.resolve(), Input(name=str(path), path=path))
    return list(found.values())


def refuse_empty(names: Sequence[str]) -> None:
    """Refuse an empty path, which would stand for the current folder.

    Raises:
        InputError: there is one.
    """
    if not all(name.strip() for name in names):
        raise InputError(
            "an empty path names nothing (a variable that is not set?). Nothing was read; the current "
            "folder is called '.'."
        )


def _paths(name: str, endings: tuple[str, ...], is_own: Callable[[Path], bool]) -> Iterator[Path]:
    path = Path(name).expanduser()
    if path.is_dir():
        yield from _in_folder(path, endings, is_own)
    elif path.exists():
        yield path
    elif has_magic(name):
        for hit in map(Path, sorted(glob(str(path), recursive=True))):
            if hit.is_dir():
                yield from _in_folder(hit, endings, is_own)
            elif not is_own(hit):
                yield hit


def _in_folder(
    folder: Path, endings: tuple[str, ...], is_own: Callable[[Path], bool]
) -> Iterator[Path]:
    unread: list[OSError] = []
    found: list[Path] = []
    for parent, below, names in os.walk(folder, onerror=unread.append):
        below[:] = [name for name in below if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    locked = [Path(fault.filename) for fault in unread if isinstance(fault, PermissionError)]
    traces = (path for path in found if _is_trace(path, endings) and _is_file(path))
    yield from sorted([*locked, *(path for path in traces if not is_own(path))])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return True  # Whoever opens it says why not.


def _is_trace(path: PurePath, endings: tuple[str, ...]) -> bool:
    return path.name.lower().removesuffix(".gz").removesuffix(".zst").endswith(endings)


def _nothing(name: str, endings: tuple[str, ...], kind: str) -> str:
    path = Path(name).expanduser()
    if path.is_dir():
        return _holds_nothing(name, endings, kind)
    if has_magic(name):
        return f"nothing matches {name}. Nothing was read."
    folder = path.parent
    near = nearest(path.name, [entry.name for entry in folder.iterdir()] if folder.is_dir() else [])
    hint = f" Did you mean {str(folder / near)!r}?" if near else ""
    return f"there is no file {name}. Nothing was read.{hint}"


def _holds_nothing(name: str, endings: tuple[str, ...], kind: str = "trace file") -> str:
    return (
        f"{name} holds no {kind} ({', '.join(endings)}, also as .gz or .zst). "
        "Nothing was read; name the files themselves if they are called otherwise."
    )


def is_archive(path: Path) -> bool:
    """Say whether a file stands for the files in it, and is none of a known format by itself."""
    try:
        if not archives.is_archive(path):
            return False
        with path.open("rb") as file:
            # No more than tells an archive: the text of a member may look like a format.
            start = file.read(4)
    except OSError:
        return False  # Whoever opens it says why.
    return not any(entry.recognise(start, path) for entry in FORMATS)


def in_archive(
    item: Input, path: Path, folder: Path, endings: tuple[str, ...] = ENDINGS
) -> Iterator[Input | Reject]:
    """Yield the trace files of an archive, each unpacked until the next one is asked for.

    Args:
        item: what the user named.
        path: the archive.
        folder: where members are unpacked.
        endings: what is taken out of the archive.

    Raises:
        InputError: it is within another archive, or holds nothing that is taken.
    """
    if item.in_archive:
        reason = "it is an archive within an archive: unpack the outer one and import the folder"
        raise _unusable(item, reason)
    some = False
    for found in archives.members(path, item.name, folder, lambda p: _is_trace(p, endings)):
        some = True
        if isinstance(found, Reject):
            yield found
        else:
            yield Input(name=found.name, path=found.path, in_archive=True)
    if not some:
        raise InputError(_holds_nothing(item.name, endings))


def open_plain(item: Input, folder: Path) -> Path:
    """Return the input as a plain file: itself, or an unpacked UTF-8 copy in a folder of ours.

    Raises:
        InputError: it is empty, cannot be read, or its archive is broken.
    """
    try:
        if item.path and item.path.is_dir():
            os.scandir(item.path).close()  # It was found locked: this says so.
        plain = item.path if item.path and _is_plain(item.path) else _copy(item, folder)
        with plain.open("rb") as file:
            empty = not file.read(HEAD_BYTES).strip()
    except OSError as error:
        raise _unusable(item, error.strerror or str(error)) from error
    except EOFError as error:
        raise _unusable(item, "the archive is cut off") from error
    except (zlib.error, zstandard.ZstdError) as error:
        raise _unusable(item, f"the archive is broken ({error})") from error
    if empty:
        raise InputError(f"{item.name} is empty. Nothing was read from it.")
    return plain


def recognise(item: Input, plain: Path, format_name: str | None) -> tuple[SourceFormat, str]:
    """Return the format of a plain file, and the reason why it is that.

    Args:
        item: what the user named.
        plain: the same as a plain file.
        format_name: what the user says that it is, if anything.

    Raises:
        UnknownNameError: there is no format of that name.
        InputError: no format is recognised.
    """
    if format_name is not None:
        return named(format_name), "you said so"
    with plain.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for entry in FORMATS:
        if reason := entry.recognise(head, plain):
            return entry, reason
    known = ", ".join(entry.name for entry in FORMATS)
    raise InputError(
        f"{item.name} is no trace file that is known here: {_looks(head)}. Nothing was read from "
        f"it. Known: {known} (see patchpilot formats). --format takes it for one of them; a table of "
        "your own is read with --map, and patchpilot map proposes a mapping."
    )


def named(name: str) -> SourceFormat:
    """Return a format by its name.

    Raises:
        UnknownNameError: there is no format of that name.
    """
    names = {entry.name: entry for entry in FORMATS}
    if name not in names:
        raise UnknownNameError("format", name, names)
    return names[name]


def _looks(head: bytes) -> str:
    if b"\0" in head:
        return "it is binary"
    start = "".join(c if c.isprintable() else " " for c in head[:200].decode("utf-8", "replace"))
    return f"it begins with {redact(start)[:60].strip()!r}"


def _unusable(item: Input, reason: str) -> InputError:
    return InputError(f"cannot read {item.name}: {reason}. Nothing was read from it.")


def _is_plain(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4)
    return not head.startswith((_GZIP, _ZSTD, *_UTF16))


def _copy(item: Input, folder: Path) -> Path:
    """Write an input as plain UTF-8."""
    plain = folder / f"plain-{len(list(folder.glob('plain-*')))}" / _named(item.path)
    plain.parent.mkdir(parents=True)
    try:
        with plain.open("wb") as out:
            if item.path is None:
                out.writelines(_limited(item, _as_utf8(_unpacked(item, sys.stdin.buffer)), folder))
            else:
                with item.path.open("rb") as stream:
                    out.writelines(_limited(item, _as_utf8(_unpacked(item, stream)), folder))
    except BaseException:
        # What is read next needs the room.
        plain.unlink()
        raise
    if item.path is not None:
        # Some formats hold no times: the date of the file is all there is.
        dated = item.path.stat()
        os.utime(plain, ns=(dated.st_atime_ns, dated.st_mtime_ns))
    return plain


def _limited(item: Input, chunks: Iterable[bytes], folder: Path) -> Iterator[bytes]:
    """Yield what is to be written to a folder while its disk has room, and no more than an archive may."""
    watch = room.Watch(folder)
    left = archives.Limits().unpacked_bytes
    for chunk in chunks:
        left -= len(chunk)
        if left < 0 and item.in_archive:
            raise _unusable(item, "it unpacks to more than an archive may")
        if reason := watch.wrote(len(chunk)):
            raise _unusable(item, reason)
        yield chunk


def _named(path: Path | None) -> Path:
    """Return the end of a path without what tells of compression: some formats are told by names."""
    if path is None:
        return Path("standard-input")
    name = path.name.removesuffix(".gz").removesuffix(".zst") or path.name
    return Path(*path.parent.resolve().parts[1:][-_FOLDERS_KEPT:], name)


def _unpacked(item: Input, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a stream, decompressed where they are compressed.

    Raises:
        EOFError: the archive ends too early.
        InputError: it unpacks to more than any trace does.
    """
    chunks = iter(lambda: stream.read(_CHUNK), b"")
    first = next(chunks, b"")
    if first.startswith(_GZIP):
        start, most = partial(zlib.decompressobj, 16 + zlib.MAX_WBITS), room.DEFLATED
    elif first.startswith(_ZSTD):
        start, most = zstandard.ZstdDecompressor().decompressobj, room.ZSTANDARD
    else:
        yield first
        yield from chunks
        return
    part, taken, given = None, 0, 0
    for packed in _slices(chain([first], chunks)):
        taken += len(packed)
        # Archives may be joined end to end, with zeros between.
        while packed := packed if part else packed.lstrip(b"\0"):
            part = part or start()
            plain = part.decompress(packed)
            given += len(plain)
            if reason := room.bomb(taken, given, most):
                raise _unusable(item, reason)
            yield plain
            packed = part.unused_data if part.eof else b""
            part = None if part.eof else part
    if part:
        raise EOFError


def _slices(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same in pieces, none of which can unpack to more than memory holds."""
    for chunk in chunks:
        for start in range(0, len(chunk), _SLICE):
            yield chunk[start : start + _SLICE]


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same text as UTF-8 where it is UTF-16, which some shells write."""
    chunks = iter(chunks)
    first = next(chunks, b"")
    encoding = _UTF16.get(first[:2])
    if encoding is None:
        yield first
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chain([first[2:]], chunks):
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
