"""Weave calls as one JSON array: the UI's other JSON export, and what scripts dump."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.sources import Reject, SourceFormat, Staged
from analytics.sources.weave import calls, careful

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SIGN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is an array of Weave calls; None where it is not."""
    del path
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"[") and b'"op_name"' in text and b'"trace_id"' in text:
        return "it is a JSON array of objects with op_name and trace_id"
    return None


def elements(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the text of each element with its 1-based position, however broken the text is.

    The last one comes without a line break where the array is cut off.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        depth, position, start = 0, 1, data.find(b"[") + 1
        for sign in _SIGN.finditer(data, start - 1):
            mark = data[sign.start() : sign.start() + 1]
            if mark in b"[{":
                depth += 1
            elif mark in b"]}":
                depth -= 1
            if depth == 0 or (depth == 1 and mark == b","):
                element = _one_line(data[start : sign.start()])
                if element or depth:
                    yield position, element + b"\n"
                position, start = position + 1, sign.end()
            if depth == 0:
                return
        if rest := _one_line(data[start:]):
            yield position, rest


def _one_line(element: bytes) -> bytes:
    # Between values a line break means nothing; inside a text it would be a fault all the same.
    return element.strip().replace(b"\r", b" ").replace(b"\n", b" ")


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the calls of one JSON array as Parquet of ``schema.CALLS``."""
    target = folder / "calls.parquet"
    rejects: list[Reject] = []
    notes: list[str] = []
    try:
        calls.write_checked(con, calls.read(con, path, layout="array"), target)
    except calls.UnreadableError:
        rejects, notes = careful.stage(con, elements(path), target, path.name)
    notes += calls.notes_on(con, target, calls.first_keys(path))
    return Staged(format=FORMAT.name, files=(target,), rejects=tuple(rejects), notes=tuple(notes))


FORMAT = SourceFormat(
    name="weave-json",
    title="Weave calls, one JSON array",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)
