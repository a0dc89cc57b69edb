"""A file that is damaged, gone, or only out of reach: which one is named, and what may be struck."""

import errno
import multiprocessing
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics import cli, doctor
from analytics.store import damage, health, lake
from analytics.store.location import Location
from tests.chain import Blank, bring, copied
from tests.store.importing import batch

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["analytics.doctor", "duckdb", "sqlite3"])
NOBODY = 65534
FLUSHED = ("spans", "payloads", "facts", "runs")


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def faults(store: Path | Location, *, deep: bool = False) -> list[health.Fault]:
    found = doctor.faults(store, now=now(), deep=deep)
    return [each for each in found if each.check != "space"]


def filled(store: Path | Location) -> None:
    """Import something, all of it in files."""
    with lake.writer(store) as con:
        bring(con, store, batch(0))
        for table in FLUSHED:
            con.execute("CALL ducklake_flush_inlined_data('lake', table_name => $1)", [table])


@pytest.fixture(scope="module")
def sound(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one import, to be copied."""
    store = tmp_path_factory.mktemp("sound") / "store"
    shutil.copytree(empty_store, store)
    filled(store)
    return store


@pytest.fixture
def store(sound: Path) -> Iterator[Path]:
    """A store that another user can come to."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(shutil.copytree(sound, Path(folder) / "store"))


def file_of(store: Path, table: str) -> Path:
    return next((store / "files" / "main" / table).rglob("*.parquet"))


def held(store: Path) -> dict[str, int]:
    with lake.opened(store) as con:
        return {name: len(con.table(f"lake.{name}")) for name in (*FLUSHED, "rejects")}


def _dropped(work: Callable[[Path], object], store: Path, answers: Any) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    answers.put(work(store))


def as_nobody(work: Callable[[Path], object], store: Path) -> Any:
    """Return what a function gives to a user who is neither root nor the owner of a file."""
    answers: Any = PROCESSES.Queue()
    child = PROCESSES.Process(target=_dropped, args=(work, store, answers))
    child.start()
    answer = answers.get(timeout=120)
    child.join()
    return answer


def given_to_nobody(store: Path) -> None:
    if os.geteuid() == 0:
        for path in (store, *store.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def _looked_at_and_mended(store: Path) -> tuple[list[str], list[bool], list[str], list[str]]:
    found = faults(store)
    mended = doctor.repair(store, now=now(), deep=True)
    return (
        [each.sentence for each in found],
        [each.mend is None for each in found],
        [what for _, what in mended.done],
        [each.sentence for each in mended.left],
    )


@pytest.mark.parametrize("within", ["files/main/spans", "files/main/payloads", "a folder"])
def test_what_a_user_may_not_read_is_named_and_loses_nothing(within: str, store: Path):
    before = held(store)
    given_to_nobody(store)
    victim = store / "files" / "main" / "facts" if within == "a folder" else None
    victim = victim or next((store / within).rglob("*.parquet"))
    os.chmod(victim, 0)
    if os.geteuid() == 0:
        os.chown(victim, 0, 0)

    said, for_the_user, done, left = as_nobody(_looked_at_and_mended, store)
    os.chmod(victim, 0o755)
    assert len(said) == 1
    assert said == left
    assert said[0].startswith(f"{victim} cannot be read by this user (")
    assert "chmod" in said[0]
    assert for_the_user == [True]
    assert done == []
    assert held(store) == before
    assert not (store / "aside").exists()


def test_a_folder_that_a_user_may_not_write_is_named_at_any_depth(store: Path):
    given_to_nobody(store)
    deep = file_of(store, "spans").parent
    os.chmod(deep, 0o555)
    said, *_ = as_nobody(_looked_at_and_mended, store)
    os.chmod(deep, 0o755)
    assert [each.startswith(f"{deep} cannot be written") for each in said] == [True]


def test_a_file_that_the_disk_does_not_give_is_never_struck(
    store: Path, monkeypatch: pytest.MonkeyPatch
):
    file_of(store, "runs").unlink()
    before = file_of(store, "spans")
    opened = Path.open

    for number in (errno.EACCES, errno.EIO, errno.EMFILE):

        def broken(path: Path, *given: Any, number: int = number, **named: Any) -> Any:
            if path == before:
                raise OSError(number, os.strerror(number), str(path))
            return opened(path, *given, **named)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", broken)
            mended = doctor.repair(store, now=now())
        assert mended.done == ()
        (left,) = (each for each in mended.left if each.check == "files")
        assert before.name in left.sentence
        assert f"cannot be read ({os.strerror(number)})" in left.sentence
        assert "nothing is given up" in left.sentence
    # Once it can be read, what is really gone is mended.
    assert [fault.check for fault, _ in doctor.repair(store, now=now()).done] == ["files", "rules"]
    assert held(store)["rejects"] == 0


def test_a_disk_that_is_not_mounted_is_no_loss(store: Path):
    before = held(store)
    files, elsewhere = store / "files", store.parent / "disk"
    files.rename(elsewhere)
    for stand_in in (files.mkdir, lambda: files.symlink_to(store.parent / "nowhere"), None):
        if stand_in:
            stand_in()
        found = faults(store)
        assert found
        assert all(
            "not mounted" in each.sentence or "cannot be read" in each.sentence for each in found
        )
        assert doctor.repair(store, now=now()).done == ()
        files.unlink() if files.is_symlink() else shutil.rmtree(files, ignore_errors=True)
    elsewhere.rename(files)
    assert held(store) == before


def scribbled_inside(file: Path) -> None:
    """Spoil what is in a Parquet file, not its size nor its ends."""
    data = bytearray(file.read_bytes())
    data[4:400] = b"\xff" * 396
    file.write_bytes(data)


@pytest.mark.parametrize("table", ["payloads", "spans", "runs"])
def test_a_file_that_is_damaged_inside_is_named_and_mended(table: str, store: Path):
    before = held(store)
    victim = file_of(store, table)
    scribbled_inside(victim)
    for deep in (False, True):
        found = faults(store, deep=deep)
        assert [each.check for each in found] == ["files"]
        assert f"files of table {table} " in found[0].sentence
        assert f"{victim.name} is damaged inside (" in found[0].sentence
    mended = doctor.repair(store, now=now(), deep=True)
    assert [each.sentence for each in mended.left if each.check != "space"] == []
    assert len(list((store / "aside").rglob(victim.name))) == 1
    with lake.writer(store) as con:
        bring(con, store, batch(0))
    after = held(store)
    assert after.pop("rejects") == (0 if table == "runs" else 1)
    assert after == {name: count for name, count in before.items() if name != "rejects"}


def test_want_of_memory_is_no_damage(store: Path, monkeypatch: pytest.MonkeyPatch):
    import duckdb

    class FullMachine:
        def __enter__(self) -> "FullMachine":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def execute(self, *_: object) -> None:
            raise duckdb.OutOfMemoryException("failed to allocate")

    monkeypatch.setattr(duckdb, "connect", FullMachine)
    listed = next(iter(health.catalog_file.listed(store / "catalog.sqlite")))
    wrong = damage.wrong_with(store / "files", listed, within=True)
    assert wrong is not None
    assert not wrong.is_lost
    assert "failed to allocate" in wrong.why


LOST = "UPDATE __ducklake_metadata_lake.ducklake_data_file SET path = 'lost.parquet' "
SIZED = "UPDATE __ducklake_metadata_lake.ducklake_data_file SET file_size_bytes = {} "
OF_TABLE = (
    "WHERE table_id = (SELECT any_value(table_id) FROM __ducklake_metadata_lake.ducklake_table "
    "WHERE table_name = $1)"
)


def renamed(con: Any, table: str) -> None:
    """Make a catalog list a file that is not there."""
    con.execute(LOST + OF_TABLE, [table])


def grown(con: Any, table: str) -> None:
    """Make a catalog list a file with another size than it has."""
    con.execute(SIZED.format("file_size_bytes + 1") + OF_TABLE, [table])


def replaced(con: Any, table: str) -> None:
    """Put something else of the size that is listed in the place of a file."""
    ((file, *_),) = con.execute("FROM ducklake_list_files('lake', $1)", [table]).fetchall()
    con.sql("SELECT repeat('x', 99)").write_csv(file, header=False)
    con.execute(SIZED.format(100) + OF_TABLE, [table])


HURTS: dict[Callable[[Any, str], None], str] = {
    grown: "bytes and should have",
    renamed: "lost.parquet is missing",
    replaced: "is no Parquet file any more|is damaged inside",
}
"""What is done to a file, and what is said of it; each comes to files that those before it came to."""


@pytest.mark.every_store
def test_a_lost_file_of_any_store_is_named(blank: Path | Blank, capsys: pytest.CaptureFixture[str]):
    with copied(blank) as store:
        filled(store)
        assert faults(store, deep=True) == []
        for hurt, says in HURTS.items():
            is_named(store, hurt, says, capsys)


def is_named(
    store: Path | Location,
    hurt: Callable[[Any, str], None],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lake.writer(store) as con:
        for table in ("payloads", "runs"):
            hurt(con, table)
    found = faults(store, deep=True)
    assert [each.check for each in found] == ["files"] * 2
    for fault, table in zip(found, ("payloads", "runs"), strict=True):
        assert f"1 of 1 files of table {table} " in fault.sentence
        assert re.search(says, fault.sentence), fault.sentence
        is_folder = isinstance(store, Path)
        assert (fault.mend is not None) == is_folder
        assert is_folder or "is not mended here: put the file back" in fault.sentence
    address = str(store) if isinstance(store, Path) else store.url
    if hurt is not grown:
        assert cli.main(["metrics", "runs", "--store", address]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "patchpilot doctor --deep says which" in said
