"""What readers of a large store begin with is what they would load, whatever happened to the store since."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any
from zlib import crc32

import duckdb
import pytest

from analytics import cli, doctor
from analytics.store import compaction, consistency, lake, loading, past, prepared, refresh
from analytics.store.reader import Reader
from tests.chain import NOW, Raw, bring, copied
from tests.generated import as_running, collection

EXPORTS = 6


@pytest.fixture(scope="module")
def lines() -> list[Raw]:
    return collection(EXPORTS)


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "FROM_RUNS", 1)


@pytest.fixture(scope="module")
def half(empty_store: Path, lines: list[Raw]) -> Iterator[Path]:
    """A store that holds half of the traces, and what readers begin with. Not to be written to."""
    with pytest.MonkeyPatch.context() as patch, copied(empty_store) as made:
        patch.setattr(prepared, "FROM_RUNS", 1)
        add(made, lines[: len(lines) // 2])
        yield made


@pytest.fixture
def store(half: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(copytree(half, tmp_path / "store"))


def add(store: Path, lines: list[Raw]) -> None:
    with lake.writer(store) as con:
        bring(con, store, lines)
        prepared.renew(con, store)


def files(store: Path) -> list[str]:
    return sorted(file.name for file in (store / "prepared").glob("*"))


def held(store: Path, now: datetime = NOW) -> dict[str, list[tuple[Any, ...]]]:
    """What a new reader has in memory."""
    reader = Reader(store, now=now)
    try:
        with reader.cursor() as con:
            return {name: sorted(con.table(name).fetchall(), key=repr) for name in loading.VIEWS}
    finally:
        reader.close()


def loaded(store: Path, now: datetime = NOW) -> dict[str, list[tuple[Any, ...]]]:
    """The same without anything that is prepared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared, "open_copy", lambda _store: None)
        return held(store, now)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How readers came to what they hold."""
    told: list[str] = []
    hold_all, load_changes = loading.hold_all, loading._load_changes

    def all_of_it(*given: Any) -> None:
        told.append("all")
        hold_all(*given)

    def what_changed(*given: Any) -> bool:
        told.append("changes")
        return load_changes(*given)

    monkeypatch.setattr(loading, "hold_all", all_of_it)
    monkeypatch.setattr(loading, "_load_changes", what_changed)
    return told


def test_a_reader_begins_with_it_and_loads_nothing(store: Path, loads: list[str]):
    found = held(store)
    assert loads == []
    assert found == loaded(store)
    assert found["runs"]


def test_a_small_store_has_none(
    empty_store: Path, lines: list[Raw], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prepared, "FROM_RUNS", 10_000)
    with copied(empty_store) as made:
        add(made, lines)
        assert files(made) == []
        assert held(made)["runs"]


def test_what_came_since_is_followed(
    store: Path, lines: list[Raw], loads: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prepared, "MOST_CHANGED", 10.0)
    monkeypatch.setattr(loading, "_MOST_CHANGED", 10.0)
    before = files(store)
    rest = lines[len(lines) // 2 :]
    for part in (rest[::2], rest[1::2], [as_running(line) for line in rest[:3]]):
        add(store, part)
        loads.clear()
        found = held(store)
        assert files(store) == before
        assert loads[0] == "changes"
        assert "all" not in loads
        assert found == loaded(store)


def test_it_is_made_anew_after_many_changes(store: Path, lines: list[Raw], loads: list[str]):
    (before,) = files(store)
    add(store, lines)
    (after,) = files(store)
    assert after != before
    loads.clear()
    found = held(store)
    assert loads == []
    assert found == loaded(store)


def test_what_cannot_be_followed_is_loaded_and_made_anew_by_the_next_import(
    store: Path, lines: list[Raw], loads: list[str]
):
    before = files(store)
    with lake.writer(store) as con:
        with lake.transaction(con):
            refresh.rebuild(con, lake.presets(con))
        bring(con, store, lines[len(lines) // 2 :][:1])
        con.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
    found = held(store)
    assert "all" in loads
    assert found == loaded(store)
    with lake.writer(store) as con:
        assert compaction.tidy(con, store) is False
    assert files(store) != before
    loads.clear()
    assert held(store) == found
    assert loads == []


def test_the_clock_goes_on(store: Path, lines: list[Raw]):
    add(store, [as_running(line) for line in lines])
    newest = datetime.fromisoformat(max(line["started_at"] for line in lines)[:19])
    early, late = held(store, newest), held(store, newest + timedelta(days=4000))
    assert early == loaded(store, newest) != late
    assert late == loaded(store, newest + timedelta(days=4000))


def test_an_open_reader_goes_on(store: Path, lines: list[Raw]):
    reader = Reader(store, now=NOW)
    before = reader.poll()
    add(store, lines[len(lines) // 2 :])
    assert reader.poll().snapshot > before.snapshot
    with reader.cursor() as con:
        found = {name: sorted(con.table(name).fetchall(), key=repr) for name in loading.VIEWS}
    reader.close()
    assert found == loaded(store)


def test_what_retention_removes_is_not_kept(store: Path):
    (before,) = files(store)
    assert cli.main(["prune", "--store", str(store), "--keep-runs", "1"]) == 0
    (after,) = files(store)
    assert after != before
    assert held(store) == loaded(store)


def test_of_another_store_in_its_place_nothing_is_read(
    empty_store: Path, store: Path, lines: list[Raw], loads: list[str]
):
    with copied(empty_store) as other:
        add(other, lines[len(lines) // 2 :])
        (own,) = files(other)
        # As many commits, by the same program: only the rows tell them apart.
        (file,) = (store / "prepared").iterdir()
        file.rename(file.with_name(f"{own.partition('-')[0]}-{file.name.partition('-')[2]}"))
        (other / "prepared" / own).unlink()
        copytree(store / "prepared", other / "prepared", dirs_exist_ok=True)
        loads.clear()
        found = held(other)
        assert loads == ["all"]
        assert found == loaded(other)


def test_damage_is_seen_named_and_mended(
    store: Path, loads: list[str], caplog: pytest.LogCaptureFixture
):
    (file,) = (store / "prepared").iterdir()
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with caplog.at_level(logging.WARNING):
        found = held(store)
    assert "damaged" in caplog.text
    assert loads == ["all"]
    assert found == loaded(store)
    (fault,) = doctor.faults(store, now=NOW)
    assert fault.check == "prepared"
    assert str(file) in fault.sentence
    doctor.repair(store, now=NOW)
    assert files(store) == []
    assert doctor.faults(store, now=NOW) == []


def test_of_another_version_nothing_is_read(
    store: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prepared, "_key", lambda: "0" * 16)
    assert held(store)["runs"]
    assert loads == ["all"]


def test_without_room_for_a_copy_all_is_loaded(
    store: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepared, "_copy", full)
    with caplog.at_level(logging.WARNING):
        assert held(store)["runs"]
    assert "No space left on device" in caplog.text
    assert loads == ["all"]


def test_nothing_is_left_behind(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    reader = Reader(store, now=NOW)
    (place,) = folder.iterdir()
    assert not list(place.glob("*.duckdb"))
    reader.close()
    del reader
    assert list(folder.iterdir()) == []


def test_a_process_that_is_killed_leaves_no_rows_behind(store: Path, tmp_path: Path):
    script = (
        "import sys, time; from pathlib import Path; from analytics.store.reader import Reader; "
        "reader = Reader(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    folder = tmp_path / "temporary"
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(store)], stdout=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"open\n"
        process.send_signal(signal.SIGKILL)
    process.wait()
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in left) < 10_000


def test_a_state_of_before_is_read_from_the_store(store: Path, lines: list[Raw]):
    with lake.opened(store) as con:
        first = lake.snapshot_id(con)
    rows = len(held(store)["runs"])
    add(store, lines[len(lines) // 2 :])
    with consistency.heeded(), past.as_of(store, first, NOW) as con:
        assert len(con.table("runs")) == rows
    assert len(held(store)["runs"]) > rows


def test_what_is_prepared_stays_where_retention_removes_nothing(store: Path):
    before = files(store)
    assert cli.main(["prune", "--store", str(store), "--keep-runs", "10000"]) == 0
    assert files(store) == before
    assert cli.main(["prune", "--store", str(store), "--keep-runs", "1", "--dry-run"]) == 0
    assert files(store) == before


def test_rows_that_the_store_does_not_give_are_found_by_a_deep_look(store: Path):
    assert doctor.faults(store, now=NOW, deep=True) == []
    (file,) = (store / "prepared").iterdir()
    copy = store.parent / "memory.duckdb"
    file.rename(copy)
    with duckdb.connect(copy) as con:
        con.execute("UPDATE rollup.runs SET outcome = 'pass', passed = true")
    commit, key, _ = file.stem.split("-")
    copy.rename(file.with_name(f"{commit}-{key}-{crc32(copy.read_bytes()):08x}.duckdb"))
    assert doctor.faults(store, now=NOW) == []
    (fault,) = doctor.faults(store, now=NOW, deep=True)
    assert fault.check == "prepared"
    assert "other rows than the store gives (runs)" in fault.sentence
    doctor.repair(store, now=NOW, deep=True)
    assert held(store) == loaded(store)
    assert files(store) == []
