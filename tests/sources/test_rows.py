"""What all formats in Python share: whatever a trace holds, a row is sound or it is a reject."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.schema import CALLS
from analytics.sources.rows import (
    CallWriter,
    Deaf,
    UnusableError,
    as_json,
    derived_id,
    documents,
    lines,
)
from analytics.sources.values import count, moment, number, price, total

NEEDED = {
    "span_id": "s",
    "trace_id": "t",
    "op": "o",
    "started_at": datetime(2026, 1, 1),
    "status": "ok",
}
LINES = st.lists(st.sampled_from([b'{"a": 1}\n', b"\n", b"{\n", b'{"b": "cc"}\r\n', b"[1]"]))
TEXT = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


def stored(**fields: object) -> dict:
    with TemporaryDirectory() as folder, duckdb.connect() as con:
        with CallWriter(con, "test", Path(folder), "a.json") as out:
            out.add(**NEEDED | fields)
        found = con.read_parquet(str(Path(folder) / "calls.parquet"))
        declared = [(field.name, field.type) for field in CALLS.fields]
        assert list(zip(found.columns, map(str, found.types), strict=True)) == declared
        (row,) = found.fetchall()
        return dict(zip(found.columns, row, strict=True))


@given(VALUES)
def test_any_payload_is_json_that_the_store_reads(value):
    written = as_json(value)
    json.loads(written, parse_constant=pytest.fail)
    written.encode()
    with duckdb.connect() as con:
        assert con.execute("SELECT json_valid(?)", [written]).fetchall() == [(True,)]


@given(VALUES.filter(lambda value: value is not None), TEXT)
def test_any_value_comes_back_as_it_was_written(value, text):
    row = stored(inputs=value, display_name=text)
    assert row["inputs"] == as_json(value)
    assert row["display_name"] is not None
    assert "\x00" not in row["display_name"]


@pytest.mark.parametrize("column", NEEDED)
def test_a_call_without_what_it_needs_is_refused(con, tmp_path, column):
    with CallWriter(con, "test", tmp_path, "a.json") as out:
        for nothing in (None, ""):
            with pytest.raises(UnusableError, match=f"{column} is missing"):
                out.add(**NEEDED | {column: nothing})


def test_secrets_are_taken_out_of_all_free_text():
    secret = "ghp_" + "a1B2" * 9
    columns = ("inputs", "output", "attributes", "error_message", "display_name", "feedback")
    row = stored(**dict.fromkeys(columns, f"it is {secret}"))
    assert all(
        "[redacted:token]" in row[column] and secret not in row[column] for column in columns
    )


def test_many_calls_are_written_in_batches_and_in_order(con, tmp_path):
    with CallWriter(con, "test", tmp_path, "a.json") as out:
        for position in range(12_345):
            out.add(**NEEDED | {"span_id": str(position)})
    found = con.read_parquet(str(tmp_path / "calls.parquet")).select("span_id").fetchall()
    assert found == [(str(position),) for position in range(12_345)]


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_with_an_offset_is_the_same_moment(at):
    found = moment(at.isoformat())
    try:
        expected = at.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        expected = None
    assert found == expected


@given(VALUES)
def test_numbers_are_sound_or_unknown(value):
    whole, real, cost = count(value), number(value), price(value)
    assert whole is None or 0 <= whole < 2**63
    assert real is None or abs(real) < float("inf")
    assert cost is None or cost > 0


def test_a_sum_of_nothing_is_unknown_and_not_zero():
    assert total() is None
    assert total(None, None) is None
    assert total(None, 0) == 0


def test_ids_tell_parts_apart():
    assert derived_id("a", "bc") != derived_id("ab", "c")
    assert derived_id(1) != derived_id("1")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        with duckdb.connect() as con, CallWriter(con, "test", Path(folder), "input") as out:
            assert all(isinstance(record, dict) for _, record in lines(path, out))
            list(documents(path, out))
        assert all(reject.excerpt.isprintable() for reject in out.rejects)


@given(LINES, LINES)
def test_of_a_file_that_grew_the_first_bytes_are_read_alone(before, after):
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.jsonl"
        file.write_bytes(b"".join(before))
        size = file.stat().st_size
        read = list(lines(file, Deaf()))
        file.write_bytes(b"".join(before + after))
        assert list(lines(file, Deaf(), size)) == read
