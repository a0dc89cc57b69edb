"""Imports killed at any moment: what was committed is there, what was not has left nothing."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from random import Random

import pytest

from analytics.store import lake, refresh
from analytics.store.location import Location, Store
from tests.chain import ROLLUPS, bring, copied, rows
from tests.store.importing import batch, work

KILLS = 8
KILLS_OF_A_TEAM = 2


def assert_whole(store: Store) -> int:
    """Check that the store holds whole imports and nothing else; return how many."""
    with lake.writer(store) as con:
        if (tmp := Location.of(store).tmp) is not None:
            assert list(tmp.iterdir()) == []
        imported = con.sql("SELECT import_id, new_count FROM lake.imports ORDER BY 1").fetchall()
        assert [number for number, _ in imported] == list(range(1, len(imported) + 1))
        spans = con.sql("SELECT import_id, count(*) FROM lake.spans GROUP BY 1 ORDER BY 1")
        assert spans.fetchall() == imported
        for table in ("spans", "payloads"):
            ids = [row[0] for row in con.table(f"lake.{table}").project("span_id").fetchall()]
            assert len(ids) == len(set(ids)) == len(batch(0)) * len(imported)
        # Three runs of one task, three of an evaluation, one with two bugs, one without its root.
        assert con.table("lake.runs").count("*").fetchall() == [(8 * len(imported),)]
    return len(imported)


@pytest.mark.every_store
def test_a_killed_import_leaves_whole_imports_only(blank: Path, store_kind: str):
    with copied(blank) as store:
        kill_imports(store, KILLS if store_kind == "folder" else KILLS_OF_A_TEAM)


def kill_imports(store: Store, kills: int) -> None:
    chance = Random(20260302)
    # Processes that have loaded everything but have no store open start in a moment.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.store.importing", "duckdb", "polars"])
    began = time.perf_counter()
    with lake.writer(store) as con:
        bring(con, store, batch(-1))
    whole = time.perf_counter() - began
    imported = 1
    for kill in range(kills):
        process = processes.Process(target=work, args=(store, 1000 * kill, dict(os.environ)))
        process.start()
        time.sleep(chance.uniform(0.0, 1.5 * whole))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        found = assert_whole(store)
        assert found >= imported
        imported = found
    with lake.writer(store) as con:
        assert bring(con, store, batch(-2)).new == len(batch(-2))
        before = {table: rows(con, table) for table in ROLLUPS}
        with lake.transaction(con):
            refresh.rebuild(con, lake.presets(con))
        assert {table: rows(con, table) for table in ROLLUPS} == before
    assert assert_whole(store) == imported + 1


def test_a_killed_creation_leaves_no_store(tmp_path: Path):
    store = tmp_path / "store"
    chance = Random(7)
    processes = multiprocessing.get_context("forkserver")
    for _ in range(5):
        process = processes.Process(target=work, args=(store, 0))
        process.start()
        time.sleep(chance.uniform(0.0, 0.4))
        process.kill()
        process.join()
    with lake.writer(store) as con:
        bring(con, store, batch(0))
        assert con.sql("SELECT count(*) > 0 FROM lake.runs").fetchall() == [(True,)]
