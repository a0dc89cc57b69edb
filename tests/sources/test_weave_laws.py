"""Laws: the same records give the same rows, in whatever order, form or portion they come."""

import json
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics.redaction import redact
from tests.sources.conftest import Reader
from tests.sources.records import calls, lines

few = settings(max_examples=8)
MALFORMED = b'{"id": "broken"\n'


@pytest.fixture(scope="module")
def reader():
    with duckdb.connect(config={"threads": 1}) as con, tempfile.TemporaryDirectory() as folder:
        yield Reader(con, Path(folder))


def by_id(result):
    return sorted(result.rows, key=lambda row: row["span_id"])


def reasons(result):
    return sorted(reject.reason for reject in result.rejects)


@few
@given(records=calls(), data=st.data())
def test_the_order_of_the_lines_does_not_matter(reader, records, data):
    shuffled = data.draw(st.permutations(records))
    one, other = reader(lines(*records)), reader(lines(*shuffled))
    assert by_id(one) == by_id(other)
    assert reasons(one) == reasons(other)


@few
@given(records=calls(), indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_lines_and_arrays_give_the_same_rows(reader, records, indent, ascii_only):
    array = json.dumps(records, indent=indent, ensure_ascii=ascii_only)
    one, other = reader(lines(*records)), reader(array, "weave-json")
    assert one.rows == other.rows
    assert [(r.line, r.reason) for r in one.rejects] == [(r.line, r.reason) for r in other.rejects]


@few
@given(records=calls())
def test_a_bad_neighbour_changes_no_row(reader, records):
    """The careful path gives the rows of the quick one."""
    one = reader(lines(*records))
    other = reader(lines(*records).encode() + MALFORMED)
    assert one.rows == other.rows
    assert len(other.rejects) == len(one.rejects) + 1


@few
@given(records=calls(), cut=st.integers(0, 6))
def test_portions_add_up_to_the_whole(reader, records, cut):
    whole = reader(lines(*records))
    parts = [part for part in (records[:cut], records[cut:]) if part]
    read = [reader(lines(*part)) for part in parts]
    assert whole.rows == [row for part in read for row in part.rows]
    assert reasons(whole) == sorted(reason for part in read for reason in reasons(part))


@few
@given(records=calls())
def test_every_record_is_a_row_or_a_reject(reader, records):
    result = reader(lines(*records))
    assert len(result.rows) + len(result.rejects) == len(records)
    assert len({reject.line for reject in result.rejects}) == len(result.rejects)


@few
@given(records=calls(), cut=st.integers(1, 400))
def test_a_cut_off_file_loses_its_last_record_at_most(reader, records, cut):
    whole = reader(lines(*records))
    text = lines(*records).encode()
    kept = text[: len(text) - min(cut, len(text) - text.rstrip(b"\n").rfind(b"\n") - 2)]
    short = reader(kept)
    assert len(short.rows) + len(short.rejects) == len(records)
    assert [r for r in whole.rows if r["span_id"] != records[-1]["id"]] == [
        r for r in short.rows if r["span_id"] != records[-1]["id"]
    ]


@few
@given(records=calls())
def test_a_record_says_the_same_as_its_row(reader, records):
    # What is taken out of secrets has laws of its own.
    text = lines(*records)
    assume(redact(text) == text)
    result = reader(lines(*records))
    raw = {record["id"]: record for record in records}
    for row in result.rows:
        record = raw[row["span_id"]]
        for name in ("inputs", "output", "attributes"):
            text = row[name]
            assert (None if text is None else json.loads(text)) == record[name]
        used = [u for name, u in record["summary"]["usage"].items() if name != "usage"]
        received = [
            u["output_tokens"] if u.get("completion_tokens") is None else u["completion_tokens"]
            for u in used
            if u.get("completion_tokens") is not None or u.get("output_tokens") is not None
        ]
        assert row["output_tokens"] == (sum(received) if received else None)
