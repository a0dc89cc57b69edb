"""What the first bytes of a file say of its shape, also where they end in the middle of a record."""

import csv
import re
from io import StringIO

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{}:,]', re.DOTALL)
_DEEPEST = 3

Outline = list[tuple[tuple[str, ...], set[str]]]
"""The objects of a file: the keys that lead to each (lists do not count), and its own, all as written."""


def outline(head: bytes) -> Outline:
    """Return the outermost objects of a JSON text, in their order; none where it is no JSON.

    >>> [(path, sorted(keys)) for path, keys in outline(b'{"runs": [{"id": 1}, {"id": 2, "at": "20')]
    [((), ['runs']), (('runs',), ['id']), (('runs',), ['at', 'id'])]
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"[")):
        return []
    found: Outline = []
    # For each bracket that is open: where it stands, and the keys where it is an object.
    opened: list[tuple[tuple[str, ...], set[str] | None]] = []
    path: tuple[str, ...] = ()
    text, key = b"", b""
    for hit in _TOKEN.finditer(start):
        token = hit[0]
        if token in b"{[":
            if key and 0 < len(opened) < _DEEPEST:
                path = (*opened[-1][0], key.decode("utf-8", "replace"))
            keys: set[str] | None = set() if token == b"{" else None
            opened.append((path, keys))
            if keys is not None and len(opened) <= _DEEPEST:
                found.append((path, keys))
            key = b""
        elif token in b"}]":
            if opened:
                opened.pop()
            path, key = opened[-1][0] if opened else (), b""
        elif token == b":":
            key = text
            if opened and (own := opened[-1][1]) is not None:
                own.add(key.decode("utf-8", "replace"))
        elif token == b",":
            path, key = opened[-1][0] if opened else (), b""
        else:
            text = token.strip(b'"')
    return found


def header(head: bytes) -> list[str]:
    """Return the column names of a table of comma-separated values; none where it is no table."""
    line = head.decode("utf-8-sig", "replace").partition("\n")[0].strip("\r")
    if line.lstrip().startswith(("{", "[")) or "\0" in line:
        return []
    try:
        return [name.strip() for name in next(csv.reader(StringIO(line)), [])]
    except csv.Error:
        return []
