"""What is not read: files without the right to, what this project wrote itself, what names nothing."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from analytics.doctor import faults
from analytics.errors import AnalyticsError, InputError, StoreError
from analytics.export.tables import export_tables
from analytics.sources import inputs
from analytics.store import lake
from analytics.sync import SyncReport, check_watch, import_paths, verify, watch
from tests.sync.test_growth import call, counts, watched


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.jsonl").write_text(call(1) + "\n")
    (folder / "b.jsonl").write_text(call(2) + "\n")
    return folder


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    return written(tmp_path / "traces")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store that a watch has brought traces into, and the traces. Nothing more is imported."""
    folder = tmp_path_factory.mktemp("seen")
    store, traces = folder / "store", written(folder / "traces")
    assert once(store, traces) is not None
    return store, traces


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of files and folders that this user may not read: root may read all."""
    names: set[str] = set()
    former = {name: getattr(os, name) for name in ("scandir", "access")}
    opened = Path.open

    def refuse(path: object) -> None:
        if not isinstance(path, int) and Path(str(path)).name in names:
            raise PermissionError(13, "Permission denied", str(path))

    def scan(path="."):
        refuse(path)
        return former["scandir"](path)

    def access(path, mode):
        return Path(path).name not in names and former["access"](path, mode)

    def open_(self, *arguments, **options):
        refuse(self)
        return opened(self, *arguments, **options)

    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(Path, "open", open_)
    return names


def once(store: Path, *paths: Path, tables: Path | None = None) -> SyncReport | None:
    """Look once, as a watch that was started again does."""
    heard: list[SyncReport | AnalyticsError] = []
    stop = Event()
    stop.wait = lambda timeout=None: stop.set() or True  # type: ignore[method-assign]
    watch(store, [str(path) for path in paths], 1.0, stop, tables=tables, told=heard.append)
    assert all(isinstance(each, SyncReport) for each in heard), heard
    assert len(heard) <= 1
    return heard[0] if heard and isinstance(heard[0], SyncReport) else None


def imports(store: Path) -> int:
    with lake.opened(store) as con:
        return len(con.table("lake.imports"))


def test_a_watch_goes_on_beside_an_unreadable_file(store: Path, traces: Path, locked: set[str]):
    locked.add("b.jsonl")
    with watched(store, traces) as heard:
        assert counts(heard) == (1, 0, 0)
        locked.clear()
        assert counts(heard) == (1, 0, 0)


def test_what_may_not_be_read_is_a_reject_of_its_folder(
    store: Path, traces: Path, locked: set[str], tmp_path: Path
):
    (traces / "inner").mkdir()
    locked |= {"inner", "b.jsonl"}
    report = import_paths(store, [str(traces)])
    assert (report.written.new, report.written.rejected) == (1, 2)
    for name in ("inner", "b.jsonl"):
        (reject,) = (each for each in report.rejects if each.file == str(traces / name))
        assert f"{name}: Permission denied" in reject.reason
    with pytest.raises(InputError, match="Permission denied"):
        import_paths(store, [str(traces / "b.jsonl")])
    locked.add("traces")
    for attempt in (import_paths, verify):
        with pytest.raises(InputError, match="traces: Permission denied"):
            attempt(store, [str(traces)])
    seen = once(tmp_path / "other", traces)
    assert seen is not None
    assert seen.written.rejected == 1


def test_what_was_written_here_is_never_read(tmp_path: Path, traces: Path):
    store = traces / "store"
    assert import_paths(store, [str(tmp_path)]).written.new == 2
    shutil.copytree(store, tmp_path / "store")
    tables = traces / "tables"
    export_tables(store, tables, "csv")
    shutil.copytree(tables, traces, dirs_exist_ok=True)
    export_tables(store, traces, "parquet")
    for into, path in ((store, tmp_path), (tmp_path / "store", tmp_path / "**" / "*")):
        again = import_paths(into, [str(path)])
        assert {file.name for file in again.files} == {
            str(traces / "a.jsonl"),
            str(traces / "b.jsonl"),
        }
        assert again.written.rejected == 0
    seen = once(store, tmp_path)
    assert seen is not None
    assert (len(seen.files), seen.written.rejected) == (2, 0)


def test_a_folder_that_is_written_to_is_refused(seen: tuple[Path, Path]):
    store, traces = seen
    with pytest.raises(InputError, match="is the store itself"):
        import_paths(store, [str(store)])
    with pytest.raises(InputError, match="is where the tables go"):
        check_watch(store, [str(traces)], traces)
    check_watch(store, [str(traces)], traces / "tables")


def test_tables_that_are_being_written_are_left_out(seen: tuple[Path, Path]):
    store, traces = seen
    tables = traces / "tables"
    tables.mkdir()
    (tables / "runs.csv").write_text("run_id\n1\n")  # As an export that was cut off leaves it.
    assert once(store, traces, tables=tables) is None
    assert imports(store) == 1


@pytest.mark.parametrize("name", ["nonexist/", "nomatch*.jsonl", "", " "])
def test_a_watch_refuses_what_names_nothing(store: Path, name: str):
    with pytest.raises(InputError):
        check_watch(store, [name])


def test_a_watch_refuses_a_store_that_is_a_file(traces: Path):
    with pytest.raises(StoreError, match="it is a file, not a folder"):
        check_watch(traces / "a.jsonl", [str(traces)])


def test_a_watch_takes_a_folder_that_is_empty_so_far(store: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    check_watch(store, [str(tmp_path / "empty")])


def test_what_was_refused_is_refused_once(store: Path, tmp_path: Path, locked: set[str]):
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "notes.json").write_text('{"nothing": "known"}\n')
    (folder / "locked.json").write_text("[]")
    locked.add("locked.json")
    first = once(store, folder)
    assert first is not None
    assert first.written.rejected == 2
    assert once(store, folder) is None
    assert imports(store) == 1
    (folder / "notes.json").write_text('{"nothing": "at all"}\n')
    assert once(store, folder) is not None


def test_an_empty_path_is_refused(store: Path):
    for attempt in (import_paths, verify):
        with pytest.raises((InputError, StoreError), match=r"empty path|no store"):
            attempt(store, [""])
    with pytest.raises(InputError, match="empty path"):
        inputs.find(["a.jsonl", ""])


def test_an_import_of_nothing_but_rejects_leaves_no_file_behind(store: Path, tmp_path: Path):
    count = 12_000
    (tmp_path / "all.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(count)))
    report = import_paths(store, [str(tmp_path / "all.jsonl")], format_name="otel-json")
    assert report.written.rejected == count
    with lake.opened(store) as con:
        stored = con.table("lake.rejects").order("line").fetchall()
    path = str(tmp_path / "all.jsonl")
    assert stored == [(1, path, n + 1, "it holds no spans", f'{{"n":{n}}}') for n in range(count)]
    assert faults(store, now=datetime.now(UTC).replace(tzinfo=None)) == []
