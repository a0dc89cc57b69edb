"""The UI's CSV and TSV: dotted columns become the record again."""

import csv
import io
import json

import pytest

from analytics.errors import InputError
from tests.sources.records import call, lines

HEADER = ["id", "op_name", "trace_id", "started_at", "ended_at", "exception"]
CELLS = [
    "c1",
    "weave:///acme/qa/op/run:v",
    "t1",
    "2026-11-20T10:00:00.5Z",
    "2026-11-20T10:00:01Z",
    "",
]


def table(columns, *rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([columns, *rows])
    return out.getvalue()


def one(read, more, delimiter=","):
    text = table([*HEADER, *more], [*CELLS, *more.values()], delimiter=delimiter)
    result = read(text, "weave-csv")
    assert result.rejects == ()
    return result.rows[0]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_leaves_become_a_record(read, delimiter):
    row = one(
        read,
        {
            "inputs.example.repo.full_name": "acme/shop",
            "inputs.note": 'a "quoted", line\nbreak',
            "output.passed": "true",
            "output.speedup": "2.5",
            "output.files": '["a.py"]',
            "output.empty": "",
            "summary.usage.gpt-4.1-mini.prompt_tokens": "10",
            "summary.usage.gpt-4.1-mini.prompt_tokens_details.cached_tokens": "4",
            "summary.usage.anthropic/claude-x.completion_tokens": "5",
            "summary.weave.status": "success",
        },
        delimiter,
    )
    assert json.loads(row["inputs"]) == {
        "example": {"repo": {"full_name": "acme/shop"}},
        "note": 'a "quoted", line\nbreak',
    }
    assert json.loads(row["output"]) == {"passed": True, "speedup": 2.5, "files": ["a.py"]}
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (10, 5, 4)
    assert (row["op"], row["op_version"], row["status"], row["detail"]) == ("run", "v", "ok", 1)
    assert (row["parent_id"], row["model"]) == (None, None)


def test_the_cost_of_a_model_with_dots_is_read(read):
    costs = "summary.weave.costs.openai/gpt-4.1-mini."
    row = one(
        read,
        {
            f"{costs}prompt_tokens_total_cost": "0.5",
            f"{costs}completion_tokens_total_cost": "0.25",
            "summary.usage.openai/gpt-4.1-mini.prompt_tokens": "7",
        },
    )
    assert (row["cost_usd"], row["model"]) == (0.75, "openai/gpt-4.1-mini")


def test_a_leaf_may_stand_where_another_begins(read):
    output = json.loads(one(read, {"output.a": "1", "output.a.b": "2"})["output"])
    assert output == {"a": 1, "a.b": 2}


def test_a_record_says_the_same_as_a_table_and_as_a_line(read):
    record = call(inputs={"a": {"b": 1}}, output={"x": "y"}, started_at=CELLS[3], ended_at=CELLS[4])
    columns = [name for name, value in record.items() if isinstance(value, str)]
    text = table(
        [*columns, "inputs.a.b", "output.x", "summary.weave.status"],
        [*(record[name] for name in columns), "1", "y", "success"],
    )
    as_table = read(text, "weave-csv").rows[0]
    as_line = read(lines(record)).rows[0]
    # An object without members has no leaf.
    assert as_table | {"detail": 2, "attributes": "{}"} == as_line


@pytest.mark.parametrize("column", ["id", "started_at", "op_name"])
def test_a_table_without_a_needed_column_is_refused_in_one_sentence(read, column):
    kept = [name for name in HEADER if name != column]
    with pytest.raises(InputError, match=f"has no column {column}"):
        read(table(kept, ["x"] * len(kept)), "weave-csv")


def test_bad_rows_are_rejects_with_their_line(read):
    good = ",".join(CELLS)
    text = "\n".join(
        [",".join(HEADER), good, "a,b", good.replace("c1", ""), good.replace("c1", "c2")]
    )
    result = read(text.encode() + b"\n" + good.encode().replace(b"c1", b"\xff"), "weave-csv")
    assert [row["span_id"] for row in result.rows] == ["c1", "c2"]
    assert result.reasons == {
        3: "2 cells where the first line names 6",
        4: "id is missing",
        6: "not UTF-8",
    }


def test_a_table_without_traces_and_ends_is_noted(read):
    result = read(
        table(["id", "op_name", "started_at"], [CELLS[0], CELLS[1], CELLS[3]]), "weave-csv"
    )
    assert result.rows[0]["trace_id"] == "c1"
    assert "no column trace_id" in result.notes[0]
    assert "leaves out ended_at, exception, summary" in result.notes[1]
