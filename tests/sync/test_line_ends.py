"""Where a line ends for Python alone, none ends: a text may hold such characters and comes through whole."""

import json
from contextlib import closing
from pathlib import Path

from analytics import sync
from analytics.metrics.catalog import metric
from analytics.metrics.evaluate import evaluate
from analytics.store import consistency, tables
from analytics.store.reader import Reader
from tests.traces import Trace

LINE_ENDS = ("\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e")


CASES = {
    f"{'escaped' if escaped else 'raw'} a{end}b": (end, escaped)
    for escaped in (True, False)
    for end in LINE_ENDS
}
"""Each text, with what it holds and whether the file has that as JSON's escape; each in a file of its own."""


def written(file: Path, text: str, end: str, *, escaped: bool) -> None:
    trace = Trace(ascii(text))
    top = trace.call(
        "Orchestrator.run", 0, 9, inputs={"task": text}, attributes={"variant": text}, output=text
    )
    inputs = {"task": text}
    trace.call(f"step{end}one", 1, 2, parent=top, inputs=inputs, error=text, model=text)
    # A text comes first: what is recognised of the file stands behind it.
    lines = (
        json.dumps({"inputs": call["inputs"]} | call, ensure_ascii=escaped) for call in trace.calls
    )
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())


def test_a_text_that_holds_one_is_imported_and_counted_whole(tmp_path: Path):
    files = [tmp_path / f"{number}.jsonl" for number in range(len(CASES))]
    for file, (text, (end, escaped)) in zip(files, CASES.items(), strict=True):
        written(file, text, end, escaped=escaped)
    report = sync.import_paths(tmp_path / "store", [str(file) for file in files])
    assert report.rejects == ()
    assert (report.written.new, report.written.rejected) == (2 * len(CASES), 0)
    with (
        closing(Reader(tmp_path / "store")) as reader,
        consistency.heeded(),
        tables.consistent(reader, files=True) as con,
    ):
        for cut in ("task", "variant"):
            found = evaluate(con, [metric("runs")], [cut])
            assert {key: told["runs"].value for key, told in found.items()} == {
                (text,): 1 for text in CASES
            }
        calls = con.sql(
            "SELECT trace_id, op, concat(error_type, error_message), output FROM lake.spans "
            "JOIN lake.payloads USING (source, trace_id, span_id) ORDER BY spans.started_at"
        ).fetchall()
    tops, steps = calls[: len(CASES)], calls[len(CASES) :]
    outputs = {trace: json.loads(output) for trace, _, _, output in tops}
    assert outputs == {ascii(text): text for text in CASES}
    ops = {trace: op for trace, op, _, _ in steps}
    assert ops == {ascii(text): f"step{end}one" for text, (end, _) in CASES.items()}
    errors = {trace: error for trace, _, error, _ in steps}
    assert [text for text in CASES if text not in errors[ascii(text)]] == []
