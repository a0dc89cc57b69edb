"""Records that the quick path refused, one by one: keep what can be kept, say what cannot.

The kept ones go to a clean JSONL file, each with the position it had in the user's file.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from analytics.sources import Reject
from analytics.sources.weave import calls
from analytics.sources.weave.calls import LINE, MAX_RECORD_BYTES, excerpt_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_TOO_LARGE = f"larger than {MAX_RECORD_BYTES // 1024**2} MB"


class _FaultError(ValueError):
    """Why one record cannot be kept."""


@dataclass
class Repairs:
    """What was mended, and in how many records."""

    counts: Counter[str] = field(default_factory=Counter)

    def note(self) -> list[str]:
        """Return the sentence for the user, or nothing."""
        told = ", ".join(f"{what} ({count})" for what, count in sorted(self.counts.items()))
        return [f"mended so that they could be kept: {told}."] if told else []


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank with its 1-based number, cut off behind the size limit."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_RECORD_BYTES + 2):
            number += 1
            if not line.endswith(b"\n"):
                _skip_line(file)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield number, line


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
        pass


def stage(
    con: "DuckDBPyConnection", records: Iterable[tuple[int, bytes]], target: Path, name: str
) -> tuple[list[Reject], list[str]]:
    """Write the records that can be kept as Parquet; return the others, and notes for the user."""
    with clean_copy(con, records, target, name) as (sound, rejects, notes):
        rejects += calls.write_sound(con, calls.read(con, sound, lines=True), target, name)
    return by_position(rejects), notes


def by_position(rejects: Iterable[Reject]) -> list[Reject]:
    """Return rejects in the order of the user's file."""
    return sorted(rejects, key=lambda reject: reject.line or 0)


@contextmanager
def clean_copy(
    con: "DuckDBPyConnection", records: Iterable[tuple[int, bytes]], target: Path, name: str
) -> Iterator[tuple[Path, list[Reject], list[str]]]:
    """Yield a JSONL file of the records that can be kept, the others, and notes for the user."""

    def valid(text: str) -> bool:
        return bool(con.execute("SELECT json_valid(?)", [text]).fetchall()[0][0])

    sound = target.with_suffix(".clean.jsonl")
    try:
        rejects, repairs = clean(records, sound, name, valid)
        yield sound, rejects, repairs.note()
    finally:
        sound.unlink(missing_ok=True)


def clean(
    records: Iterable[tuple[int, bytes]], target: Path, name: str, valid: Callable[[str], bool]
) -> tuple[list[Reject], Repairs]:
    """Write the records that can be kept to a JSONL file and return the rest.

    Args:
        records: position and bytes of each.
        target: file to write.
        name: the user's file, for the rejects.
        valid: whether a text is JSON, asked where it is too deep for Python to tell.
    """
    rejects: list[Reject] = []
    repairs = Repairs()
    with target.open("wb") as out:
        for position, raw in records:
            try:
                out.write(_mended(raw, position, repairs, valid) + b"\n")
            except _FaultError as fault:
                excerpt = excerpt_of(raw[:2000].decode("utf-8", "replace"))
                rejects.append(Reject(file=name, line=position, reason=str(fault), excerpt=excerpt))
    return rejects, repairs


def _mended(raw: bytes, position: int, repairs: Repairs, valid: Callable[[str], bool]) -> bytes:
    """Return one record as one line of JSON that carries its position."""
    if len(raw) > MAX_RECORD_BYTES:
        raise _FaultError(_TOO_LARGE)
    try:
        text = raw.decode("utf-8").strip(" \t\r\n")
    except UnicodeDecodeError as error:
        raise _FaultError(f"not UTF-8 (byte {error.start + 1})") from None
    record, mended = _parsed(text, cut=not raw.endswith(b"\n"), valid=valid)
    if isinstance(record, dict) and LINE in record:
        del record[LINE]
        mended["a key of ours taken out"] += 1
    if _ESCAPED_SURROGATE.search(raw):
        mended["half of a character pair replaced"] += bool(_LONE_SURROGATE.search(_dumped(record)))
    mended = +mended
    if mended:
        repairs.counts.update(mended.keys())
        text = _LONE_SURROGATE.sub("\ufffd", _dumped(record))
    body = text[1:].lstrip(" \t\r\n")
    return f'{{"{LINE}":{position}{"" if body.startswith("}") else ","}{body}'.encode()


def _dumped(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _parsed(
    text: str, *, cut: bool, valid: Callable[[str], bool]
) -> tuple[dict[str, Any] | None, Counter[str]]:
    """Return the record and what had to be mended in it; None where it is only known to be sound.

    Raises:
        _FaultError: where it is no JSON object.
    """
    mended: Counter[str] = Counter()

    def constant(_: str) -> None:
        mended["NaN or infinity set to null"] = 1

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # Called innermost first, so that what stands at last is said of the record itself.
        found = dict(pairs)
        mended["double key: the last one kept"] = len(found) < len(pairs)
        return found

    def number(written: str) -> float | None:
        value = float(written)
        return value if abs(value) != float("inf") else None

    decoder = {"object_pairs_hook": members, "parse_constant": constant, "parse_float": number}
    try:
        try:
            record = json.loads(text, **decoder)
        except json.JSONDecodeError as strict:
            try:
                record = json.loads(text, strict=False, **decoder)
            except json.JSONDecodeError:
                raise _FaultError(_why(strict, text, cut=cut)) from None
            mended["raw control characters escaped"] = 1
    except RecursionError:
        # Depth alone is no fault: the store reads it, only Python's parser does not.
        if not (text.startswith("{") and valid(text)):
            raise _FaultError("not JSON (deeply nested)") from None
        return None, +mended
    except ValueError as error:
        if isinstance(error, _FaultError):
            raise
        raise _FaultError(f"not JSON ({error})") from None
    if not isinstance(record, dict):
        raise _FaultError(f"not an object ({_kind(record)})")
    return record, +mended


def _why(error: json.JSONDecodeError, text: str, *, cut: bool) -> str:
    if cut and text.startswith("{") and _ends_open(error, text):
        return "cut off: the file ends in the middle of this record"
    return f"not JSON ({error.msg.lower()} at column {error.pos + 1})"


def _ends_open(error: json.JSONDecodeError, text: str) -> bool:
    return error.pos >= len(text) - 1 or error.msg.startswith("Unterminated")


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
