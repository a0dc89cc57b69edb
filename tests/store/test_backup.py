"""Backup and restore: all of a store comes back, or nothing does."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.errors import InputError, StoreError
from analytics.schema import SCHEMA_VERSION, TABLES
from analytics.store import catalog_file, compaction, lake
from analytics.store.backup import backup, restore
from analytics.store.location import CATALOG
from tests.chain import bring, rows
from tests.store.importing import batch
from tests.store.test_migrations import written_by_layout

Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def store(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Path(shutil.copytree(empty_store, tmp_path_factory.mktemp("backup") / "store"))
    with lake.writer(store) as con:
        for number in range(2):
            bring(con, store, batch(number))
        con.execute("DELETE FROM lake.payloads WHERE span_id LIKE '0:%'")
    return store


@pytest.fixture(scope="module")
def saved(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("saved") / "store.zip"
    backup(store, file)
    return file


def told(store: Path) -> dict[str, list]:
    with lake.opened(store) as con:
        found = {name: rows(con, name) for name in TABLES}
    # What a joining notes of itself.
    found["settings"] = [row for row in found["settings"] if row[0] != "joined"]
    return found


def parts(file: Path) -> Parts:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(file: Path, content: Parts) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file


def test_every_table_comes_back(store: Path, saved: Path, tmp_path: Path):
    target = tmp_path / "new" / "store"
    assert restore(saved, target).files == backup(store, tmp_path / "again.zip").files
    assert told(target) == told(store)
    with lake.writer(target) as con:
        # Its commits are there too, and it goes on from them.
        assert lake.has_snapshot(con, 2)
        assert bring(con, target, batch(2)).import_id == 3


def test_a_backup_beside_a_writer_is_one_state(store: Path, tmp_path: Path):
    busy, target = Path(shutil.copytree(store, tmp_path / "busy")), tmp_path / "restored"
    with lake.writer(busy) as con:
        bring(con, busy, batch(3))
        before = {name: rows(con, name) for name in TABLES}
        with lake.transaction(con):
            con.execute("DELETE FROM lake.spans")
            con.execute("DELETE FROM lake.runs")
            # In a process of its own, as the command would be: see catalog_file.
            _elsewhere(backup, busy, tmp_path / "busy.zip")
    restore(tmp_path / "busy.zip", target)
    assert told(target) == before


def _elsewhere(function: Callable[..., object], *arguments: object) -> None:
    import multiprocessing

    child = multiprocessing.get_context("forkserver").Process(target=function, args=arguments)
    child.start()
    child.join()
    assert child.exitcode == 0


def test_files_that_go_meanwhile_are_listed_again(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    busy = Path(shutil.copytree(store, tmp_path / "busy"))
    copied = catalog_file.copy

    def compacted_once(source: Path, target: Path) -> None:
        copied(source, target)
        monkeypatch.undo()
        _elsewhere(_compact, str(busy))

    monkeypatch.setattr(catalog_file, "copy", compacted_once)
    backup(busy, tmp_path / "busy.zip")
    restore(tmp_path / "busy.zip", tmp_path / "restored")
    assert told(tmp_path / "restored") == told(store)


def _compact(store: str) -> None:
    from datetime import timedelta

    with lake.writer(Path(store)) as con:
        compaction.compact(con, Path(store), join=True, grace=timedelta(0))


def _cut(content: Parts) -> Parts:
    name = next(name for name in content if name.endswith(".parquet"))
    return {**content, name: content[name][:-1] + b"x"}


def _without_a_part(content: Parts) -> Parts:
    name = next(name for name in content if name.endswith(".parquet"))
    return {key: value for key, value in content.items() if key != name}


def _with_manifest(change: Callable[[dict], object]) -> Callable[[Parts], Parts]:
    def changed(content: Parts) -> Parts:
        manifest = json.loads(content["manifest.json"])
        change(manifest)
        return {**content, "manifest.json": json.dumps(manifest).encode()}

    return changed


def _stray(name: str) -> Callable[[Parts], Parts]:
    def strayed(content: Parts) -> Parts:
        told = {
            "size_bytes": 1,
            "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        }
        return {**_with_manifest(lambda m: m["parts"].update({name: told}))(content), name: b"x"}

    return strayed


def _forgotten(content: Parts) -> Parts:
    """Leave a file out of manifest and archive: only the catalog speaks of it."""
    name = next(name for name in content if name.endswith(".parquet"))
    return _with_manifest(lambda m: m["parts"].pop(name))(_without_a_part(content))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_cut, "is damaged: files/.* is not what was backed up"),
        (_without_a_part, "is damaged: files/.* cannot be read"),
        (_forgotten, "lacks main/"),
        (lambda content: {"a": b"b"}, "no backup of a store"),
        (_with_manifest(lambda m: m.update(layout=SCHEMA_VERSION + 1)), "newer version"),
        (_with_manifest(lambda m: m.update(kind="other")), "no backup of a store"),
        (_stray("../../stray.parquet"), "outside of a store"),
        (_stray("files/../../stray.parquet"), "outside of a store"),
        (_stray("/stray.parquet"), "outside of a store"),
        (_stray("files/main/run.sh"), "outside of a store"),
    ],
)
def test_what_is_no_whole_backup_leaves_nothing(
    change: Callable[[Parts], Parts], says: str, saved: Path, tmp_path: Path
):
    file = written(tmp_path / "bad.zip", change(parts(saved)))
    with pytest.raises((InputError, StoreError), match=rf"{says}[^\n]*nothing was restored"):
        restore(file, tmp_path / "store")
    assert list(tmp_path.iterdir()) == [file]


def _struck(source: Path, target: Path, name: str) -> Path:
    """Flip bytes in the middle of a part as it is packed."""
    data = bytearray(source.read_bytes())
    with zipfile.ZipFile(source) as archive:
        info = archive.getinfo(name)
    at = info.header_offset + 30 + len(name) + info.compress_size // 2
    data[at : at + 40] = b"\xff" * 40
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("name", [CATALOG, "manifest.json"])
def test_a_packed_part_that_was_struck_is_one_sentence(name: str, saved: Path, tmp_path: Path):
    file = _struck(saved, tmp_path / "bad.zip", name)
    with pytest.raises(InputError, match=r"(is damaged|is no backup)[^\n]*nothing was restored"):
        restore(file, tmp_path / "store")
    assert list(tmp_path.iterdir()) == [file]


def test_a_manifest_without_end_is_one_sentence(saved: Path, tmp_path: Path):
    file = written(tmp_path / "deep.zip", {**parts(saved), "manifest.json": b"[" * 200_000})
    with pytest.raises(InputError, match="is no backup of a store; nothing was restored"):
        restore(file, tmp_path / "store")


def test_what_cannot_be_read_is_told_from_what_cannot_be_written(store: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"^cannot write .*No such file.*nothing was written"):
        backup(store, tmp_path / "none" / "store.zip")
    hurt = Path(shutil.copytree(store, tmp_path / "hurt"))
    file = next((hurt / "files").rglob("*.parquet"))
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match=r"cannot be backed up: .*\.parquet: Is a directory"):
        backup(hurt, tmp_path / "hurt.zip")
    (hurt / CATALOG).write_bytes(b"SQLite format 3\0" + b"x" * 9000)
    with pytest.raises(StoreError, match=r"^[^\n]+$"):
        backup(hurt, tmp_path / "hurt.zip")
    assert list(tmp_path.iterdir()) == [hurt]


def test_what_is_no_archive_is_told(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("x")
    with pytest.raises(InputError, match="is no backup"):
        restore(file, tmp_path / "store")
    with pytest.raises(InputError, match=r"cannot read .*: No such file"):
        restore(tmp_path / "none.zip", tmp_path / "store")


def test_nothing_is_written_over(store: Path, saved: Path, tmp_path: Path):
    before = told(store)
    with pytest.raises(InputError, match="is not empty; nothing was restored"):
        restore(saved, store)
    with pytest.raises(InputError, match="exists already; nothing was written"):
        backup(store, saved)
    assert told(store) == before
    (tmp_path / "empty").mkdir()
    restore(saved, tmp_path / "empty")
    assert told(tmp_path / "empty") == before


def test_a_store_that_lacks_a_file_is_not_backed_up(store: Path, tmp_path: Path):
    hurt = Path(shutil.copytree(store, tmp_path / "hurt"))
    next((hurt / "files").rglob("*.parquet")).unlink()
    with pytest.raises(StoreError, match=r"\.parquet is missing"):
        backup(hurt, tmp_path / "hurt.zip")
    assert list(tmp_path.iterdir()) == [hurt]


@pytest.mark.parametrize("layout", range(1, SCHEMA_VERSION))
def test_a_backup_of_an_earlier_layout_is_brought_up(layout: int, tmp_path: Path):
    old = written_by_layout(tmp_path / "old", layout)
    assert backup(old, tmp_path / "old.zip").layout == layout
    restore(tmp_path / "old.zip", tmp_path / "new")
    assert lake.layout(tmp_path / "new") == SCHEMA_VERSION


def test_parts_that_are_larger_than_told_are_not_unpacked(saved: Path, tmp_path: Path):
    content = parts(saved)
    change = _with_manifest(lambda m: m["parts"][CATALOG].update(size_bytes=10))
    with pytest.raises(InputError, match="is not what was backed up"):
        restore(written(tmp_path / "bomb.zip", change(content)), tmp_path / "store")
