"""An open reader follows its store by what changed, and ends where a fresh reader begins."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from analytics.schema import ROLLUPS
from analytics.store import lake, loading, refresh, retention
from analytics.store.loading import Loader
from analytics.store.reader import Reader
from tests.chain import NOW, Raw, bring, copied
from tests.generated import as_running, collection
from tests.golden.make import calls

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXPORTS = 15


@pytest.fixture(scope="module")
def lines() -> list[Raw]:
    return collection(EXPORTS)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each load after the first went by what changed."""
    taken: list[bool] = []
    load_changes = loading._load_changes

    def told(*arguments: Any) -> bool:
        taken.append(False)
        taken[-1] = load_changes(*arguments)
        return taken[-1]

    monkeypatch.setattr(loading, "_load_changes", told)
    monkeypatch.setattr(loading, "_SWEPT_AFTER", 2)
    return taken


@pytest.fixture
def store(blank: Path) -> Iterator[Path]:
    with copied(blank) as made:
        yield made


def held(reader: Reader) -> dict[str, list[tuple[Any, ...]]]:
    """What a reader has in memory."""
    reader.poll()
    with reader.cursor() as con:
        return {name: sorted(con.table(name).fetchall(), key=repr) for name in loading.VIEWS}


def fresh(store: Path) -> dict[str, list[tuple[Any, ...]]]:
    reader = Reader(store, now=NOW)
    try:
        return held(reader)
    finally:
        reader.close()


def test_following_ends_where_a_fresh_reader_begins(
    store: Path, lines: list[Raw], steps: list[bool]
):
    ids = sorted({line["trace_id"] for line in lines})
    late = Random(1).sample(ids, 4)
    begun = [as_running(line) if n % 9 == 0 else line for n, line in enumerate(lines)]
    first = [line for line in begun if line["trace_id"] not in late]
    second = [line for line in lines if line["trace_id"] in late[:2]]
    third = [line for line in lines if line["trace_id"] in late[2:]]
    ended = [line for line, was in zip(lines, begun, strict=True) if line != was and was in first]
    with lake.writer(store) as con:
        bring(con, store, first)
        reader = Reader(store, now=NOW)
        # A drawn trace may have a single call: half of it is nothing, and no step.
        parts = [part for part in (second, third[::2], third[1::2], ended[:3]) if part]
        for part in parts:
            bring(con, store, part)
            assert held(reader) == fresh(store)
        assert steps == [True] * len(parts)
        # Two commits between two looks.
        bring(con, store, ended[3:5])
        bring(con, store, ended[5:7])
        assert held(reader) == fresh(store)
        assert steps == [True] * (len(parts) + 1)
        with lake.transaction(con):
            refresh.rebuild(con, lake.presets(con))
        assert held(reader) == fresh(store)
        assert steps == [True] * (len(parts) + 1) + [False]
    reader.close()


def test_what_was_expired_is_loaded_as_a_whole(store: Path, lines: list[Raw], steps: list[bool]):
    with lake.writer(store) as con:
        bring(con, store, lines[: len(lines) // 2])
        reader = Reader(store, now=NOW)
        before = held(reader)
        bring(con, store, lines[len(lines) // 2 :])
        retention.prune(con, now=NOW + timedelta(days=4000), keep_runs=10)
        assert held(reader) == fresh(store) != before
        assert steps == [False]
    reader.close()


def test_every_rollup_tells_its_trace():
    for table in ROLLUPS:
        assert {"source", "trace_id"} <= set(table.columns)


def test_the_clock_alone_changes_what_is_held(store: Path, lines: list[Raw]):
    begun = [as_running(line) if n % 9 == 0 else line for n, line in enumerate(lines)]
    newest = max(line["started_at"] for line in lines)
    # Those that are drawn need not hold a run that goes on.
    begun += [{**as_running(raw), "started_at": newest} for raw in calls("running")]
    with lake.writer(store) as con:
        bring(con, store, begun)
    early = datetime.fromisoformat(newest[:19])
    late = early + timedelta(days=4000)
    reader = Reader(store, now=early)
    before = reader.poll()
    assert before.running > 0
    # Forward, and back again: a clock that was set right.
    for now, snapshot in ((late, before.snapshot), (early, before.snapshot)):
        reader._now = now
        other = Reader(store, now=now)
        assert reader.poll().snapshot == snapshot
        assert held(reader) == held(other)
        other.close()
    assert reader.poll() == before
    reader.close()


def test_nobody_waits_for_what_another_thread_loads(
    store: Path, lines: list[Raw], monkeypatch: pytest.MonkeyPatch
):
    part = len(lines) // 2
    with lake.writer(store) as con:
        bring(con, store, lines[:part])
        reader = Reader(store, now=NOW)
        before, old = reader.poll(), held(reader)
        bring(con, store, lines[part:])
    began, may_end = Event(), Event()
    load = Loader.load

    def slow(loader: Loader, cursor: "DuckDBPyConnection") -> None:
        began.set()
        assert may_end.wait(60)
        load(loader, cursor)

    monkeypatch.setattr(Loader, "load", slow)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(reader.poll)
        assert began.wait(60)
        try:
            assert reader.poll() == before
            assert held(reader) == old
        finally:
            may_end.set()
        after = loading.result()
    assert after.snapshot > before.snapshot
    assert reader.poll() == after
    assert held(reader) == fresh(store) != old
    reader.close()
