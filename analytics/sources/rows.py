"""What the formats that are read in Python share: checked values in, Parquet of ``schema.CALLS`` out.

Secrets are taken out here, so that no format can forget to.
"""

import hashlib
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self

from analytics.redaction import FEW, redact, redact_columns
from analytics.schema import CALLS
from analytics.sources import Reject, Staged

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""A line longer than this is left out; a document as a whole may be eight times as large."""

_MAX_DOCUMENT_BYTES = 8 * MAX_RECORD_BYTES
_BATCH = 5_000
_BATCH_CHARACTERS = 32 * 1024 * 1024
_JSON = ("inputs", "output", "attributes", "feedback")
_FREE_TEXT = ("display_name", "error_message")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UnusableError(ValueError):
    """Why one record cannot be kept."""


class Account(Protocol):
    """Who is told of what is left out of a file."""

    def reject(self, line: int | None, reason: str, record: object = "") -> None:
        """Count a record that is left out."""
        ...


class Deaf:
    """Hears nothing: for the first of two readings, so that the second one counts what is left out."""

    def reject(self, line: int | None, reason: str, record: object = "") -> None:
        """Count nothing."""


class CallWriter:
    """Writes the calls of one input as one Parquet file, and keeps account of what is left out."""

    def __init__(self, con: "DuckDBPyConnection", source: str, folder: Path, name: str) -> None:
        """Begin a file.

        Args:
            con: takes secrets out, which Python's own regular expressions are too slow for.
            source: what ``schema.CALLS`` calls the system that wrote the records.
            folder: where the Parquet file goes.
            name: the user's file, for the rejects.
        """
        import pyarrow.parquet

        self._con = con
        self._source = source
        self._name = name
        self._path = folder / "calls.parquet"
        self._schema = _arrow_schema()
        self._out = pyarrow.parquet.ParquetWriter(self._path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._characters = 0
        self.count = 0
        self.rejects: list[Reject] = []
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left and close the file."""
        self._flush()
        self._out.close()

    def add(self, **fields: Any) -> None:  # noqa: ANN401 - every column has a type of its own
        """Take one call.

        Args:
            fields: columns of ``schema.CALLS``; payloads as Python values, times in UTC.

        Raises:
            UnusableError: a required column is missing, or a payload cannot be written as JSON.
        """
        row: dict[str, Any] = dict.fromkeys(CALLS.columns)
        row.update(source=self._source, detail=2)
        for column, value in fields.items():
            assert column in row, column
            row[column] = _stored(column, value)
        for field in CALLS.fields:
            if field.required and row[field.name] in (None, ""):
                raise UnusableError(f"{field.name} is missing")
        self._rows.append(row)
        self._characters += sum(len(value) for value in row.values() if isinstance(value, str))
        self.count += 1
        if len(self._rows) >= _BATCH or self._characters >= _BATCH_CHARACTERS:
            self._flush()

    def reject(self, line: int | None, reason: str, record: object = "") -> None:
        """Count a record that is left out.

        Args:
            line: 1-based line, or position of the record where lines mean nothing.
            reason: why.
            record: the record, or the text that should have been one.
        """
        self.rejects.append(
            Reject(file=self._name, line=line, reason=reason, excerpt=excerpt(record))
        )

    def note(self, sentence: str) -> None:
        """Tell the user something, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def staged(self, format_name: str) -> Staged:
        """Return the account of the whole input; to be called when the file is closed."""
        return Staged(
            format=format_name,
            files=(self._path,),
            rejects=tuple(sorted(self.rejects, key=lambda reject: reject.line or 0)),
            notes=tuple(self.notes),
        )

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            raw = pa.Table.from_pylist(self._rows, schema=self._schema)
            few = raw.num_rows < FEW
            clean = redact_columns(self._con.from_arrow(raw), (*_JSON, *_FREE_TEXT), few=few)
            self._out.write_table(clean.to_arrow_table().cast(self._schema))
        self._rows, self._characters = [], 0


def _arrow_schema() -> "pa.Schema":
    import pyarrow as pa

    types = {
        "VARCHAR": pa.string(),
        "TIMESTAMP": pa.timestamp("us"),
        "BIGINT": pa.int64(),
        "DOUBLE": pa.float64(),
        "TINYINT": pa.int8(),
    }
    return pa.schema([(field.name, types[field.type]) for field in CALLS.fields])


def _stored(column: str, value: object) -> object:
    if value is None:
        return None
    if column in _JSON:
        return as_json(value)
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value


def as_json(value: object) -> str:
    """Return a value as JSON text; what JSON cannot say (NaN, half characters) becomes null or \ufffd.

    Raises:
        UnusableError: it is nested too deeply.
    """
    try:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError:
            text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise UnusableError("nested too deeply") from None
    return _UNSTORABLE.sub("\ufffd", text)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value


def excerpt(record: object) -> str:
    """Return the first characters of a record, secrets taken out, on one printable line."""
    try:
        text = record if isinstance(record, str) else as_json(record)
    except UnusableError:
        text = ""
    # Far more than is shown: a secret that is cut in two is not known for one.
    shown = redact(text[:2000]).strip()[:200]
    return "".join(c if c.isprintable() else "\ufffd" for c in shown)


def parsed(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what a JSON text says.

    Raises:
        UnusableError: it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        raise UnusableError(f"not JSON ({fault.msg.lower()} at column {fault.colno})") from None
    except RecursionError:
        raise UnusableError("nested too deeply") from None
    except ValueError as fault:
        raise UnusableError(f"not JSON ({fault})") from None


def document(path: Path, out: CallWriter) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what a file holds as one JSON document; None where it is none, which is a reject."""
    if path.stat().st_size > _MAX_DOCUMENT_BYTES:
        out.reject(None, f"larger than {_MAX_DOCUMENT_BYTES // 1024**2} MB")
        return None
    raw = path.read_bytes()
    try:
        return parsed(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        out.reject(None, f"not UTF-8 (byte {fault.start + 1})")
    except UnusableError as fault:
        out.reject(None, str(fault), raw[:2000].decode("utf-8-sig", "replace"))
    return None


def tell_growth(path: Path, size: int, out: CallWriter) -> None:
    """Tell the user if a file is longer by now than what was read of it."""
    if path.stat().st_size > size:
        out.note(
            "it grew while it was read: what was added is left out. Import it again, or watch it."
        )


def lines(
    path: Path, out: Account, size: int = sys.maxsize
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the JSON object of each line with its 1-based number; every other line is a reject.

    Args:
        path: the file.
        out: is told of the rejects.
        size: bytes to read: whoever reads a file twice, while it may grow, reads the same both times.
    """
    with path.open("rb") as file:
        number, left = 0, size
        while raw := file.readline(min(MAX_RECORD_BYTES + 1, left)):
            number += 1
            left -= len(raw)
            if len(raw) > MAX_RECORD_BYTES:
                if not raw.endswith(b"\n"):
                    _skip_line(file)
                    left = max(size - file.tell(), 0)
                out.reject(number, f"larger than {MAX_RECORD_BYTES // 1024**2} MB", raw[:200].hex())
                continue
            if not raw.strip():
                continue
            try:
                record = parsed(raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip())
                if not isinstance(record, dict):
                    raise UnusableError("not an object")
            except UnicodeDecodeError as fault:
                out.reject(number, f"not UTF-8 (byte {fault.start + 1})")
            except UnusableError as fault:
                cut = not raw.endswith(b"\n") and raw.lstrip().startswith(b"{")
                reason = (
                    "cut off: the file ends in the middle of this record" if cut else str(fault)
                )
                out.reject(number, reason, raw[:2000].decode("utf-8", "replace"))
            else:
                yield number, record


def documents(path: Path, out: Account, size: int = sys.maxsize) -> Iterator[tuple[int, Any]]:
    """Yield the JSON values of a file: one a line, one in all, or several one after the other.

    Each comes with its 1-based line, or with its position where it takes several lines. Of a file with
    one a line, ``size`` is as for :func:`lines`.
    """
    if _is_lined(path):
        yield from lines(path, out, size)
        return
    if path.stat().st_size > _MAX_DOCUMENT_BYTES:
        out.reject(None, f"larger than {_MAX_DOCUMENT_BYTES // 1024**2} MB")
        return
    try:
        rest = path.read_bytes().decode("utf-8-sig").strip()
    except UnicodeDecodeError as fault:
        out.reject(None, f"not UTF-8 (byte {fault.start + 1})")
        return
    decoder, position, at = json.JSONDecoder(), 1, 0
    while at < len(rest):
        try:
            value, at = decoder.raw_decode(rest, at)
        except (ValueError, RecursionError) as fault:
            reason = (
                "nested too deeply" if isinstance(fault, RecursionError) else f"not JSON ({fault})"
            )
            out.reject(position, reason, rest[at : at + 2000])
            return
        yield position, value
        at += len(rest[at : at + 100]) - len(rest[at : at + 100].lstrip(" \t\r\n,"))
        position += 1


def _is_lined(path: Path) -> bool:
    """Say whether the first line that is not blank is a JSON object of its own."""
    with path.open("rb") as file:
        for raw in iter(lambda: file.readline(MAX_RECORD_BYTES), b""):
            if raw.strip():
                try:
                    return isinstance(parsed(raw.decode("utf-8-sig", "replace")), dict)
                except UnusableError as fault:
                    # Cut off in its first line, it is still one record a line.
                    return "deeply" in str(fault)
    return False


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
        pass


def derived_id(*parts: object) -> str:
    """Return an id that the same parts always give, for records that have none of their own."""
    return hashlib.sha256(as_json(parts).encode()).hexdigest()[:32]
