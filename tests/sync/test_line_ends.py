"""Where a line ends for Python alone, none ends: a text may hold such characters and comes through whole."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from analytics import sync
from analytics.metrics.catalog import metric
from analytics.metrics.evaluate import evaluate
from analytics.store import tables
from analytics.store.reader import Reader
from tests.traces import Trace

LINE_ENDS = ("\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e")


@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "raw"])
@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_a_text_that_holds_one_is_imported_and_counted_whole(
    end: str, escaped: bool, tmp_path: Path
):
    text = f"a{end}b"
    trace = Trace("t1")
    top = trace.call(
        "Orchestrator.run", 0, 9, inputs={"task": text}, attributes={"variant": text}, output=text
    )
    inputs = {"task": text}
    trace.call(f"step{end}one", 1, 2, parent=top, inputs=inputs, error=text, model=text)
    file = tmp_path / "export.jsonl"
    # A text comes first: what is recognised of the file stands behind it.
    lines = (
        json.dumps({"inputs": call["inputs"]} | call, ensure_ascii=escaped) for call in trace.calls
    )
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    report = sync.import_paths(tmp_path / "store", [str(file)])
    assert (report.written.new, report.written.rejected) == (2, 0)
    with (
        closing(Reader(tmp_path / "store")) as reader,
        tables.consistent(reader, files=True) as con,
    ):
        for cut in ("task", "variant"):
            found = evaluate(con, [metric("runs")], [cut])
            assert {key: told["runs"].value for key, told in found.items()} == {(text,): 1}
        calls = con.sql(
            "SELECT op, concat(error_type, error_message), output FROM lake.spans JOIN lake.payloads "
            "USING (source, trace_id, span_id) ORDER BY spans.started_at"
        )
        (_, _, output), (op, error, _) = calls.fetchall()
        assert (op, json.loads(output)) == (f"step{end}one", text)
        assert text in error
