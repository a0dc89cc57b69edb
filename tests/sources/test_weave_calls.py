"""What a raw Weave call becomes: the traps of real exports, one by one."""

import json
from collections import Counter
from datetime import datetime

import pytest

from tests.sources.records import call, lines


def one(read, **changed):
    result = read(lines(call(**changed)))
    assert result.rejects == ()
    return result.rows[0]


def usage(read, **models):
    return one(read, summary={"usage": models})


@pytest.mark.parametrize(
    ("op_name", "op", "version"),
    [
        ("weave:///acme/qa/op/Orchestrator.run:AbC", "Orchestrator.run", "AbC"),
        ("weave:///acme/qa/op/predict_and_score", "predict_and_score", None),
        ("weave:///acme/qa/op/a:b:v1", "a:b", "v1"),
        ("execute_tool run_test", "execute_tool run_test", None),
        ("http://host/op/x:1", "http://host/op/x:1", None),
    ],
)
def test_the_op_is_named_without_address_and_version(read, op_name, op, version):
    row = one(read, op_name=op_name, display_name="called otherwise")
    assert (row["op"], row["op_version"]) == (op, version)
    assert row["display_name"] == "called otherwise"


def test_the_project_is_taken_from_the_op_where_the_record_has_none(read):
    assert one(read, project_id=None)["project"] == "acme/qa"
    assert one(read, project_id=None, op_name="bare")["project"] is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-20T10:00:00.123456Z", datetime(2026, 11, 20, 10, 0, 0, 123456)),
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10)),
        ("2026-11-20T10:00:00+02:00", datetime(2026, 11, 20, 8)),
        ("2026-11-20T10:00:00.5-0130", datetime(2026, 11, 20, 11, 30, 0, 500000)),
        ("2026-11-20 10:00:00", datetime(2026, 11, 20, 10)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_times_are_utc_whatever_the_zone_of_the_machine(read, written, meant, zone):
    read.con.execute("SET TimeZone = $zone", {"zone": zone})
    row = one(read, started_at=written, ended_at=written)
    assert (row["started_at"], row["ended_at"]) == (meant, meant)


@pytest.mark.parametrize(
    "written", ["soon", "infinity", "epoch", "2026-13-01T00:00:00Z", "1795218005"]
)
def test_a_start_that_is_no_time_is_a_reject(read, written):
    result = read(lines(call("a"), call("b", started_at=written)))
    assert result.reasons == {2: "started_at is not a time"}
    assert [row["span_id"] for row in result.rows] == ["a"]


def test_an_end_that_is_no_time_is_unknown(read):
    assert one(read, ended_at="soon")["ended_at"] is None


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "ok"),
        ({"ended_at": None}, "running"),
        ({"exception": "boom"}, "error"),
        ({"exception": "boom", "ended_at": None}, "error"),
        ({"summary": {"weave": {"status": "descendant_error"}}}, "ok"),
        # What an export with chosen columns says of a call that has long ended.
        ({"ended_at": None, "output": {"a": 1}, "summary": {"weave": {"status": "running"}}}, "ok"),
    ],
)
def test_the_status_comes_from_the_facts(read, changed, status):
    assert one(read, **changed)["status"] == status


def test_an_export_with_chosen_columns_is_noted(read):
    record = call()
    del record["ended_at"], record["summary"]
    result = read(lines(record))
    assert "leaves out ended_at, summary" in result.notes[0]
    assert read(lines(call())).notes == ()


@pytest.mark.parametrize(
    ("exception", "kind", "message"),
    [
        ('{"type": "ValueError", "message": "no", "traceback": []}', "ValueError", "no"),
        ("tests failed", None, "tests failed"),
        ("{not json", None, "{not json"),
        ("null", None, "null"),
    ],
)
def test_an_exception_is_json_or_plain_text(read, exception, kind, message):
    row = one(read, exception=exception)
    assert (row["error_type"], row["error_message"]) == (kind, message)


def test_cached_tokens_of_openai_are_part_of_the_input(read):
    row = usage(
        read,
        gpt={
            "prompt_tokens": 1200,
            "completion_tokens": 300,
            "total_tokens": 1500,
            "cache_read_input_tokens": 1000,
            "prompt_tokens_details": {"cached_tokens": 1000},
        },
    )
    assert row["input_tokens"] == 1200
    assert row["output_tokens"] == 300
    assert row["cache_read_tokens"] == 1000
    assert row["cache_write_tokens"] is None
    assert row["model"] == "gpt"


def test_cached_tokens_of_anthropic_are_added_to_the_input(read):
    row = usage(
        read,
        claude={
            "input_tokens": 10,
            "output_tokens": 20,
            "cache_read_input_tokens": 500,
            "cache_creation_input_tokens": 90,
        },
    )
    assert row["input_tokens"] == 600
    assert (row["cache_read_tokens"], row["cache_write_tokens"]) == (500, 90)


def test_a_total_that_holds_the_cache_already_is_believed(read):
    row = usage(
        read,
        m={
            "input_tokens": 100,
            "output_tokens": 20,
            "total_tokens": 120,
            "cache_read_input_tokens": 80,
        },
    )
    assert row["input_tokens"] == 100


def test_several_models_are_summed_and_no_model_is_named(read):
    row = usage(read, a={"prompt_tokens": 1}, b={"input_tokens": 2, "output_tokens": 3})
    assert (row["model"], row["input_tokens"], row["output_tokens"]) == (None, 3, 3)


def test_usage_of_nobody_is_unknown_and_not_zero(read):
    row = usage(read, usage={"prompt_tokens": None, "input_tokens": None})
    assert row["model"] is None
    assert row["input_tokens"] is None


@pytest.mark.parametrize(
    "odd", [[], "text", 3, {"m": None}, {"m": []}, {"m": {"prompt_tokens": "many"}}]
)
def test_odd_usage_is_unknown(read, odd):
    row = one(read, summary={"usage": odd, "weave": {"costs": odd, "feedback": odd}})
    assert (row["input_tokens"], row["cost_usd"]) == (None, None)


def test_costs_are_summed_and_absent_where_one_is(read):
    known = {
        "prompt_tokens_total_cost": 0.5,
        "completion_tokens_total_cost": 0.25,
        "provider_id": "p",
    }
    row = one(read, summary={"weave": {"costs": {"m": known}}})
    assert (row["cost_usd"], row["provider"]) == (0.75, "p")
    two = one(read, summary={"weave": {"costs": {"m": known, "n": known}}})
    assert (two["cost_usd"], two["provider"]) == (1.5, None)
    part = one(
        read,
        summary={
            "usage": {"m": {"prompt_tokens": 1}, "n": {"prompt_tokens": 1}},
            "weave": {"costs": {"m": known}},
        },
    )
    assert part["cost_usd"] is None
    assert one(read)["cost_usd"] is None


def test_the_address_of_an_object_is_left_out_of_the_inputs(read):
    self = "<__main__.Fixer object at 0x7f59c11ae290>"
    assert one(read, inputs={"self": self, "a": 1})["inputs"] == '{"a":1}'
    assert one(read, inputs={"self": self})["inputs"] == "{}"
    assert json.loads(one(read, inputs={"self": "weave:///x"})["inputs"]) == {"self": "weave:///x"}


@pytest.mark.parametrize("output", [True, 0, "text", [1, 2], {"a": None}, ""])
def test_an_output_may_be_anything(read, output):
    assert json.loads(one(read, output=output)["output"]) == output


def test_json_null_is_null(read):
    row = one(read, output=None, inputs=None, attributes=None, summary=None)
    assert [row[name] for name in ("output", "inputs", "attributes", "feedback")] == [None] * 4


@pytest.mark.parametrize("kind", ["agent", "llm", "tool", "scorer"])
def test_the_kind_is_taken_where_it_is_said(read, kind):
    assert one(read, attributes={"weave": {"kind": kind}})["kind"] == kind
    assert one(read, attributes={"weave": {"kind": "search"}})["kind"] is None


def test_secrets_are_taken_out_of_every_free_text(read):
    key = "sk-proj-" + "a1B2" * 10
    row = one(
        read,
        display_name=key,
        inputs={"a": key},
        output=[key],
        attributes={"b": {"c": f"line\n{key}"}},
        exception=f"no: {key}",
        summary={"weave": {"feedback": [{"payload": {"note": key}}]}},
    )
    told = [
        row[n]
        for n in ("display_name", "inputs", "output", "attributes", "error_message", "feedback")
    ]
    assert all("[redacted:token]" in text and "a1B2" not in text for text in told)
    json.loads(row["attributes"])


def test_ten_thousand_calls_are_noted_as_cut(read):
    records = [call(f"c{n}") for n in range(10_000)]
    assert "exactly 10,000 calls" in read(lines(*records)).notes[0]
    assert read(lines(*records[1:])).notes == ()


def test_every_call_of_the_real_export_is_read(read, sample, tmp_path):
    result = read.file(sample("export_sample.jsonl"), "weave-jsonl")
    raw = [json.loads(line) for line in sample("export_sample.jsonl").read_text().splitlines()]
    assert (len(result.rows), result.rejects, result.notes) == (74, (), ())
    assert {row["span_id"] for row in result.rows} == {record["id"] for record in raw}
    for record in raw:
        row = result.row(record["id"])
        assert row["op"] in record["op_name"]
        assert (row["status"] == "error") == (record["exception"] is not None)
        assert (row["feedback"] is None) == (not record["summary"]["weave"].get("feedback"))
    assert Counter(row["kind"] for row in result.rows) == {None: 62, "agent": 6, "llm": 6}
    assert Counter(row["status"] for row in result.rows)["running"] == 1


def test_calls_born_of_opentelemetry_are_read(read, sample):
    result = read.file(sample("export_otel_sample.jsonl"), "weave-jsonl")
    assert result.rejects == ()
    agent, chat, tool = result.rows
    assert (agent["kind"], agent["thread_id"], agent["model"]) == ("agent", "conv-1", None)
    assert (chat["kind"], chat["input_tokens"], chat["output_tokens"]) == ("llm", 120, 30)
    assert (chat["provider"], len(chat["span_id"])) == ("openai", 16)
    assert (tool["kind"], tool["status"], tool["error_message"]) == (
        "tool",
        "error",
        "tests failed",
    )
    assert (tool["error_type"], tool["input_tokens"]) == (None, None)
