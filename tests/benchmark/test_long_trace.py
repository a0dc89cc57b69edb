"""The long trace: one run that has every call, and whose page is read whole."""

import json
from pathlib import Path

from benchmark import long_trace

from analytics import sync
from analytics.store import run_tables, tables
from analytics.store.reader import Reader

COUNT = 700


def test_a_long_trace_is_one_run_of_all_its_calls(tmp_path: Path):
    file = tmp_path / "long.jsonl"
    run_id = long_trace.write(file, COUNT)
    calls = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len({call["id"] for call in calls}) == len(calls) == COUNT
    assert len({call["trace_id"] for call in calls}) == 1
    sync.import_paths(tmp_path / "store", [str(file)])
    reader = Reader(tmp_path / "store")
    with tables.consistent(reader) as con:
        assert con.sql("SELECT run_id, spans_count FROM runs").fetchall() == [(run_id, COUNT)]
        run = tables.run(con, "weave", run_id)
        assert run is not None
        waterfall = run_tables.story(con, run).waterfall
    reader.close()
    assert len(waterfall.marks) == run_tables.MOST_MARKS
    assert len(waterfall.marks) + int(waterfall.rest["calls_count"].sum()) == COUNT
    assert sum(waterfall.kinds.values()) == COUNT
