"""Retention: what is kept is as it was, what goes leaves nothing behind, and the room comes back."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analytics.errors import InputError
from analytics.schema import STORED
from analytics.store import lake
from analytics.store.location import CATALOG
from analytics.store.retention import give_room_back, prune
from tests.chain import NOW, ROLLUPS, Raw, bring, copied, rows, stored
from tests.generated import collection
from tests.store.importing import batch

OF_TRACES = [*ROLLUPS, *(t.name for t in STORED if "trace_id" in t.columns)]


@pytest.fixture(scope="module")
def lines() -> list[Raw]:
    return collection(12)


def starts(con) -> list[tuple[datetime, str, str]]:
    """When each run began, its id and its trace, the newest last."""
    return sorted(con.execute("SELECT started_at, run_id, trace_id FROM lake.runs").fetchall())


def kept_traces(con) -> set[str]:
    return {
        trace for (trace,) in con.execute("SELECT DISTINCT trace_id FROM lake.spans").fetchall()
    }


def left(con) -> dict[str, list]:
    return {
        name: rows(con, name, "import_id") if name == "spans" else rows(con, name)
        for name in OF_TRACES
    }


@pytest.mark.parametrize("keep", [1, 7, 20])
def test_the_newest_runs_stay_and_are_as_if_nothing_else_had_been(
    empty_store: Path, lines: Sequence[Raw], keep: int
):
    with stored(empty_store, lines) as (con, _):
        newest = {trace for _, _, trace in starts(con)[-keep:]}
        before = {name: rows(con, name) for name in OF_TRACES}
        pruned = prune(con, now=NOW, keep_runs=keep)
        assert kept_traces(con) >= newest
        assert pruned.runs == pruned.runs_before - len(rows(con, "runs"))
        assert pruned.calls == pruned.calls_before - len(rows(con, "spans"))
        traces = {row for row in kept_traces(con)}
        after = {name: rows(con, name) for name in OF_TRACES}
        for name in OF_TRACES:
            position = con.table(f"lake.{name}").columns.index("trace_id")
            assert after[name] == [row for row in before[name] if row[position] in traces], name


def test_either_bound_keeps(empty_store: Path, lines: Sequence[Raw]):
    with stored(empty_store, lines) as (con, _):
        everything = prune(con, now=NOW, keep_runs=1, keep_days=36_500, dry_run=True)
        assert everything.traces == 0
        young = prune(con, now=NOW + timedelta(days=3_650), keep_days=1, dry_run=True)
        assert young.runs == young.runs_before > 0


def test_a_clock_that_jumped_ahead_removes_nothing_unasked(empty_store: Path, lines: Sequence[Raw]):
    ahead = NOW + timedelta(days=3_650)
    with stored(empty_store, lines) as (con, _):
        before = left(con)
        with pytest.raises(InputError, match=r"all .* runs would go.*--even-all"):
            prune(con, now=ahead, keep_days=90)
        assert left(con) == before
        assert prune(con, now=ahead, keep_days=90, keep_runs=1).runs > 0
        assert prune(con, now=ahead, keep_days=90, even_all=True).runs > 0
        assert prune(con, now=ahead, keep_days=90).runs == 0


def test_a_dry_run_changes_nothing(empty_store: Path, lines: Sequence[Raw]):
    with stored(empty_store, lines) as (con, _):
        before, snapshot = left(con), lake.snapshot_id(con)
        told = prune(con, now=NOW, keep_runs=2, dry_run=True)
        assert told.traces > 0
        assert (left(con), lake.snapshot_id(con)) == (before, snapshot)
        assert prune(con, now=NOW, keep_runs=2) == told


def test_pruning_twice_is_pruning_once(empty_store: Path, lines: Sequence[Raw]):
    with stored(empty_store, lines) as (con, _):
        prune(con, now=NOW, keep_runs=3)
        before = left(con)
        assert prune(con, now=NOW, keep_runs=3).traces == 0
        assert left(con) == before


@pytest.mark.every_store
def test_what_went_can_be_imported_again(blank: Path, lines: Sequence[Raw]):
    with stored(blank, lines) as (con, store):
        before = {name: rows(con, name) for name in ROLLUPS}
        gone = prune(con, now=NOW, keep_runs=3)
        assert bring(con, store, lines).new == gone.calls
        assert {name: rows(con, name) for name in ROLLUPS} == before


def test_the_room_comes_back(empty_store: Path, lines: Sequence[Raw]):
    with stored(empty_store, lines) as (con, store):
        files = store / "files"
        before = sum(file.stat().st_size for file in files.rglob("*.parquet"))
        prune(con, now=NOW, keep_runs=1)
        assert sum(file.stat().st_size for file in files.rglob("*.parquet")) < before


@pytest.mark.every_store
def test_what_an_import_left_that_was_cut_off_goes_too(blank: Path):
    with copied(blank) as store, lake.writer(store) as con:
        row = con.execute("SELECT data_path FROM ducklake_settings('lake')").fetchone()
        assert row is not None
        con.sql("SELECT 1 AS a").write_parquet(f"{row[0]}left.parquet")
        left = "SELECT count(*) FROM glob($1)", [f"{row[0]}lef*"]
        assert con.execute(*left).fetchall() == [(1,)]
        give_room_back(con)
        assert con.execute(*left).fetchall() == [(0,)]


def test_without_a_bound_nothing_goes(empty_store: Path, lines: Sequence[Raw]):
    with stored(empty_store, lines) as (con, _), pytest.raises(InputError, match="what to keep"):
        prune(con, now=NOW)


def test_what_is_gone_is_gone_where_its_room_does_not_come_back(
    empty_store: Path, caplog: pytest.LogCaptureFixture
):
    with copied(empty_store) as store:
        with closing(sqlite3.connect(store / CATALOG)) as catalog, catalog:
            catalog.execute("ALTER TABLE ducklake_files_scheduled_for_deletion RENAME TO elsewhere")
        with lake.writer(store) as con:
            bring(con, store, batch(1))
            pruned = prune(con, now=NOW, keep_runs=1)
            assert pruned.runs > 0
            assert len(rows(con, "spans")) == pruned.calls_before - pruned.calls
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("what was to go is gone; its room on the disk comes back")


def test_what_cannot_be_swept_up_holds_no_writer_up(
    empty_store: Path, caplog: pytest.LogCaptureFixture
):
    with copied(empty_store) as store:
        with closing(sqlite3.connect(store / CATALOG)) as catalog, catalog:
            catalog.execute("ALTER TABLE ducklake_files_scheduled_for_deletion RENAME TO elsewhere")
        (store / "tmp" / "left").touch()
        with lake.writer(store) as con:
            assert rows(con, "spans") == []
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("what an import that was cut off left behind is still there")
