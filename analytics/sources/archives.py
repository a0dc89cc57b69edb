"""Archives of many files (.zip, .tar, .tar.gz, .tar.zst), unpacked one member at a time.

An archive is a stranger's: no member is written outside the folder that is given, links and devices are
left out, and how much is unpacked has a limit. An archive that is a format of its own is none of these.
"""

import gzip
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import IO, cast

import zstandard

from analytics import room
from analytics.sources import Reject

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BLOCK = 512
_CHUNK = 1 << 16
_ENCRYPTED = 0x1
_LONGEST_HEADER = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile),
    *(EOFError, RuntimeError, ValueError),
)
"""What the unpackers raise at data that is broken, cut off or packed in an unknown way."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of one archive is unpacked at most."""

    members: int = 100_000
    unpacked_bytes: int = 16 * 1024**3


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of an archive, unpacked until the next one is asked for."""

    name: str
    """As messages call it: ``archive.zip/member``."""
    path: Path


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One entry as the archive lists it."""

    name: str
    dated: float
    fault: str | None
    """Why it is not unpacked, if it is not."""
    open: Callable[[], IO[bytes]]


class _LimitError(Exception):
    """The archive unpacks to more than is taken."""


class _BrokenError(Exception):
    """The archive cannot be read on from here."""


@dataclass
class _Budget:
    """How much may still be unpacked."""

    limits: Limits
    watch: room.Watch
    """Of the disk that is unpacked to."""
    members: int = field(default=0)
    unpacked: int = field(default=0)

    def count(self) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise _LimitError(f"it has more than {self.limits.members:,} members")

    def spend(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.unpacked_bytes:
            raise _LimitError(f"it unpacks to more than {self.limits.unpacked_bytes:,} bytes")
        if reason := self.watch.wrote(size):
            raise _LimitError(reason)


def is_archive(path: Path) -> bool:
    """Say whether a file holds others: by its content, whatever its name."""
    if not path.is_file():
        return False  # A pipe can be read only once.
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_ZIP):
        return True
    try:
        with _unpacked(path) as stream:
            tarfile.TarInfo.frombuf(stream.read(_BLOCK), "utf-8", "surrogateescape")
    except (*_BROKEN, OSError):
        return False
    return True


def members(
    path: Path,
    name: str,
    folder: Path,
    wanted: Callable[[PurePosixPath], bool],
    limits: Limits | None = None,
) -> Iterator[Member | Reject]:
    """Unpack the members of an archive, each until the next one is asked for.

    Args:
        path: the archive.
        name: what the user calls it.
        folder: where members are unpacked; what is in it is removed again.
        wanted: says by its path in the archive whether a file is taken at all.
        limits: how much is unpacked at most; no more in any case than leaves the disk usable.

    Yields:
        Each file that is wanted, and a reject for each member that could not be taken.
    """
    budget = _Budget(limits or Limits(), room.Watch(folder))
    try:
        for entry in _entries(path, budget):
            inside = _path_inside(entry.name)
            shown = f"{name}/{_printable(entry.name)}"
            if inside is None:
                reason = "its path leads out of the archive: it was not unpacked"
                yield Reject(file=shown, line=None, reason=reason)
            elif any(part.startswith(".") for part in inside.parts):
                continue
            elif entry.fault is not None:
                yield Reject(file=shown, line=None, reason=entry.fault)
            elif wanted(inside):
                yield _unpack(entry, shown, folder / "member", inside, budget)
    except _LimitError as fault:
        reason = f"{fault}: the rest of it was left out. Unpack it yourself and import the folder."
        yield Reject(file=name, line=None, reason=reason)
    except (*_BROKEN, _BrokenError, OSError) as fault:
        reason = f"the archive is broken or cut off ({fault}): the rest of it was left out"
        yield Reject(file=name, line=None, reason=reason)
    finally:
        rmtree(folder / "member", ignore_errors=True)


def _unpack(
    entry: _Entry, shown: str, folder: Path, inside: PurePosixPath, budget: _Budget
) -> Member | Reject:
    rmtree(folder, ignore_errors=True)
    target = folder / inside
    try:
        target.parent.mkdir(parents=True)
        with entry.open() as packed, target.open("xb") as out:
            while chunk := packed.read(_CHUNK):
                budget.spend(len(chunk))
                out.write(chunk)
        # Some formats hold no times: the date of the file is all there is.
        os.utime(target, (entry.dated, entry.dated))
    except (*_BROKEN, OSError, OverflowError) as fault:
        return Reject(file=shown, line=None, reason=f"it cannot be unpacked ({fault})")
    return Member(name=shown, path=target)


def _path_inside(name: str) -> PurePosixPath | None:
    """Return where a member stands in its archive; None where that would be outside.

    >>> _path_inside("logs/a.json"), _path_inside("../a.json"), _path_inside("/etc/a.json")
    (PurePosixPath('logs/a.json'), None, None)
    """
    plain = _printable(name).replace("\\", "/")
    path = PurePosixPath(plain)
    if path.is_absolute() or ".." in path.parts or _DRIVE.match(plain) or not path.parts:
        return None
    return path


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode().replace("\0", "?")


def _entries(path: Path, budget: _Budget) -> Iterator[_Entry]:
    with path.open("rb") as file:
        is_zip = file.read(4).startswith(_ZIP)
    for entry in _zip_entries(path) if is_zip else _tar_entries(path, budget):
        budget.count()
        yield entry


def _zip_entries(path: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(path) as archive:
        # A member that was written again stands for the earlier one of its name.
        listed = {info.filename: info for info in archive.infolist()}
        for name, info in sorted(listed.items()):
            if info.is_dir():
                continue
            mode = info.external_attr >> 16
            fault = None
            if info.flag_bits & _ENCRYPTED:
                fault = "it is encrypted"
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                fault = "it is a link or a device, no file"
            yield _Entry(
                name=name,
                dated=_zip_date(info),
                fault=fault,
                open=lambda info=info: archive.open(info),
            )


def _zip_date(info: zipfile.ZipInfo) -> float:
    """Return when a member was changed: by its extra field, else by a clock taken as UTC."""
    extra = info.extra
    while len(extra) >= 4:
        size = int.from_bytes(extra[2:4], "little")
        if extra[:2] == b"UT" and size >= 5 and extra[4] & 1:
            return float(int.from_bytes(extra[5:9], "little"))
        extra = extra[4 + size :]
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _tar_entries(path: Path, budget: _Budget) -> Iterator[_Entry]:
    with (
        _unpacked(path) as stream,
        tarfile.open(
            fileobj=cast("IO[bytes]", _Counted(stream, budget)),
            mode="r|",
            tarinfo=_Header,
            errorlevel=2,
        ) as archive,
    ):
        for info in archive:
            if info.isdir():
                continue
            yield _Entry(
                name=info.name,
                dated=max(float(info.mtime), 0.0),
                fault=None if info.isfile() else "it is a link or a device, no file",
                open=lambda info=info: cast("IO[bytes]", archive.extractfile(info)),
            )


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, decompressed where it is compressed; at most what is asked for is unpacked."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as stream:
                yield cast("IO[bytes]", stream)
        elif start.startswith(_ZSTD):
            with zstandard.ZstdDecompressor().stream_reader(
                file, read_across_frames=True
            ) as stream:
                yield cast("IO[bytes]", stream)
        else:
            yield file


class _Counted:
    """A stream that stops at the limit, also within what is passed over."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream = stream
        self._left = 2 * budget.limits.unpacked_bytes + _LONGEST_HEADER
        self._limit = budget.limits.unpacked_bytes

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise _LimitError(f"it unpacks to more than {self._limit:,} bytes")
        return chunk


class _Header(tarfile.TarInfo):
    """A header that says so where it is broken; tarfile alone takes it for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as fault:
            if len(buf) == _BLOCK and not any(buf):
                raise  # An empty block is the end.
            raise _BrokenError(str(fault)) from None
        if not (info.isfile() or info.isdir()) and info.size > _LONGEST_HEADER:
            raise _BrokenError("a header is too long")
        return info
