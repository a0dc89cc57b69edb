"""The SDK's own log: two halves of a call find each other in any order."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.records import call
from tests.sources.test_weave_laws import reader

__all__ = ["reader"]

ENDING = ("ended_at", "exception", "output", "summary")


def halves(record):
    start = {name: value for name, value in record.items() if name not in ENDING}
    end = {name: record[name] for name in (*ENDING, "id", "trace_id")}
    return {"type": "call_start", "req": {"start": start}}, {
        "type": "call_end",
        "req": {"end": end},
    }


def text(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_every_call_of_a_real_log_is_read(read, sample):
    result = read.file(sample("wal_sample.jsonl"), "weave-wal")
    assert result.rejects == ()
    assert [(row["op"], row["status"]) for row in result.rows] == [
        ("f", "ok"),
        ("child", "ok"),
        ("f", "ok"),
        ("child", "ok"),
        ("boom", "error"),
        ("f", "running"),
    ]
    assert {row["project"] for row in result.rows} == {"acme/offline"}
    assert result.rows[4]["error_type"] == "ValueError"


@settings(max_examples=15)
@given(data=st.data())
def test_the_order_does_not_matter(reader, data):
    records = [call(f"c{n}", output={"n": n}, inputs=None) for n in range(3)]
    parts = [half for record in records for half in halves(record)]
    result = reader(text(*data.draw(st.permutations(parts))), "weave-wal")
    assert result.rejects == ()
    whole = reader(text(*records))
    assert sorted(result.rows, key=lambda row: row["span_id"]) == whole.rows


def test_a_log_that_was_sent_twice_gives_each_call_once(read):
    log = text(*halves(call()))
    assert read(log + log, "weave-wal").rows == read(log, "weave-wal").rows


def test_a_start_alone_is_running_and_an_end_alone_a_reject(read):
    first, second = halves(call("a")), halves(call("b"))
    result = read(text(first[0], {"type": "obj_create", "req": {}}, second[1]), "weave-wal")
    assert [(row["span_id"], row["status"]) for row in result.rows] == [("a", "running")]
    assert result.reasons == {3: "the end of a call whose beginning is not in this file"}


def test_bad_lines_and_bad_starts_are_rejects(read):
    result = read(text(halves(call(""))[0]) + "{\n" + text(*halves(call("a"))), "weave-wal")
    assert [row["span_id"] for row in result.rows] == ["a"]
    assert result.reasons[1] == "id is missing"
    assert result.reasons[2].startswith("not JSON")
