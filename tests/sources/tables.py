"""Some rows, their mapping, and every kind of file that they can stand in."""

import csv
import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import yaml

DATED = datetime(2026, 11, 1)
"""The date of every file that is written here."""

ROWS: list[dict[str, Any]] = [
    {
        "run_id": "a",
        "resolved": True,
        "start": "2026-11-20T10:00:00Z",
        "ms": 1500,
        "cost": 0.25,
        "in": 10,
        "cached": 90,
        "out": 5,
        "model": "gpt-5",
        "tools": {"Bash": 2, "Read": 1},
        "covered": 85.5,
        "note": "kept",
    },
    {
        "run_id": "7",
        "resolved": False,
        "start": "2026-11-20T11:00:00Z",
        "ms": 2500,
        "cost": 0.0,
        "in": 20,
        "cached": 0,
        "out": 6,
        "model": "unknown",
        "tools": {"Bash": 1, "Read": 4},
        "covered": 12.0,
        "note": "<b>kept</b>",
    },
]
MAPPING = """
rows = "run"
source = "mine"
agent = "MyAgent"
additive_cache = true
[fields]
id = "run_id"
task = "run_id"
passed = "resolved"
started_at = "start"
duration = { column = "ms", unit = "ms" }
cost_usd = { column = "cost", null = [0] }
input_tokens = "in"
cache_read_tokens = "cached"
output_tokens = "out"
model = { column = "model", null = ["unknown"] }
tools = "tools"
coverage = { column = "covered", unit = "percent" }
"""


def as_json(rows: list[dict[str, Any]], path: Path) -> None:
    path.write_text(json.dumps(rows))


def as_jsonl(rows: list[dict[str, Any]], path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_yaml(rows: list[dict[str, Any]], path: Path) -> None:
    path.write_text(yaml.safe_dump(rows, sort_keys=False))


def as_parquet(rows: list[dict[str, Any]], path: Path) -> None:
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)


def flat(rows: list[dict[str, Any]]) -> list[list[Any]]:
    cells = [[row[column] for column in rows[0]] for row in rows]
    return [[json.dumps(v) if isinstance(v, dict | list) else v for v in row] for row in cells]


def delimited(delimiter: str) -> Callable[[list[dict[str, Any]], Path], None]:
    def write(rows: list[dict[str, Any]], path: Path) -> None:
        out = StringIO()
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerows([list(rows[0]), *flat(rows)])
        path.write_text(out.getvalue())

    return write


def as_sqlite(rows: list[dict[str, Any]], path: Path) -> None:
    con = sqlite3.connect(path)
    names, marks = ", ".join(map('"{}"'.format, rows[0])), ", ".join("?" * len(rows[0]))
    con.execute(f"CREATE TABLE runs ({names})")
    con.executemany(f"INSERT INTO runs VALUES ({marks})", flat(rows))  # noqa: S608 - our own columns
    con.commit()
    con.close()


FILES = {
    "json": as_json,
    "jsonl": as_jsonl,
    "yaml": as_yaml,
    "parquet": as_parquet,
    "csv": delimited(","),
    "tsv": delimited("\t"),
    "semicolons": delimited(";"),
    "sqlite": as_sqlite,
}


def facts(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["output"])


def small(fields: str, head: str = 'rows = "run"') -> str:
    return f'{head}\n[fields]\nid = "id"\n{fields}\n'
