"""The whole chain in one process: raw Weave calls to a file, staged, written to a store, measured."""

import atexit
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cache
from math import isclose
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory, mkdtemp
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from analytics import schema
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import CATALOG
from analytics.metrics.evaluate import evaluate
from analytics.sources import Staged
from analytics.sources.weave import jsonl
from analytics.store import imports, lake
from analytics.store.location import Store
from analytics.store.reader import Reader
from tests.oracle import Expected

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOW = datetime(2026, 3, 2, 12)
"""The clock of these tests."""

ROLLUPS = tuple(table.name for table in schema.ROLLUPS)

Raw = dict[str, Any]


def bring(con: "DuckDBPyConnection", store: Store, raws: Iterable[Raw]) -> imports.Written:
    """Import raw calls, as one file would be."""
    with lake.scratch(store) as folder:
        file = folder / "calls.jsonl"
        file.write_text("".join(json.dumps(raw) + "\n" for raw in raws), "utf-8")
        staged = jsonl.FORMAT.stage(con, file, folder)
        return imports.write(con, arrival(staged))


def arrival(*staged: Staged, deleted_ids: Sequence[str] = ()) -> imports.Arrival:
    """What an import of these files brings."""
    return imports.Arrival(
        origin="test", staged=staged, now=NOW, began=perf_counter(), deleted_ids=deleted_ids
    )


class Blank(Protocol):
    """An empty store that is more than one folder."""

    def copied(self) -> AbstractContextManager[Store]:
        """Give a new store like it."""
        ...


@contextmanager
def copied(template: Path | Blank) -> Iterator[Any]:
    """Give a new empty store, copied because making one takes longer."""
    if not isinstance(template, Path):
        with template.copied() as store:
            yield store
        return
    with TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        copytree(template, store)
        yield store


@cache
def laid_out() -> Path:
    """Return the folder of a store without a single import, made once in this process."""
    folder = Path(mkdtemp(prefix="patchpilot-tests-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    with lake.writer(folder / "store"):
        pass
    return folder / "store"


@contextmanager
def stored(
    template: Path | Blank, *parts: Sequence[Raw]
) -> "Iterator[tuple[DuckDBPyConnection, Any]]":
    """Open a new store into which the parts have been imported, one after the other.

    Args:
        template: an empty store.
        parts: raw calls.
    """
    with copied(template) as store, lake.writer(store, little=True) as con:
        for part in parts:
            bring(con, store, part)
        yield con, store


@contextmanager
def filled(template: Path, part: Sequence[Raw]) -> Iterator[Path]:
    """Give a closed store into which raw calls have been imported, to be a template of others."""
    with copied(template) as store:
        with lake.writer(store, little=True) as con:
            bring(con, store, part)
        yield store


def rows(con: "DuckDBPyConnection", table: str, *without: str) -> list[tuple[Any, ...]]:
    """Return the rows of one stored table, in an order of their own, some columns left out."""
    columns = [name for name in con.table(f"lake.{table}").columns if name not in without]
    found = con.table(f"lake.{table}").project(*columns).fetchall()
    return sorted(found, key=repr)


@contextmanager
def reading(store: Store, now: datetime = NOW) -> "Iterator[DuckDBPyConnection]":
    """Open a store as a page does, for metrics to be evaluated."""
    reader = Reader(store, now=now)
    try:
        with reader.cursor() as cursor:
            yield cursor
    finally:
        reader.close()


def numbers(store: Store, by: Sequence[str] = ()) -> dict[tuple[Any, ...], dict[str, Estimate]]:
    """Work out every metric of a store."""
    with reading(store) as cursor:
        return evaluate(cursor, CATALOG, by)


def differences(expected: Mapping[str, Expected], found: Mapping[str, Estimate]) -> list[str]:
    """Say where the store's numbers are not the oracle's."""
    return [
        f"{name}.{part}: expected {getattr(wanted, part)}, the store says {getattr(found[name], part)}"
        for name, wanted in expected.items()
        for part in ("value", "n", "hits", "missing", "floor", "ceiling")
        if not _same(getattr(wanted, part), getattr(found[name], part))
    ]


def _same(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
