"""What goes wrong around a store: no room, no right to write, another writer, the store itself taken away."""

import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from analytics import doctor, sync
from analytics.errors import StoreError
from analytics.store import health, lake, space
from analytics.store.location import Location
from analytics.store.reader import Reader
from dashboard.freshness import poller
from dashboard.widgets import age
from tests.chain import bring
from tests.golden.make import FOLDER as GOLDEN
from tests.store.importing import batch

TRACES = GOLDEN / "two_bugs.jsonl"
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["analytics.doctor", "analytics.sync", "duckdb", "polars", "sqlite3"]
)
NOBODY = 65534
PATCHPILOT = (sys.executable, "-c", "from analytics.cli import main; raise SystemExit(main())")


def patchpilot(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PATCHPILOT, *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


def checks(store: Path) -> list[str]:
    now = datetime.now(UTC).replace(tzinfo=None)
    return [fault.check for fault in doctor.faults(store, now=now)]


def calls(store: Path) -> int:
    con = lake.connect(store, read_only=True)
    try:
        return len(con.table("lake.spans"))
    finally:
        con.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB, where this user may mount one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        yield tmp_path
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "none", str(disk)], check=False
    )
    yield disk if mounted.returncode == 0 else tmp_path
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_one_sentence_and_costs_nothing(small_disk: Path, empty_store: Path):
    if not small_disk.is_mount():
        assert_told_as_full(small_disk)
        return
    store = small_disk / "store"
    shutil.copytree(empty_store, store)
    sync.import_paths(store, [str(TRACES)])
    before = calls(store)
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    assert shutil.disk_usage(small_disk).free == 0
    told = patchpilot("import", GOLDEN / "priced_fixes.jsonl", "--store", store)
    assert told.returncode == 1
    assert told.stderr.startswith(f"patchpilot: the disk of {store} is full; what was not finished")
    assert told.stderr.count("\n") == 1
    ballast.unlink()
    assert checks(store) == ["space"]
    assert calls(store) == before
    assert sync.import_paths(store, [str(GOLDEN / "priced_fixes.jsonl")]).written.new > 0


def assert_told_as_full(folder: Path) -> None:
    """Where no small disk can be had: whatever first met the full one, it is told in the same words."""
    for fault in (OSError(errno.ENOSPC, "x"), RuntimeError("database or disk is full")):
        with (
            pytest.raises(StoreError, match="is full; what was not finished was not stored"),
            space.explained(Location.of(folder)),
        ):
            raise StoreError("the store was left as it was") from fault


def test_the_disk_that_is_full_is_named_where_a_store_has_two(tmp_path: Path):
    shared = tmp_path / "shared"
    team = Location.of(f"ducklake:postgres:dbname=x;data={shared}")
    spill = tempfile.gettempdir()
    for file, full in ((f"{spill}/patchpilot-1/spilled.tmp", spill), (shared / "a", shared)):
        with pytest.raises(StoreError, match=f"^the disk of {full} is full"), space.explained(team):
            raise OSError(errno.ENOSPC, "No space left on device", str(file))


def test_little_room_is_named_before_it_is_none(empty_store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "SPACE_FLOOR_BYTES", shutil.disk_usage(empty_store).total + 1)
    assert checks(empty_store) == ["space"]


def _as_nobody(store: str, answers: "multiprocessing.Queue[object]") -> None:
    """Look at a store, and write to it, as somebody who may not."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    refused = ""
    try:
        with lake.writer(Path(store)):
            pass
    except StoreError as fault:
        refused = str(fault)
    now = datetime.now(UTC).replace(tzinfo=None)
    found = [
        (each.check, each.sentence, each.mend is None)
        for each in doctor.faults(Path(store), now=now)
    ]
    answers.put((refused, found))


@pytest.mark.parametrize("mode", ["read-only", "unreadable"])
def test_what_a_user_may_not_do_is_told_in_one_sentence(mode: str, empty_store: Path):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        store = Path(folder) / "store"
        shutil.copytree(empty_store, store)
        for path in (store, *store.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        if mode == "unreadable":
            (store / "catalog.sqlite").chmod(0)
        answers: multiprocessing.Queue[object] = PROCESSES.Queue()
        child = PROCESSES.Process(target=_as_nobody, args=(str(store), answers))
        child.start()
        refused, found = answers.get(timeout=120)  # pyright: ignore[reportGeneralTypeIssues]
        child.join()
        for path in (store, *store.rglob("*")):
            path.chmod(0o755)
    assert refused == f"cannot write to the store in {store}: Permission denied."
    ((check, sentence, is_for_the_user),) = found
    assert check == "folder"
    assert is_for_the_user
    assert ("cannot be read" if mode == "unreadable" else "cannot be written") in sentence


def _write_for_ever(store: str, begun: Event) -> None:
    with lake.writer(Path(store)) as con:
        bring(con, Path(store), batch(1))
        con.execute("BEGIN")
        con.execute("DELETE FROM lake.spans")
        begun.set()
        while True:
            con.execute("SELECT 1")


def test_a_second_writer_says_for_whom_it_waits_and_a_killed_one_holds_nothing(
    empty_store: Path, tmp_path: Path
):
    store = Path(shutil.copytree(empty_store, tmp_path / "store"))
    begun = PROCESSES.Event()
    first = PROCESSES.Process(target=_write_for_ever, args=(str(store), begun))
    first.start()
    assert begun.wait(120)
    assert health.writing_process(store) == str(first.pid)
    second = subprocess.Popen(
        [*PATCHPILOT, "import", str(TRACES), "--store", str(store)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert second.stderr is not None
    said = second.stderr.readline()
    assert said.startswith(f"waiting for process {first.pid}, which is at work on this store")
    first.kill()
    first.join()
    second.communicate(timeout=120)
    assert second.returncode == 0
    assert health.writing_process(store) is None
    assert set(checks(store)) <= {"space"}
    con = lake.connect(store, read_only=True)
    assert con.sql(
        "SELECT list(DISTINCT import_id ORDER BY import_id) FROM lake.spans"
    ).fetchall() == [([1, 2],)]
    con.close()


def test_a_store_that_is_deleted_stays_on_the_page_until_it_is_back(
    empty_store: Path, tmp_path: Path
):
    store, other = tmp_path / "store", tmp_path / "other"
    for folder, numbers in ((store, (1,)), (other, (1, 2))):
        shutil.copytree(empty_store, folder)
        with lake.writer(folder) as con:
            bring(con, folder, [raw for number in numbers for raw in batch(number)])
    reader = Reader(store)
    shown: list[object] = []
    faults: list[str | None] = []
    look = poller(reader, reader.poll(), shown.append, faults.append)

    def runs() -> int:
        with reader.cursor() as con:
            return len(con.table("runs"))

    assert runs() == 8
    shutil.rmtree(store)
    look(0)
    look(1)
    assert faults == [f"the store in {store} has been removed."]
    assert runs() == 8
    # As many commits as the one before: only the file tells them apart.
    other.rename(store)
    look(2)
    look(3)
    assert faults[1:] == [None]
    assert len(shown) == 1
    assert runs() == 16
    reader.close()


@pytest.mark.parametrize(("ahead", "says"), [(-60, "data"), (60, "data"), (3600, "unknown")])
def test_no_age_is_negative_or_made_up(ahead: int, says: str):
    now = datetime(2026, 3, 2, 12)
    text = age(now + timedelta(seconds=ahead), now).html
    assert says in text
    assert ("unknown" in text) == (says == "unknown")


def test_a_size_beside_a_writer_leaves_out_what_is_gone(tmp_path: Path):
    (tmp_path / "kept").write_bytes(b"x" * 9)
    done = Flag()

    def write() -> None:
        for number in range(100):
            folder = tmp_path / "tmp" / str(number)
            folder.mkdir(parents=True)
            (folder / "staged").touch()
            shutil.rmtree(tmp_path / "tmp")
        done.set()

    writer = Thread(target=write)
    writer.start()
    sizes: set[int] = set()
    while not done.is_set():
        sizes.add(lake.size_bytes(tmp_path))
    writer.join()
    assert sizes == {9}
