"""Where runs are recorded to in a test, and what the reader makes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from analytics import record
from analytics.sources import Staged
from analytics.sources.record import stage

ROOT = Path(__file__).resolve().parents[2]

Row = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """A folder of records."""

    folder: Path

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl"))

    def text(self) -> str:
        record.flush()
        return "".join(file.read_text("utf-8") for file in self.files())

    def lines(self) -> list[Row]:
        return [json.loads(line) for line in self.text().splitlines()]

    def staged(self) -> list[tuple[Staged, list[Row]]]:
        record.flush()
        return [read(file) for file in self.files()]

    def rows(self) -> list[Row]:
        """The steps of all files, by when they began."""
        rows = [row for _, found in self.staged() for row in found]
        return sorted(rows, key=lambda row: (row["started_at"], row["span_id"]))

    def row(self, op: str) -> Row:
        (row,) = [row for row in self.rows() if row["op"] == op]
        return row


def read(file: Path) -> tuple[Staged, list[Row]]:
    out = file.parent / "staged" / file.stem
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as con:
        staged = stage(con, file, out)
        calls = con.read_parquet([str(each) for each in staged.files])
        rows = [dict(zip(calls.columns, row, strict=True)) for row in calls.fetchall()]
    for row in rows:
        for name in ("inputs", "output", "attributes"):
            row[name] = row[name] and json.loads(row[name])
    return staged, rows


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "traces")


Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(records: Records) -> Start:
    """Run a program in a process of its own; ``folder`` is where it records to."""

    def starting(program: str) -> "subprocess.Popen[str]":
        head = f"from analytics import record\nfolder = {str(records.folder)!r}\n"
        return subprocess.Popen(
            [sys.executable, "-c", head + program],
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return starting
