"""Files that grow, are replaced, vanish or are written half: what a watch makes of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread

import pytest

from analytics.errors import AnalyticsError
from analytics.store import lake
from analytics.sync import SyncReport, import_paths, watch

Heard = Queue[SyncReport | AnalyticsError]


def call(number: int, *, ended: bool = True) -> str:
    """One root call as a line of an export."""
    return json.dumps(
        {
            "id": f"span-{number}",
            "project_id": "acme/shop",
            "op_name": "work",
            "trace_id": f"trace-{number}",
            "parent_id": None,
            "started_at": f"2026-03-01T10:00:{number:02d}.000000Z",
            "ended_at": f"2026-03-01T10:01:{number:02d}.000000Z" if ended else None,
            "attributes": {},
            "inputs": {"number": number},
            "output": {"number": number} if ended else None,
            "exception": None,
            "summary": {},
        }
    )


@contextmanager
def watched(store: Path, *paths: Path) -> Iterator[Heard]:
    heard: Heard = Queue()
    stop = Event()
    names = [str(path) for path in paths]
    thread = Thread(target=watch, args=(store, names, 0.05, stop), kwargs={"told": heard.put})
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive()


def counts(heard: Heard) -> tuple[int, int, int]:
    report = heard.get(timeout=30)
    assert isinstance(report, SyncReport), report
    return report.written.new, report.written.changed, report.written.unchanged


def span_ids(store: Path) -> list[str]:
    con = lake.connect(store, read_only=True)
    try:
        return [i for (i,) in con.execute("SELECT span_id FROM lake.spans ORDER BY 1").fetchall()]
    finally:
        con.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_only_new_complete_lines_are_read(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1) + "\n" + call(2) + "\n" + call(3)[:40])
    with watched(store, file) as heard:
        assert counts(heard) == (2, 0, 0)
        with file.open("a") as growing:
            growing.write(call(3)[40:] + "\n" + call(4)[:10])
        assert counts(heard) == (1, 0, 0)
    assert span_ids(store) == ["span-1", "span-2", "span-3"]


def test_a_second_watch_goes_on_where_the_first_was_left(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1) + "\n")
    with watched(store, file) as heard:
        assert counts(heard) == (1, 0, 0)
    with file.open("a") as growing:
        growing.write(call(2) + "\n")
    with watched(store, file) as heard:
        assert counts(heard) == (1, 0, 0)


def test_a_replaced_file_is_read_from_its_beginning(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1) + "\n")
    with watched(store, file) as heard:
        assert counts(heard) == (1, 0, 0)
        file.write_text(call(2) + "\n" + call(1) + "\n")
        assert counts(heard) == (1, 0, 1)


def test_a_truncated_file_loses_nothing(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1) + "\n" + call(2) + "\n")
    with watched(store, file) as heard:
        assert counts(heard) == (2, 0, 0)
        file.write_text(call(1) + "\n")
        assert counts(heard) == (0, 0, 1)
    assert span_ids(store) == ["span-1", "span-2"]


def test_a_running_call_is_finished_by_a_later_line(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1, ended=False) + "\n")
    with watched(store, file) as heard:
        assert counts(heard) == (1, 0, 0)
        with file.open("a") as growing:
            growing.write(call(1) + "\n")
        assert counts(heard) == (0, 1, 0)


def test_files_that_appear_later_are_found(store: Path, tmp_path: Path):
    folder = tmp_path / "traces"
    with watched(store, folder) as heard:
        with pytest.raises(Empty):
            heard.get(timeout=0.3)
        folder.mkdir()
        (folder / "one.jsonl").write_text(call(1) + "\n")
        assert counts(heard) == (1, 0, 0)
        (folder / "two.jsonl").write_text(call(2) + "\n")
        assert counts(heard) == (1, 0, 0)


def test_an_unreadable_line_keeps_its_number_in_the_whole_file(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1) + "\n" + call(2) + "\n")
    with watched(store, file) as heard:
        assert counts(heard) == (2, 0, 0)
        with file.open("a") as growing:
            growing.write(call(3) + "\nnot json\n")
        report = heard.get(timeout=30)
    assert isinstance(report, SyncReport)
    assert [(r.file, r.line) for r in report.rejects] == [(str(file), 4)]


def test_a_watch_tells_what_an_import_would_have_told(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text("".join(call(number) + "\n" for number in range(5)))
    with watched(store, file) as heard:
        assert counts(heard) == (5, 0, 0)
    report = import_paths(store, [str(file)])
    assert (report.written.new, report.written.unchanged) == (0, 5)


def test_a_document_without_a_last_newline_is_read_whole(store: Path, tmp_path: Path):
    file = tmp_path / "calls.json"
    file.write_text(f"[{call(1)}, {call(2)}]")
    with watched(store, file) as heard:
        assert counts(heard) == (2, 0, 0)


def test_a_first_line_being_written_waits(store: Path, tmp_path: Path):
    file = tmp_path / "calls.jsonl"
    file.write_text(call(1)[:8])
    with watched(store, file) as heard:
        with pytest.raises(Empty):
            heard.get(timeout=0.3)
        file.write_text(call(1) + "\n")
        assert counts(heard) == (1, 0, 0)
