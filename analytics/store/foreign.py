"""Whether a catalog of unknown origin holds anything that no store of this project does.

A DuckLake catalog tells DuckDB what to read, what to remove and what SQL to run, and an SQLite file runs
some of its own. What a stranger made is therefore looked through before anything opens it as a store.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from analytics.schema import TABLES
from analytics.store import lake

_DUCKLAKE = frozenset(
    "ducklake_" + name
    for name in (
        "column", "column_mapping", "column_tag", "data_file", "delete_file", "file_column_stats",
        "file_partition_value", "file_variant_stats", "files_scheduled_for_deletion", "inlined_data_tables",
        "macro", "macro_impl", "macro_parameters", "metadata", "name_mapping", "partition_column",
        "partition_info", "schema", "schema_versions", "snapshot", "snapshot_changes", "sort_expression",
        "sort_info", "table", "table_column_stats", "table_stats", "tag", "view",
    )
)  # fmt: skip
"""Every table that DuckLake makes in a catalog, but for those of rows that the catalog itself holds."""

_INLINED = re.compile(r"ducklake_inlined_(?:data_\d+_\d+|delete_\d+)", re.ASCII)
_COLUMN = r'(?:"\w+"|\w+) [A-Z]+(?: NOT NULL| PRIMARY KEY)?'
_MADE = re.compile(rf'CREATE TABLE "?(\w+)"?\({_COLUMN}(?:, {_COLUMN})*\)', re.ASCII)
"""Names and types alone: defaults, checks and computed columns are SQL that SQLite runs."""

_INSIDE = re.compile(r"(?:[\w=%-][\w=%.-]*/)*[\w=%-][\w=%.-]*", re.ASCII)
_PLAIN = {
    "is_word": re.compile(r"\w+", re.ASCII),
    "is_type": re.compile(r"\w+(?:\(\d+, ?\d+\))?", re.ASCII),
    "is_number": re.compile(r"-?\d+", re.ASCII),
    "is_setting": re.compile(r"[\w .-]+", re.ASCII),
    "is_id": re.compile(r"[0-9a-f-]+", re.ASCII),
    "is_inside": _INSIDE,
    "is_folder": re.compile(_INSIDE.pattern + "/", re.ASCII),
    "is_table": re.compile("|".join(TABLES)),
}
"""Functions of ``queries/foreign.sql`` -> what a text must look like."""


def is_inside(path: str) -> bool:
    """Say whether a path can only lead further into the folder that it starts from.

    >>> is_inside("main/spans/year=2026/a.parquet"), is_inside("main/../../a.parquet"), is_inside("/a")
    (True, False, False)
    """
    return _INSIDE.fullmatch(path) is not None


def found(file: Path) -> str | None:
    """Name one thing in a catalog that no store of this project holds, None where there is none.

    The file must not be open as a store in this process: see ``catalog_file``.

    Raises:
        sqlite3.Error: it is no catalog, or cannot be read.
    """
    where = f"file:{quote(str(file))}?mode=ro"
    with closing(sqlite3.connect(where, uri=True)) as catalog:
        # Nothing but the list of tables is read before it is known that reading them runs nothing.
        catalog.execute("PRAGMA trusted_schema = OFF")
        if stray := next(_strays(catalog), None):
            return stray
        for name, pattern in _PLAIN.items():
            catalog.create_function(name, 1, _tells(pattern), deterministic=True)
        told = catalog.execute(lake.statement("queries", "foreign") + " LIMIT 1").fetchone()
    return None if told is None else f"{told[0]} ({str(told[1])[:80]!r})"


def _strays(catalog: sqlite3.Connection) -> Iterator[str]:
    """Yield what SQLite itself lists and DuckLake did not make."""
    lacking = set(_DUCKLAKE)
    for kind, name, sql in catalog.execute("SELECT type, name, sql FROM sqlite_master"):
        lacking.discard(name)
        if kind == "index" and sql is None:
            continue  # SQLite's own, of a primary key.
        made = _MADE.fullmatch(str(sql)) if kind == "table" else None
        if made is None or made[1] != name or not (name in _DUCKLAKE or _INLINED.fullmatch(name)):
            yield f"a {kind} of SQLite's ({str(name)[:80]!r})"
    yield from (f"no table {name}" for name in sorted(lacking))


def _tells(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None
