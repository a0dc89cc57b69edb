"""The members of an .eval archive: a zip file whose parts may be compressed by zstd."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import zstandard

from analytics.sources.rows import MAX_RECORD_BYTES, CallWriter, UnusableError, parsed
from analytics.sources.values import objects

_ZSTD = 93
_LOCAL_HEADER = 30
_HEADERS = ("header.json", "_journal/start.json")


class BrokenError(Exception):
    """The archive as a whole cannot be read."""


def holds_log(path: Path) -> bool:
    """Say whether a zip file holds the header of an evaluation."""
    try:
        with zipfile.ZipFile(path) as found:
            return any(name in _HEADERS for name in found.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        with path.open("rb") as file:
            return _HEADERS[1].encode() in file.read(200)


class Archive:
    """One .eval archive that is open for reading."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            BrokenError: it has no list of its members, as when it was cut off.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError) as fault:
            raise BrokenError(f"the archive is broken or cut off ({fault})") from None
        # A member that was written again stands for the earlier one of its name.
        self._members = {info.filename: info for info in self._zip.infolist()}

    def __enter__(self) -> Self:
        """Return the archive."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._zip.close()

    def header(self, out: CallWriter) -> dict[str, Any]:
        """Return what is said of the evaluation; of one that never ended, what it began with."""
        for name in _HEADERS:
            if name in self._members and isinstance(found := self._json(name, out), dict):
                return found
        raise BrokenError("the archive has no readable header")

    def summaries(self, out: CallWriter) -> list[dict[str, Any]]:
        """Return the short account of all samples; of one that never ended there is none."""
        name = "summaries.json"
        return objects(self._json(name, out)) if name in self._members else []

    def samples(self, out: CallWriter) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each sample with its position; one that cannot be read is a reject."""
        names = [name for name in self._members if name.startswith("samples/")]
        for position, name in enumerate(sorted(names), 1):
            found = self._json(name, out, position)
            if isinstance(found, dict):
                yield position, found
            elif found is not None:
                out.reject(position, f"{name} is not an object")

    def _json(self, name: str, out: CallWriter, position: int | None = None) -> Any:  # noqa: ANN401
        try:
            return parsed(self._read(self._members[name]).decode("utf-8"))
        except UnicodeDecodeError:
            out.reject(position, f"{name} is not UTF-8")
        except (UnusableError, zipfile.BadZipFile, zlib.error, zstandard.ZstdError) as fault:
            out.reject(position, f"{name}: {fault}")
        except (EOFError, RuntimeError, struct.error) as fault:
            out.reject(position, f"{name} cannot be unpacked ({fault})")
        return None

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        if info.compress_type == _ZSTD:
            with zstandard.ZstdDecompressor().stream_reader(self._packed(info)) as member:
                data = member.read(MAX_RECORD_BYTES + 1)
        else:
            with self._zip.open(info) as member:
                data = member.read(MAX_RECORD_BYTES + 1)
        if len(data) > MAX_RECORD_BYTES:
            raise UnusableError(f"larger than {MAX_RECORD_BYTES // 1024**2} MB")
        return data

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        """Return a member as it is packed, which Python before 3.14 cannot unpack itself."""
        file: IO[bytes] | None = self._zip.fp
        assert file is not None
        file.seek(info.header_offset)
        name_length, extra_length = struct.unpack("<HH", file.read(_LOCAL_HEADER)[26:30])
        file.seek(name_length + extra_length, 1)
        return file.read(info.compress_size)
