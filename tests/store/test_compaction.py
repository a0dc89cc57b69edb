"""Compaction: fewer files, the same rows, whoever reads meanwhile and whenever it is cut off."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from analytics import doctor, sync
from analytics.cli import main
from analytics.errors import StoreError
from analytics.ledger import changes
from analytics.schema import ROLLUPS, STORED
from analytics.store import catalog_file, compaction, lake
from analytics.store.location import CATALOG
from analytics.store.reader import Reader
from tests.chain import NOW, bring, rows
from tests.golden.make import FOLDER as GOLDEN
from tests.store.importing import batch

IMPORTS = 6
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["analytics.store.compaction", "duckdb", "polars"])
TABLES = [table.name for table in (*STORED, *ROLLUPS)]


@pytest.fixture(scope="module")
def grown(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of some imports, each with files of its own."""
    store = Path(shutil.copytree(empty_store, tmp_path_factory.mktemp("grown") / "store"))
    with lake.writer(store) as con:
        for number in range(IMPORTS):
            bring(con, store, batch(number))
        # Deleted rows have files of their own.
        con.execute("UPDATE lake.payloads SET output = '1' WHERE span_id LIKE '0:%'")
    return store


@pytest.fixture
def store(grown: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(grown, tmp_path / "store"))


def told(store: Path) -> dict[str, list]:
    with lake.opened(store) as con:
        found = {name: rows(con, name) for name in TABLES}
    # What a joining notes of itself.
    found["settings"] = [row for row in found["settings"] if row[0] != "joined"]
    return found


def parquet(store: Path) -> int:
    return len(list((store / "files").rglob("*.parquet")))


def compact(store: str, grace: timedelta = timedelta(0)) -> compaction.Compacted:
    with lake.writer(Path(store)) as con:
        return compaction.compact(con, Path(store), join=True, grace=grace)


def test_there_are_fewer_files_and_the_same_rows(grown: Path, store: Path):
    done = compact(str(store))
    assert done.files_before == len(
        [each for each in catalog_file.listed(grown / CATALOG) if each.is_current]
    )
    assert done.files_after < done.files_before
    assert parquet(store) < parquet(grown)
    assert told(store) == told(grown)
    assert compact(str(store)).files_before == done.files_after


def test_a_file_that_a_reader_may_have_open_stays_for_a_while(store: Path):
    before = parquet(store)
    assert compact(str(store), compaction.GRACE).files_removed == 0
    assert parquet(store) > before
    assert compact(str(store)).files_removed > 0


def test_what_the_newest_imports_changed_can_still_be_told(
    store: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(compaction, "KEPT_IMPORTS", 2)
    before = [changes(store, number, now=NOW) for number in (IMPORTS - 1, IMPORTS)]
    assert compact(str(store)).states_forgotten > 0
    assert [changes(store, number, now=NOW) for number in (IMPORTS - 1, IMPORTS)] == before
    assert before[0] is not None
    assert before[0].compared is not None
    forgotten = changes(store, 1, now=NOW)
    assert forgotten is not None
    assert forgotten.compared is None
    assert "expired" in forgotten.gone


def _compact_for_ever(store: str) -> None:
    number = 0
    while True:
        with lake.writer(Path(store)) as con:
            con.execute(
                "UPDATE lake.runs SET iterations = iterations WHERE run_id <> $1", [str(number)]
            )
            compaction.compact(con, Path(store), join=True)
        number += 1
        time.sleep(0.5)


def test_a_page_beside_a_compaction_shows_the_same_numbers(store: Path):
    reader = Reader(store, now=NOW)

    def sums() -> object:
        with reader.cursor() as con:
            return con.sql(
                "SELECT (count(*), sum(hash(run_id))), (SELECT (count(*), sum(hash(fix_id))) "
                "FROM fixes) FROM runs"
            ).fetchone()

    before = sums()
    process = PROCESSES.Process(target=_compact_for_ever, args=(str(store),))
    process.start()
    versions: set[object] = set()
    while len(versions) < 2:
        # One that is overtaken again and again keeps what it has.
        with suppress(StoreError):
            versions.add(reader.poll())
        assert sums() == before
    process.kill()
    process.join()
    reader.close()


def test_a_killed_compaction_loses_nothing_and_leaves_nothing(grown: Path, store: Path):
    chance = Random(20260303)
    before = told(grown)
    for _ in range(4):
        process = PROCESSES.Process(target=compact, args=(str(store),))
        process.start()
        time.sleep(chance.uniform(0.05, 0.5))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert told(store) == before
    compact(str(store))
    now = datetime.now(UTC).replace(tzinfo=None)
    left = {fault.check for fault in doctor.faults(store, now=now)}
    assert left <= {"space"}
    assert told(store) == before


def test_imports_tidy_up_and_keep_copies_of_the_catalog(
    empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = Path(shutil.copytree(empty_store, tmp_path / "store"))
    for name, value in {"AT_LEAST": 1, "KEPT_IMPORTS": 1, "GRACE": timedelta(0)}.items():
        monkeypatch.setattr(compaction, name, value)
    states = ("two_bugs", "priced_fixes", "weave_evaluation")
    files: list[int] = []
    for state in states:
        sync.import_paths(store, [str(GOLDEN / f"{state}.jsonl")])
        listed = catalog_file.listed(store / CATALOG)
        files.append(sum(each.is_current and each.table == "payloads" for each in listed))
    # That is not many.
    assert files == [1, 2, 3]
    deadline = time.monotonic() + 60
    while not (copies := catalog_file.copies(store)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # The second and the third came within a minute of the first.
    assert len(copies) == 1
    assert catalog_file.fault(copies[0]) is None


def test_states_do_not_pile_up_whatever_commits_them(
    empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = Path(shutil.copytree(empty_store, tmp_path / "store"))
    for name, value in {"AT_LEAST": 3, "KEPT_IMPORTS": 1, "GRACE": timedelta(0)}.items():
        monkeypatch.setattr(compaction, name, value)
    states: list[int] = []
    with lake.writer(store) as con:
        for number in range(8):
            lake.keep_setting(con, "number", str(number))
            lake.keep_setting(con, "number", str(-number))
            compaction.tidy(con, store)
            states.append(len(con.sql("FROM ducklake_snapshots('lake')")))
    assert max(states) < compaction.AT_LEAST + 2 * compaction.KEPT_IMPORTS + 1
    assert len(set(states)) > 1


@pytest.mark.parametrize("command", [("compact",), ("prune", "--keep-runs", "1")])
def test_copies_that_list_what_is_gone_go_too(command: tuple[str, ...], store: Path):
    for _ in range(2):
        catalog_file.keep_copy(store, afresh=True)
    old = catalog_file.copies(store)
    kept = store / "copies" / "kept-by-hand.sqlite"
    kept.write_text("somebody's own")
    assert main([*command, "--store", str(store)]) == 0
    new = catalog_file.copies(store)
    assert len(old) == len(new) == 1
    assert new > old
    assert all((store / "files" / each.path).exists() for each in catalog_file.listed(new[0]))
    assert kept.exists()
    assert catalog_file.copied_at(new[0]) > catalog_file.copied_at(old[0])


@pytest.mark.parametrize("command", ["verify", "code"])
def test_what_is_told_of_runs_is_copied_too(command: str, store: Path, tmp_path: Path):
    con = lake.connect(store, read_only=True)
    run_id = con.table("lake.runs").fetchall()[0][con.table("lake.runs").columns.index("run_id")]
    con.close()
    report, repo = tmp_path / "report.csv", tmp_path / "repo"
    report.write_text(f"run_id,passed\n{run_id},false\n")
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    what = ("--reports", report) if command == "verify" else ("--repo", repo)
    assert main([command, *map(str, what), "--store", str(store)]) == 0
    deadline = time.monotonic() + 60
    while not catalog_file.copies(store):
        assert time.monotonic() < deadline
        time.sleep(0.01)
