"""Files that grow, rotate and fail, a queue that is full, and what the reader makes of all that."""

import json
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import record
from analytics.record import names
from analytics.record.clock import Clock
from analytics.record.folder import Folder
from analytics.record.inbox import Flush, Inbox
from analytics.record.spans import Place, Shape, Span
from analytics.record.state import State, line_of, record_of
from analytics.record.writer import Writer
from analytics.schema import CALLS
from analytics.sources import record as reading
from analytics.sources.formats import FORMATS
from analytics.sources.inputs import HEAD_BYTES
from analytics.sync import SyncReport, import_paths, watch
from tests.record.conftest import Records, Row, read

LINE: Row = {
    "record": 1,
    "source": "record",
    "span_id": "a",
    "trace_id": "a",
    "op": "record.run",
    "started_at": "2026-11-20T10:00:00.000000Z",
    "status": "running",
    "changes": 0,
}
ENDED = LINE | {"status": "ok", "ended_at": "2026-11-20T10:01:00.000000Z", "changes": 2}


def written(path: Path, *lines: Row | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def states(folder: Path, count: int, *, is_run: bool = False) -> list[State]:
    """That many states of as many steps, as callers send them."""
    place = Place(
        clock=Clock(),
        folder=folder,
        source="record",
        project=None,
        mirrored=False,
        conditions={},
    )
    shape = Shape(op="record.run" if is_run else "record.tool", is_run=is_run)
    made = []
    for _ in range(count):
        told = Span(shape, place).identity
        assert told is not None
        made.append(State(of=told, status="running", columns={}, characters=10))
    return made


def test_every_member_of_a_line_is_a_column_or_told_by_the_format(records: Records):
    (state,) = states(records.folder, 1)
    state.columns |= dict.fromkeys((*names.USAGE, "model", "provider"), 1)
    members = record_of(state).keys()
    assert members - set(CALLS.columns) == {"record", "changes"}
    known = {"thread_id", "op_version", "display_name", "feedback", "detail"}
    assert set(CALLS.columns) - members == known
    assert next(iter(json.loads(line_of(record_of(state))))) == "record"


def test_a_folder_rotates_by_size_and_by_age(tmp_path: Path):
    small = Folder(tmp_path / "small", rotate_bytes=100)
    old = Folder(tmp_path / "old", rotate_s=-1)
    for folder in (small, old):
        for number in range(6):
            assert folder.write([f"{number}" + "x" * 49])
        folder.close()
    sizes = [file.read_text().count("\n") for file in (tmp_path / "small").iterdir()]
    assert sizes == [2, 2, 2]
    assert len(list((tmp_path / "old").iterdir())) == 6


def test_a_folder_that_fails_says_so_once_and_takes_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("analytics.record.folder._RETRY_S", 0.0)
    place = tmp_path / "traces"
    place.write_text("in the way")
    inbox = Inbox()
    writer = Writer(inbox)
    for state in states(place, 3):
        inbox.put(state)
        writer.step(0.0)
    assert capsys.readouterr().err.count("\n") == 1
    place.unlink()
    inbox.put(states(place, 1)[0])
    writer.step(0.0)
    (file,) = place.iterdir()
    staged, rows = read(file)
    assert len(rows) == 1
    assert [reject.reason for reject in staged.rejects] == [
        "3 changes of steps were not recorded: more came than could be written"
    ]


@settings(max_examples=15)
@given(most=st.integers(0, 20), count=st.integers(0, 60))
def test_what_is_written_and_what_was_dropped_is_all_there_was(tmp_path_factory, most, count):
    folder = tmp_path_factory.mktemp("full") / "traces"
    inbox = Inbox(most=most)
    for state in states(folder, count):
        inbox.put(state)
    inbox.put(states(folder, 1, is_run=True)[0])
    writer = Writer(inbox)
    while writer.step(0.0):
        pass
    (file,) = folder.iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    dropped = sum(line.get("dropped", 0) for line in lines)
    kept = [line for line in lines if "dropped" not in line]
    assert len(kept) + dropped == count + 1
    assert len(kept) == min(most, count) + 1
    assert kept[-1]["op"] == "record.run"


def test_steps_that_end_have_room_when_no_more_may_begin(tmp_path: Path):
    inbox = Inbox(most=2)
    made = states(tmp_path, 4)
    for state in made:
        inbox.put(state)
    for state in made:
        inbox.put(State(of=state.of, status="ok", columns={}))
    found = []
    while isinstance(state := inbox.take(0.0), State):
        found.append(state.status)
    assert found == ["running", "running", "ok", "ok"]
    assert inbox.take_dropped() == {tmp_path: 4}
    assert inbox.take_dropped() == {}


def test_long_texts_fill_the_queue_as_well(tmp_path: Path):
    inbox = Inbox(most_characters=25)
    for state in states(tmp_path, 5):
        inbox.put(state)
    assert inbox.take_dropped() == {tmp_path: 3}
    for _ in range(2):
        inbox.take(0.0)
    for state in states(tmp_path, 2):
        inbox.put(state)
    assert inbox.take_dropped() == {}


def test_whoever_waits_is_let_go_when_all_before_is_written(tmp_path: Path):
    inbox = Inbox()
    writer = Writer(inbox)
    (state,) = states(tmp_path, 1)
    flush = Flush()
    inbox.put(state)
    inbox.put_flush(flush)
    assert not flush.wait(0.0)
    assert writer.step(0.0)
    assert flush.wait(0.0)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_step_that_ends_at_once_is_one_line_and_stands_below_its_own_parent(records: Records):
    with record.run("t", folder=records.folder) as run:
        record.flush()
        with run.agent("A"), record.tool("x") as call:
            call.output(1)
    lines = records.lines()
    assert [(line["op"], line["status"]) for line in lines] == [
        ("record.run", "running"),
        ("record.agent", "ok"),
        ("record.tool", "ok"),
        ("record.run", "ok"),
    ]


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        ((LINE,), ("running", 1)),
        ((LINE, ENDED), ("ok", 2)),
        ((ENDED, LINE), ("ok", 2)),
        ((LINE | {"changes": 3}, LINE), ("running", 5)),
        ((LINE | {"changes": 300},), ("running", 127)),
        ((ENDED | {"status": "error", "changes": 1}, ENDED), ("ok", 2)),
        ((ENDED | {"source": "weave"},), ("ok", 1)),
        ((ENDED | {"ended_at": None},), ("ok", 2)),
    ],
)
def test_of_several_states_the_latest_counts(tmp_path: Path, lines: tuple[Row], row: Any):
    staged, rows = read(written(tmp_path / "a.jsonl", *lines))
    assert staged.rejects == ()
    assert [(found["status"], found["detail"]) for found in rows] == [row]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ('{"record": 1, "sp', "not JSON"),
        (LINE | {"record": 2}, "version 2"),
        (LINE | {"source": "elsewhere"}, "source 'elsewhere'"),
        (LINE | {"source": ["record"]}, "source ['record']"),
        (LINE | {"span_id": None}, "span_id is missing"),
        (LINE | {"span_id": ""}, "span_id is missing"),
        (LINE | {"trace_id": 7}, "trace_id is missing"),
        (LINE | {"op": None}, "op is missing"),
        (LINE | {"started_at": "soon"}, "started_at is missing or not a time"),
        (LINE | {"status": "odd"}, "status 'odd'"),
        ({"record": 1, "dropped": 1200}, "1,200 changes of steps were not recorded"),
        ({"record": 1, "dropped": "x"}, "some changes of steps were not recorded"),
    ],
)
def test_a_line_that_cannot_be_read_is_a_reject_with_its_place(
    tmp_path: Path, line: Row | str, reason: str
):
    file = written(tmp_path / "a.jsonl", ENDED | {"span_id": "sound"}, line)
    staged, rows = read(file)
    assert [row["span_id"] for row in rows] == ["sound"]
    (reject,) = staged.rejects
    assert (reject.file, reject.line) == ("a.jsonl", 2)
    assert reason in reject.reason


def test_a_line_that_was_cut_off_is_a_reject(tmp_path: Path):
    file = written(tmp_path / "a.jsonl", ENDED)
    file.write_text(file.read_text() + json.dumps(LINE)[:50])
    staged, rows = read(file)
    assert len(rows) == 1
    assert "cut off" in staged.rejects[0].reason


def test_what_is_added_between_two_readings_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = written(tmp_path / "a.jsonl", LINE, LINE | {"span_id": "b"})
    first = reading._last_lines

    def then_grow(path: Path, size: int) -> set[int]:
        chosen = first(path, size)
        with path.open("a", encoding="utf-8") as out:
            out.write(f"{json.dumps(ENDED)}\n{{\n")
        return chosen

    assert read(file)[0].notes == ()
    monkeypatch.setattr(reading, "_last_lines", then_grow)
    staged, rows = read(file)
    assert [(row["span_id"], row["status"]) for row in rows] == [("a", "running"), ("b", "running")]
    assert staged.rejects == ()
    assert ["grew while it was read" in note for note in staged.notes] == [True]
    monkeypatch.undo()
    staged, rows = read(file)
    assert sorted((row["span_id"], row["status"]) for row in rows) == [
        ("a", "ok"),
        ("b", "running"),
    ]
    assert len(staged.rejects) == 1


def test_a_record_is_taken_for_itself_alone(records: Records):
    hostile = {"op_name": "x", "trace_id": "y", "type": "call_start", "req": {}}
    with record.run("t", folder=records.folder, inputs=hostile):
        pass
    records.text()
    (file,) = records.files()
    head = file.read_bytes()[:HEAD_BYTES]
    takers = [each.name for each in FORMATS if each.recognise(head, file)]
    assert takers[0] == "record"
    assert not any(each.recognise(b'{"record": 7}\n', file) for each in FORMATS)


def stored(store: Path) -> list[tuple[Any, ...]]:
    from analytics.store import lake

    with lake.writer(store) as con:
        return con.execute(
            "SELECT span_id, status, ended_at, output FROM lake.spans "
            "JOIN lake.payloads USING (source, span_id) ORDER BY span_id"
        ).fetchall()


def test_importing_twice_changes_nothing(records: Records, tmp_path: Path):
    with record.run("t", agent="A", folder=records.folder) as run, run.tool("grep"):
        pass
    record.flush()
    first = import_paths(tmp_path / "store", [str(records.folder)]).written
    again = import_paths(tmp_path / "store", [str(records.folder)]).written
    assert (first.new, first.rejected) == (2, 0)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)


@pytest.mark.parametrize("order", ["together", "forward", "backward"])
def test_halves_in_two_files_meet(tmp_path: Path, order: str):
    first = written(tmp_path / "a.jsonl", LINE, LINE | {"changes": 1, "output": {"turns": 1}})
    second = written(tmp_path / "b.jsonl", ENDED | {"output": {"turns": 2}})
    store = tmp_path / "store"
    steps = {
        "together": [[first, second]],
        "forward": [[first], [second]],
        "backward": [[second], [first]],
    }
    for files in steps[order]:
        import_paths(store, [str(file) for file in files])
    ((_, status, _, output),) = stored(store)
    assert (status, json.loads(output)) == ("ok", {"turns": 2})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_killed_run_in_two_files_the_later_numbers_count(
    tmp_path: Path, order: tuple[int, int]
):
    told = [LINE | {"changes": n, "output": {"turns": n}} for n in (1, 2)]
    files = [written(tmp_path / f"{n}.jsonl", line) for n, line in enumerate(told)]
    for names_ in ([files[n] for n in order], files):
        store = tmp_path / f"store-{len(names_)}-{names_[0].name}"
        import_paths(store, [str(file) for file in names_])
        ((_, status, _, output),) = stored(store)
        assert (status, json.loads(output)) == ("running", {"turns": 2})


def test_a_watch_follows_a_run_as_it_goes_on(records: Records, tmp_path: Path):
    stop, heard = Event(), []
    store = tmp_path / "store"
    seen = Event()

    def told(report: object) -> None:
        heard.append(report)
        seen.set()

    thread = Thread(
        target=watch, args=(store, [str(records.folder)], 0.05, stop), kwargs={"told": told}
    )
    thread.start()
    try:
        with record.run("t", folder=records.folder) as run:
            record.flush()
            assert seen.wait(30)
            seen.clear()
            run.set(turns=3)
            record.flush()
            assert seen.wait(30)
            assert [row[1] for row in stored(store)] == ["running"]
            seen.clear()
        record.flush()
        assert seen.wait(30)
    finally:
        stop.set()
        thread.join(30)
    assert all(isinstance(report, SyncReport) and not report.rejects for report in heard)
    assert [(row[1], json.loads(row[3])) for row in stored(store)] == [("ok", {"turns": 3})]
