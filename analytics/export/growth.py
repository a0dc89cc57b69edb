"""What an earlier export into the same folder has already: so that only what is new is written.

The folder remembers which state of which store its files were made from. A file is gone on with only
where it is as it was left, and where the store can tell what came since: else it is written anew.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

MEMORY = ".patchpilot-export.json"
"""File in which a folder remembers."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """One file as an export left it."""

    rows: int
    size: int
    stamp: int
    """Its time of modification, in nanoseconds."""
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """From which state of which store the files of a folder were made."""

    store: str
    snapshot: int
    files: Mapping[str, Left] = field(default_factory=dict)
    """Name of a file -> how it was left."""


def recall(folder: Path, con: "DuckDBPyConnection") -> Remembered:
    """Return what a folder holds of the attached store; nothing where it is of another, or damaged."""
    store = identity(con)
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        told = json.loads((folder / MEMORY).read_text("utf-8"))
        files = {
            name: Left(**{**left, "columns": tuple(left["columns"])})
            for name, left in told["files"].items()
        }
        if told["store"] == store and 0 < int(told["snapshot"]) <= lake.snapshot_id(con):
            return Remembered(store=store, snapshot=int(told["snapshot"]), files=files)
    return Remembered(store=store, snapshot=0)


def identity(con: "DuckDBPyConnection") -> str:
    """Return what tells the attached store from every other."""
    row = con.execute(
        "SELECT table_uuid::VARCHAR FROM ducklake_table_info('lake') WHERE table_name = 'spans'"
    ).fetchone()
    return str(row[0]) if row else ""


def as_left(remembered: Remembered, file: Path, columns: list[str]) -> Left | None:
    """Return how an export left a file; None where it has been changed since, or never was."""
    left = remembered.files.get(file.name)
    if left is None or left.columns != tuple(columns):
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return left if (found.st_size, found.st_mtime_ns) == (left.size, left.stamp) else None


def added(con: "DuckDBPyConnection", table: str, since: int) -> "DuckDBPyRelation | None":
    """Return the rows that a table got after a state; None where it lost some, or nobody knows."""
    now = lake.snapshot_id(con)
    if now == since:
        return con.table(f"lake.main.{table}").limit(0)
    kept = con.execute(lake.statement("queries", "states_kept"), [since, now]).fetchone()
    if kept != (now - since + 1,):
        return None
    span = ["lake", "main", table, since + 1, now]
    if con.execute(lake.statement("queries", "rows_deleted"), span).fetchone() != (0,):
        return None
    return con.table_function("ducklake_table_insertions", span)


def describe(file: Path, rows: int, columns: list[str]) -> Left:
    """Return how a file is left now."""
    found = file.stat()
    return Left(rows=rows, size=found.st_size, stamp=found.st_mtime_ns, columns=tuple(columns))


def remember(folder: Path, remembered: Remembered) -> None:
    """Write down what a folder holds, when its files are in place."""
    draft = folder / f"{MEMORY}.new"
    draft.write_text(json.dumps(asdict(remembered)), "utf-8")
    draft.replace(folder / MEMORY)
