"""A connection, and one call to read a text or a sample as a format."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from analytics import schema
from analytics.sources import Reject
from analytics.sources.formats import FORMATS
from analytics.sources.table import format_of, parse
from tests.sources.tables import DATED, FILES, MAPPING

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "weave"
BY_NAME = {entry.name: entry for entry in FORMATS}


@dataclass(frozen=True)
class Read:
    """What a format made of one input."""

    rows: list[dict[str, Any]]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]

    def row(self, span_id: str) -> dict[str, Any]:
        return next(row for row in self.rows if row["span_id"] == span_id)

    @property
    def reasons(self) -> dict[int | None, str]:
        return {reject.line: reject.reason for reject in self.rejects}


class Reader:
    """Reads bytes as a format; each input in a folder of its own."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con = con
        self.folder = folder
        self.count = 0

    def __call__(self, text: str | bytes, name: str = "weave-jsonl") -> Read:
        self.count += 1
        out = self.folder / str(self.count)
        out.mkdir()
        source = out / "input"
        source.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.file(source, name, out)

    def file(self, source: Path, name: str, out: Path | None = None) -> Read:
        out = out or self.folder
        staged = BY_NAME[name].stage(self.con, source, out)
        calls = self.con.read_parquet([str(file) for file in staged.files])
        declared = [(field.name, field.type) for field in schema.CALLS.fields]
        assert list(zip(calls.columns, map(str, calls.types), strict=True)) == declared
        rows = [dict(zip(calls.columns, row, strict=True)) for row in calls.fetchall()]
        for row in rows:
            assert all(
                row[field.name] is not None for field in schema.CALLS.fields if field.required
            )
        return Read(rows, staged.rejects, staged.notes)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        yield connection


@pytest.fixture
def read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Reader:
    return Reader(con, tmp_path)


@pytest.fixture
def read_table(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[..., Read]:
    """Read rows, or the text of a file, as a table with a mapping."""

    def read(rows: Any, text: str = MAPPING, kind: str = "jsonl") -> Read:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        file = folder / "table"
        if isinstance(rows, list):
            FILES[kind](rows, file)
        else:
            file.write_bytes(rows.encode() if isinstance(rows, str) else rows)
        os.utime(file, (DATED.timestamp(), DATED.timestamp()))
        staged = format_of(parse("mine", text)).stage(con, file, folder)
        calls = con.read_parquet([str(path) for path in staged.files])
        assert calls.columns == list(schema.CALLS.columns)
        found = [dict(zip(calls.columns, row, strict=True)) for row in calls.fetchall()]
        return Read(found, staged.rejects, staged.notes)

    return read


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Path]:
    def find(name: str) -> Path:
        if not (SAMPLES / name).is_file():
            pytest.skip(f"sample traces absent: {name}")
        return SAMPLES / name

    return find


def lines_of(records: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)
