"""Files through the whole chain: recognised, staged, written to a store, rolled up to runs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import copytree
from typing import Any

from analytics.store.reader import Reader
from analytics.sync import import_paths
from analytics.sync.work import SyncReport
from tests.chain import laid_out

NOW = datetime(2026, 11, 20, 12)


def bring(store: Path, *paths: Path) -> SyncReport:
    if not store.exists():
        copytree(laid_out(), store)  # Making one takes longer.
    return import_paths(store, [str(path) for path in paths])


@contextmanager
def cursor(store: Path) -> Iterator[Any]:
    reader = Reader(store, now=NOW)
    try:
        with reader.cursor() as found:
            yield found
    finally:
        reader.close()


def runs(store: Path, *columns: str) -> list[dict[str, Any]]:
    return rows(store, "runs", columns)


def rows(store: Path, table: str, columns: Iterable[str]) -> list[dict[str, Any]]:
    names = list(columns)
    with cursor(store) as con:
        found = con.table(table).project(*names).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]
