"""Imports join small files by themselves: few files, the same rows, and nobody sees anything else."""

import multiprocessing
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from analytics import ledger
from analytics.errors import StoreError
from analytics.schema import STORED
from analytics.store import compaction, consistency, lake, loading, tables
from analytics.store.folder import FolderCatalog
from analytics.store.location import Location
from analytics.store.reader import Reader
from tests.chain import NOW, bring, rows
from tests.store.importing import batch
from tests.store.test_loading import fresh, held

IMPORTS = 6
PROCESSES = multiprocessing.get_context("forkserver")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three more files are many."""
    monkeypatch.setattr(compaction, "MANY_FILES", 3)


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_store, tmp_path / "store"))


def come(store: Path, number: int) -> None:
    """Import a batch, in which some calls of the one before end differently."""
    changed = [{**raw, "output": {"passed": "revised"}} for raw in batch(number - 1) if number]
    with lake.writer(store) as con:
        bring(con, store, [*batch(number), *(raw for raw in changed if raw["ended_at"])])
        compaction.tidy(con, store)


def files(store: Path) -> int:
    with lake.opened(store) as con:
        return max(compaction._files(con).values())


def known(store: Path) -> dict[str, list[Any]]:
    """What a store holds, without what tells of the importing itself."""
    names = {table.name for table in STORED} - {"settings", "imports"}
    with lake.opened(store) as con:
        return {name: rows(con, name, "imported_at") for name in names}


@pytest.mark.usefixtures("often")
def test_files_do_not_pile_up_and_no_row_changes(store: Path, empty_store: Path, tmp_path: Path):
    other = Path(shutil.copytree(empty_store, tmp_path / "other"))
    most = []
    for number in range(IMPORTS):
        come(store, number)
        most.append(files(store))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compaction, "MANY_FILES", 1_000_000)
            come(other, number)
    assert max(most) < files(other)
    assert known(store) == known(other)


@pytest.mark.usefixtures("often")
def test_an_open_reader_follows_by_what_changed(store: Path, monkeypatch: pytest.MonkeyPatch):
    come(store, 0)
    reader = Reader(store, now=NOW)
    ways: list[bool] = []
    load_changes = loading._load_changes

    def told(*arguments: Any) -> bool:
        ways.append(load_changes(*arguments))
        return ways[-1]

    monkeypatch.setattr(loading, "_load_changes", told)
    monkeypatch.setattr(loading, "_MOST_CHANGED", 10.0)
    joined = []
    for number in range(1, IMPORTS):
        come(store, number)
        if number % 2:
            with lake.writer(store) as con:
                compaction.compact(con, store, join=True)
        assert held(reader) == fresh(store)
        with lake.opened(store) as con:
            joined += con.sql("SELECT changes FROM ducklake_snapshots('lake')").fetchall()
    reader.close()
    assert any("rewrite_delete" in changes for (changes,) in joined)
    assert any("flushed_inlined" in changes for (changes,) in joined)
    assert any("merge_adjacent" in changes for (changes,) in joined)
    assert all(ways)


def _write_for_ever(store: str) -> None:
    compaction.MANY_FILES = 2
    number = 0
    while True:
        with lake.writer(Path(store)) as con:
            con.execute(_UPDATE, [number * 200 % 800])
            compaction.tidy(con, Path(store))
        number += 1


_UPDATE = """
UPDATE lake.spans SET status = status
WHERE span_id IN (SELECT span_id FROM lake.spans ORDER BY span_id LIMIT 200 OFFSET $1)
"""
_COUNT = "SELECT count(*), sum(hash(span_id)) FROM lake.spans"


@pytest.fixture
def large(store: Path) -> Path:
    """A store whose calls are in several files, some rows of each replaced."""
    with lake.writer(store) as con:
        for number in range(4):
            bring(con, store, [raw for part in range(10) for raw in batch(number * 10 + part)])
            con.execute(
                "UPDATE lake.spans SET status = status WHERE span_id LIKE $1", [f"{number}1:%"]
            )
    return store


def test_a_transaction_beside_a_commit_is_refused_where_it_would_count_wrongly(large: Path):
    def read_beside_a_commit(number: int) -> None:
        with consistency.heeded(), consistency.unchanged(other):
            seen.append(other.execute(_COUNT).fetchall())
            con.execute(_UPDATE, [number * 200])
            seen.append(other.execute(_COUNT).fetchall())

    with lake.writer(large) as con, lake.opened(large) as other:
        whole = other.execute(_COUNT).fetchall()
        wrong = 0
        for number in range(4):
            seen: list[Any] = []
            other.execute("BEGIN")
            with pytest.raises(consistency.OvertakenError):
                read_beside_a_commit(number)
            other.execute("ROLLBACK")
            assert seen[0] == whole == other.execute(_COUNT).fetchall()
            wrong += seen[1] != whole
    # Where this is 0, DuckLake keeps a state for a whole transaction, and none need be refused.
    assert wrong > 0


def test_who_reads_files_and_would_not_read_again_is_told_so(large: Path):
    def read() -> int:
        with tables.consistent(reader, files=True) as con:
            return tables.store_facts(con).calls

    with closing(Reader(large, now=NOW)) as reader:
        with pytest.raises(RuntimeError, match=r"is called consistency\.again"):
            read()
        calls = consistency.again(read)()
        with consistency.still(large):
            assert read() == calls > 0


def test_who_reads_files_beside_writing_and_joining_counts_right(large: Path):
    with closing(Reader(large, now=NOW)) as reader:

        @consistency.again
        def count() -> list[tuple[int, int]]:
            with tables.consistent(reader, files=True) as con:
                found = [con.execute(_COUNT).fetchall() for _ in range(4)]
            assert all(each == found[0] for each in found)
            return found[0]

        whole = count()
        before = lake_state(large)
        process = PROCESSES.Process(target=_write_for_ever, args=(str(large),))
        process.start()
        try:
            while lake_state(large) < before + 12:
                assert count() == whole
        finally:
            process.kill()
            process.join()


def test_two_states_are_compared_beside_somebody_who_always_writes(
    large: Path, monkeypatch: pytest.MonkeyPatch
):
    def state_beside_an_import(con: Any) -> Any:
        # Who has the lock keeps this import waiting, and the reader does not wait for it.
        with (
            suppress(StoreError),
            FolderCatalog(Location.of(large)).still(within_s=0.0),
            closing(lake.connect(large, read_only=False)) as other,
        ):
            other.execute(_UPDATE, [0])
        return state(con)

    state = ledger._state
    monkeypatch.setattr(consistency, "LOOKS", 3)
    monkeypatch.setattr(ledger, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(ledger, "_state", state_beside_an_import)
    newest = lake_state(large)
    found = ledger.compared(large, newest - 1, newest, now=NOW)
    assert found.runs.added == {}
    assert lake_state(large) > newest
    with lake.writer(large) as con:

        def state_beside_ourselves(past: Any) -> Any:
            con.execute(_UPDATE, [0])
            return state(past)

        monkeypatch.setattr(ledger, "_state", state_beside_ourselves)
        with pytest.raises(consistency.OvertakenError):
            ledger.compared(large, newest - 1, newest, now=NOW)


def lake_state(store: Path) -> int:
    with lake.opened(store) as con:
        return lake.snapshot_id(con)


def test_writers_wait_for_who_reads_too_long_to_read_again(large: Path, caplog: Any):
    def write() -> int:
        with lake.writer(large) as con:
            con.execute(_UPDATE, [0])
            return lake.snapshot_id(con)

    before = lake_state(large)
    with ThreadPoolExecutor(1) as pool:
        with consistency.still(large):
            waiting = pool.submit(write)
            while not caplog.records:
                sleep(0.01)
            assert "is at work on this store" in caplog.text
            assert lake_state(large) == before
        assert waiting.result() > before
