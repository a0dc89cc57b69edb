"""Every fault that the doctor knows, made for real: it is found, named, and mended where that can be done."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from analytics import doctor
from analytics.errors import StoreError
from analytics.schema import SCHEMA_VERSION
from analytics.store import (
    catalog_file,
    compaction,
    consistency,
    damage,
    health,
    lake,
    prepared,
    repairs,
    tables,
)
from analytics.store.location import CATALOG
from analytics.store.reader import Reader
from tests.chain import ROLLUPS, bring, rows
from tests.store.importing import batch
from tests.store.test_migrations import written_by_layout

Hurt = Callable[[Path], None]


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def found(store: Path) -> list[health.Fault]:
    """What is wrong with a store. What free space there is depends on the machine."""
    return [each for each in doctor.faults(store, now=now()) if each.check != "space"]


def mend(store: Path) -> doctor.Mended:
    """Mend a store; nothing must be left but a small disk."""
    mended = doctor.repair(store, now=now(), deep=True)
    assert [each for each in mended.left if each.check != "space"] == []
    return mended


@pytest.fixture(scope="module")
def sound(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three imports with a file for every table that grows, and a copy of its catalog."""
    store = tmp_path_factory.mktemp("sound") / "store"
    shutil.copytree(empty_store, store)
    with lake.writer(store) as con:
        for number in range(3):
            bring(con, store, batch(number))
        for table in (*ROLLUPS, "facts"):
            con.execute("CALL ducklake_flush_inlined_data('lake', table_name => $1)", [table])
        compaction.compact(con, store, join=True, grace=timedelta(0))
    (store / "copies").mkdir()
    copied = store / "copies" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.sqlite"
    catalog_file.copy(store / CATALOG, copied)
    return store


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound store, to be hurt."""
    return Path(shutil.copytree(sound, tmp_path / "store"))


def told(store: Path) -> dict[str, list]:
    """Everything that a page could show of a store."""
    con = lake.connect(store, read_only=True)
    try:
        return {name: rows(con, name) for name in (*ROLLUPS, "spans", "facts", "payloads")}
    finally:
        con.close()


@pytest.fixture(scope="module")
def whole(sound: Path) -> dict[str, list]:
    return told(sound)


def execute(*statements: str) -> Hurt:
    def hurt(store: Path) -> None:
        with lake.writer(store) as con:
            for statement in statements:
                con.execute(statement)

    return hurt


def listed(store: Path, table: str) -> list[catalog_file.Listed]:
    """The files that hold a table as it is now."""
    files = catalog_file.listed(store / CATALOG)
    return [each for each in files if each.table == table and each.is_current]


def first_file(store: Path, table: str) -> Path:
    return next((store / "files" / "main" / table).rglob("*.parquet"))


def gone(table: str) -> Hurt:
    return lambda store: first_file(store, table).unlink()


def cut(table: str) -> Hurt:
    def hurt(store: Path) -> None:
        file = first_file(store, table)
        file.write_bytes(file.read_bytes()[:-20])

    return hurt


def scribbled(table: str) -> Hurt:
    def hurt(store: Path) -> None:
        file = first_file(store, table)
        file.write_bytes(b"\0" * file.stat().st_size)

    return hurt


def garbage(store: Path) -> None:
    (store / CATALOG).write_bytes(b"x" * 9000)


def half_a_catalog(store: Path) -> None:
    file = store / CATALOG
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def no_catalog(store: Path) -> None:
    (store / CATALOG).unlink()


def killed(store: Path) -> None:
    (store / "tmp" / "staged-0").mkdir()
    orphan = first_file(store, "spans")
    shutil.copy(orphan, orphan.with_name("ducklake-of-a-killed-import.parquet"))


def cut_off_beginning(store: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, lake.writer(store) as con:
        patch.setattr(prepared, "FROM_RUNS", 1)
        prepared.renew(con, store)
    (file,) = (store / "prepared").iterdir()
    file.write_bytes(file.read_bytes()[:-4096])


def no_copy(store: Path) -> None:
    shutil.rmtree(store / "copies")
    half_a_catalog(store)


def with_deletes(store: Path) -> None:
    """Make a file that lists deleted rows, and lose it."""
    with lake.writer(store) as con:
        for part in range(6):
            con.execute(
                "DELETE FROM lake.payloads WHERE hash(span_id) % 7 = $1 OR span_id LIKE '1:%'",
                [part],
            )
    lost = [each for each in catalog_file.listed(store / CATALOG) if each.deletes]
    (store / "files" / lost[-1].path).unlink()


def future_calls(store: Path) -> None:
    text = json.dumps(batch(7)).replace("2026-", "2099-")
    with lake.writer(store) as con:
        bring(con, store, json.loads(text))


@dataclass(frozen=True)
class Case:
    check: str
    hurt: Hurt
    says: str
    mended: bool = True


CASES = {
    "a catalog that is no database": Case("catalog", garbage, "not a database"),
    "a catalog that is gone": Case("catalog", no_catalog, "is gone"),
    "a damaged catalog without a copy": Case("catalog", no_copy, "restore a backup", mended=False),
    "a newer layout": Case(
        "layout",
        execute("UPDATE lake.settings SET value = '99' WHERE name = 'schema_version'"),
        r"newer version \(layout 99",
        mended=False,
    ),
    "columns of another version": Case(
        "columns",
        execute("ALTER TABLE lake.fixes DROP COLUMN title"),
        "fixes has not columns title",
    ),
    "a missing file of runs": Case("files", gone("runs"), "24 rows.*missing.*derived"),
    "a missing list of deleted rows": Case(
        "files", with_deletes, "which rows no longer count", mended=False
    ),
    "leftovers": Case("leftovers", killed, "cut off left 2 files"),
    "other rules": Case(
        "rules",
        execute("UPDATE lake.settings SET value = 'old' WHERE name = 'rules'"),
        "other rules",
    ),
    "derived rows out of step": Case(
        "rollups", execute("UPDATE lake.runs SET iterations = 77"), "24 in runs"
    ),
    "an import from the future": Case(
        "clock",
        execute("UPDATE lake.imports SET imported_at = '2099-01-01' WHERE import_id = 3"),
        "newest import is dated 2099-01-01",
        mended=False,
    ),
    "what readers begin with is cut off": Case("prepared", cut_off_beginning, "is damaged"),
    "calls from the future": Case("clock", future_calls, "a day in the future", mended=False),
}
"""What is made to go wrong, which check must find it, and in which words."""

ELSEWHERE = {"folder", "space", "parted"}
"""Found by a test of their own: they need another user, another disk, another fault before."""


def test_every_check_has_a_fault_that_is_made_for_real():
    names = {check.name for check in health.CHECKS}
    assert {case.check for case in CASES.values()} | ELSEWHERE == names


def test_a_sound_store_has_no_fault(sound: Path):
    assert found(sound) == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.mended])
def test_what_only_its_user_can_mend_is_named(name: str, store: Path):
    case = CASES[name]
    case.hurt(store)
    fault, *others = found(store)
    assert fault.check == case.check
    assert re.search(case.says, fault.sentence), fault.sentence
    assert not any(each.mend for each in (fault, *others))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.mended])
def test_what_can_be_mended_is_as_it_was(name: str, store: Path, whole: dict[str, list]):
    case = CASES[name]
    case.hurt(store)
    fault, _ = mend(store).done[0]
    assert fault.check == case.check
    assert re.search(case.says, fault.sentence), fault.sentence
    assert told(store) == whole


@pytest.mark.parametrize(
    ("hurt", "says"), [(cut, "bytes and should have"), (scribbled, "no Parquet file any more")]
)
def test_a_damaged_file_is_told_from_a_whole_one(
    hurt: Callable[[str], Hurt], says: str, store: Path
):
    listed = next(each for each in catalog_file.listed(store / CATALOG) if each.table == "payloads")
    assert damage.wrong_with(store / "files", listed) is None
    hurt("payloads")(store)
    assert says in str(damage.wrong_with(store / "files", listed))


def test_what_cannot_be_mended_is_left_alone_beside_what_can(store: Path):
    with_deletes(store)
    first_file(store, "runs").unlink()
    before = listed(store, "payloads")
    kept = set((store / "files" / "main" / "payloads").rglob("*.parquet"))
    mended = doctor.repair(store, now=now())
    assert [fault.check for fault, _ in mended.done] == ["files"]
    (left,) = (fault for fault in mended.left if fault.check == "files")
    assert left.mend is None
    assert "of table payloads" in left.sentence
    assert listed(store, "payloads") == before
    assert kept <= set((store / "files").rglob("*.parquet"))


def test_a_repair_that_fails_on_the_way_counts_nothing_out(store: Path):
    first_file(store, "facts").unlink()

    def told_by_catalog(*statements: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(store / CATALOG)) as catalog, catalog:
            for statement in statements:
                catalog.execute(statement)
            return catalog.execute(
                "SELECT record_count, file_size_bytes FROM ducklake_table_stats AS stats "
                "JOIN ducklake_table USING (table_id) WHERE table_name = 'facts'"
            ).fetchall()

    before = told_by_catalog(
        "CREATE TRIGGER broken BEFORE DELETE ON ducklake_data_file "
        "BEGIN SELECT raise(ABORT, 'the disk broke'); END"
    )
    with pytest.raises(StoreError, match="the disk broke"):
        doctor.repair(store, now=now())
    assert told_by_catalog("DROP TRIGGER broken") == before
    assert found(store)[0].mend


def test_a_fault_of_the_database_in_a_repair_is_one_sentence(
    store: Path, monkeypatch: pytest.MonkeyPatch
):
    with closing(sqlite3.connect(store / CATALOG)) as catalog, catalog:
        catalog.execute("ALTER TABLE ducklake_files_scheduled_for_deletion RENAME TO elsewhere")
    mend_it = partial(repairs.clear_leftovers, store)
    fault = health.Fault(check="leftovers", sentence="left", mend=mend_it)
    monkeypatch.setattr(doctor, "faults", lambda *_, **__: [fault])
    with pytest.raises(StoreError, match=r"^leftovers could not be mended: [^\n]+$"):
        doctor.repair(store, now=now())


@pytest.fixture(scope="module", params=["payloads", "spans"])
def robbed(
    request: pytest.FixtureRequest, sound: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A store that lost a file for which there is no other source, mended."""
    store = Path(shutil.copytree(sound, tmp_path_factory.mktemp("robbed") / "store"))
    first_file(store, request.param).unlink()
    assert [fault.check for fault, _ in mend(store).done] == ["files", "parted"]
    return request.param, store


def test_a_loss_is_listed_with_its_size(robbed: tuple[str, Path]):
    table, store = robbed
    con = lake.connect(store, read_only=True)
    reasons = [row["reason"] for row in tables.rejects(con, 9).iter_rows(named=True)]
    con.close()
    assert len(reasons) == 1
    assert f"{3 * len(batch(0)):,} rows of table {table} are lost" in reasons[0]


def test_what_remains_of_a_loss_stays(robbed: tuple[str, Path], whole: dict[str, list]):
    table, store = robbed
    after = told(store)
    if table == "payloads":
        # What an op meant was read from its payload long ago: no number changes.
        assert {name: after[name] for name in (*ROLLUPS, "facts")} == {
            name: whole[name] for name in (*ROLLUPS, "facts")
        }
    else:
        assert after["runs"] == after["spans"] == []
        aside = list((store / "aside").rglob("payloads-of-no-call.parquet"))
        assert len(aside) == 1


def test_importing_the_same_again_brings_a_loss_back(
    robbed: tuple[str, Path], whole: dict[str, list], tmp_path: Path
):
    _, hurt = robbed
    store = Path(shutil.copytree(hurt, tmp_path / "again"))
    with lake.writer(store) as con:
        for number in range(3):
            bring(con, store, batch(number))
        names = (*ROLLUPS, "facts", "payloads")
        after = {name: rows(con, name) for name in names}
    assert after == {name: whole[name] for name in names}


def test_a_damaged_catalog_and_what_came_after_its_copy_are_kept_aside(store: Path):
    with lake.writer(store) as con:
        bring(con, store, batch(5))
    files = len(list((store / "files").rglob("*.parquet")))
    half_a_catalog(store)
    mend(store)
    assert list((store / "aside").rglob(CATALOG))
    aside = len(list((store / "aside").rglob("*.parquet")))
    assert aside > 0
    assert aside + len(list((store / "files").rglob("*.parquet"))) == files
    with lake.writer(store) as con:
        assert bring(con, store, batch(5)).new == len(batch(5))


def test_no_new_store_is_made_over_the_files_of_one_without_a_catalog(store: Path):
    no_catalog(store)
    for attempt in (lake.writer(store), lake.opened(store)):
        with pytest.raises(StoreError, match=r"lost its catalog.*doctor --fix"), attempt:
            pass
    with pytest.raises(StoreError, match="lost its catalog"):
        Reader(store)
    mend(store)
    with lake.writer(store) as con:
        assert bring(con, store, batch(0)).new == 0


@pytest.mark.parametrize("layout", range(1, SCHEMA_VERSION))
def test_an_earlier_layout_is_found_and_brought_up(layout: int, tmp_path: Path):
    store = written_by_layout(tmp_path / "old", layout)
    (fault, what), *_ = mend(store).done
    assert fault.check == "layout"
    assert f"layout {SCHEMA_VERSION}" in what


def test_no_store_is_no_fault_of_one(tmp_path: Path):
    with pytest.raises(StoreError, match="no store"):
        doctor.faults(tmp_path / "none", now=now())


def test_the_newest_import_is_the_last_whatever_the_clock_said(store: Path):
    execute("UPDATE lake.imports SET imported_at = '2099-01-01' WHERE import_id = 1")(store)
    con = lake.connect(store, read_only=True)
    facts = consistency.again(tables.store_facts)(con)
    numbers = tables.imports(con)["import_id"].to_list()
    con.close()
    assert facts.imported_at is not None
    assert facts.imported_at.year < 2099
    assert numbers == [3, 2, 1]
