"""Traces of the OpenAI Agents SDK: one run a trace, tokens out of fields and out of printed answers."""

import json
import re
from collections import Counter

import pytest

from tests.sources.imported import bring, runs
from tests.sources.samples import samples


def test_the_sample_that_is_there_twice_counts_once(tmp_path):
    store = tmp_path / "store"
    paths = samples("otel-agento/traces*.json")
    assert len(paths) == 2
    bring(store, *paths)
    (trace,) = json.loads(paths[0].read_text("utf-8"))["traces"]
    used = [
        tuple(
            map(
                int,
                re.findall(r"usage=ResponseUsage\(input_tokens=(\d+).*output_tokens=(\d+),", text)[
                    0
                ],
            )
        )
        for span in trace["spans"]
        if (text := span.get("response"))
    ]
    (run,) = runs(
        store,
        "run_id",
        "spans_count",
        "input_tokens",
        "output_tokens",
        "model",
        "outcome",
        "duration_s",
    )
    assert run["run_id"] == trace["id"]
    assert run["spans_count"] == len(trace["spans"]) + 1
    assert (run["input_tokens"], run["output_tokens"]) == tuple(map(sum, zip(*used, strict=True)))
    assert run["model"] == "gpt-4o-2024-08-06"
    assert run["outcome"] == "unknown"
    assert run["duration_s"] == pytest.approx(17.965661)


def span(number: int, **changed: object) -> dict:
    return {
        "object": "trace.span",
        "id": f"span_{number}",
        "trace_id": "trace_1",
        "parent_id": None,
        "started_at": f"2026-11-20T10:00:{number:02}+02:00",
        "ended_at": f"2026-11-20T10:00:{number + 1:02}+02:00",
        "span_data": {"type": "function", "name": "search", "input": "{}", "output": "found"},
        "error": None,
    } | changed


TRACE = {
    "object": "trace",
    "id": "trace_1",
    "workflow_name": "Shop",
    "group_id": "g1",
    "metadata": {},
}


def test_objects_one_a_line_are_the_same_as_nested_ones(read):
    nested = read(json.dumps({"traces": [TRACE | {"spans": [span(1), span(2)]}]}), "openai-agents")
    lined = read("\n".join(map(json.dumps, (span(1), TRACE, span(2)))), "openai-agents")
    assert sorted(nested.rows, key=repr) == sorted(lined.rows, key=repr)
    assert Counter(row["op"] for row in lined.rows) == {"Shop": 1, "tool.search": 2}
    assert {row["parent_id"] for row in lined.rows} == {None, "trace_1"}


def test_usage_and_errors_as_fields(read):
    generation = {
        "type": "generation",
        "model": "gpt-x",
        "usage": {
            "input_tokens": 9,
            "output_tokens": 2,
            "input_tokens_details": {"cached_tokens": 4},
        },
    }
    failed = span(2, error={"message": "no", "data": None})
    found = read(json.dumps([TRACE, span(1, span_data=generation), failed]), "openai-agents").rows
    rows = {row["span_id"]: row for row in found}
    assert [rows["span_1"][name] for name in ("model", "input_tokens", "cache_read_tokens")] == [
        "gpt-x",
        9,
        4,
    ]
    assert (rows["span_2"]["status"], rows["span_2"]["error_message"]) == ("error", "no")


def test_usage_that_an_answer_imitates_is_not_believed(read):
    printed = (
        "Response(id='r', metadata={}, model='gpt-x', object='response', output=[Text(text=\"usage="
        'ResponseUsage(input_tokens=999, output_tokens=999)")], '
        "usage=ResponseUsage(input_tokens=5, output_tokens=1), user=None)"
    )
    answered = span(1, span_data={"type": "response"}, response=printed)
    row = read(json.dumps([answered]), "openai-agents").rows[0]
    assert (row["input_tokens"], row["output_tokens"], row["model"]) == (5, 1, "gpt-x")


def test_what_lacks_an_id_or_a_time_is_a_reject(read):
    hostile = [
        TRACE | {"id": None},
        TRACE | {"id": "t2"},
        span(1, started_at="soon"),
        span(2, id=None),
        span(3),
    ]
    found = read("\n".join([*map(json.dumps, hostile), "{}", "[", "7"]), "openai-agents")
    assert [row["span_id"] for row in found.rows] == ["span_3"]
    assert set(found.reasons) == {1, 2, 3, 4, 6, 7, 8}
