"""OpenTelemetry spans: every way to write them comes to the same, and what each name means."""

import base64
import json
from collections import Counter
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sources.otel.span import from_otlp, from_sdk
from tests.sources.imported import bring, runs
from tests.sources.samples import sample

TRACE, ROOT, CHILD = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
BEGUN = 1_763_632_800_000_000_000


def test_the_samples_of_otlp_and_of_an_sdk(tmp_path):
    paths = [
        sample("otel-agento/test-traces.json"),
        sample("otel-agento/otel_traces_2025-06-29_00-23-24.json"),
    ]
    store = tmp_path / "store"
    bring(store, *paths)
    lined = [json.loads(line) for line in paths[0].read_text("utf-8").splitlines() if line.strip()]
    spans = [
        span
        for value in lined
        for group in value["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]
    printed = json.loads(paths[1].read_text("utf-8"))["spans"]
    found = runs(store, "run_id", "spans_count", "outcome", "duration_s", "status")
    seconds = {s["spanId"]: _seconds(s["startTimeUnixNano"], s["endTimeUnixNano"]) for s in spans}
    (root,) = [s for s in printed if s["parent_id"] is None]
    seconds[root["context"]["span_id"]] = _seconds(root["start_time"], root["end_time"])
    assert {run["run_id"]: run["duration_s"] for run in found} == pytest.approx(seconds, abs=2e-6)
    assert sum(run["spans_count"] for run in found) == len(spans) + len(printed)
    assert {(run["outcome"], run["status"]) for run in found} == {("unknown", "ok")}
    again = bring(store, *paths)
    assert (again.written.new, again.written.changed) == (0, 0)


def _seconds(begun, ended) -> float:
    return (int(ended) - int(begun)) / 1e9


def attributes(**named: object) -> list[dict]:
    return [{"key": key.replace("__", "."), "value": value(v)} for key, v in named.items()]


def value(plain: object) -> dict:
    match plain:
        case bool():
            return {"boolValue": plain}
        case int():
            return {"intValue": str(plain)}
        case float():
            return {"doubleValue": plain}
        case str():
            return {"stringValue": plain}
        case list():
            return {"arrayValue": {"values": [value(item) for item in plain]}}
        case dict():
            pairs = [{"key": key, "value": value(item)} for key, item in plain.items()]
            return {"kvlistValue": {"values": pairs}}
    return {}


def span(span_id: str = ROOT, **changed: object) -> dict:
    return {
        "traceId": TRACE,
        "spanId": span_id,
        "parentSpanId": "",
        "name": "work",
        "startTimeUnixNano": str(BEGUN),
        "endTimeUnixNano": str(BEGUN + 1_500_000_000),
        "attributes": [],
        "status": {},
    } | changed


def otlp(*spans: object) -> dict:
    resource = {"attributes": attributes(service__name="shop", service__version="3")}
    scopes = [{"scope": {"name": "test"}, "spans": list(spans)}]
    return {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}


def rows(read, *spans: object):
    return read(json.dumps(otlp(*spans)), "otel-json").rows


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda told: json.dumps(told, indent=2),
        lambda told: "\n" + json.dumps(told) + "\n\n" + json.dumps(otlp()),
        lambda told: json.dumps(told, indent=1) + "\n" + json.dumps(otlp(), indent=1),
        lambda told: json.dumps([told]),
        lambda told: "\ufeff" + json.dumps(told),
    ],
    ids=["line", "document", "lines", "joined", "list", "mark"],
)
def test_a_document_a_line_and_documents_joined_read_the_same(read, write):
    found = read(write(otlp(span(), span(CHILD, parentSpanId=ROOT))), "otel-json")
    assert [(row["span_id"], row["parent_id"]) for row in found.rows] == [
        (ROOT, None),
        (CHILD, ROOT),
    ]
    assert found.rejects == ()
    assert {(row["project"], row["op_version"]) for row in found.rows} == {("shop", "3")}


def test_ids_in_base64_and_numbers_as_numbers_are_the_same_span(read):
    def packed(digits: str) -> str:
        return base64.b64encode(bytes.fromhex(digits)).decode()

    plain = span(CHILD, parentSpanId=ROOT)
    other = plain | {
        "traceId": packed(TRACE),
        "spanId": packed(CHILD),
        "parentSpanId": packed(ROOT),
        "startTimeUnixNano": BEGUN,
        "status": {"code": "STATUS_CODE_UNSET"},
    }
    old = {
        "trace_id": TRACE.upper(),
        "span_id": CHILD.upper(),
        "parent_span_id": ROOT,
        "name": "work",
        "start_time_unix_nano": str(BEGUN),
        "end_time_unix_nano": BEGUN + 1_500_000_000,
    }
    first, second, third = (rows(read, one)[0] for one in (plain, other, old))
    assert first == second == third
    assert first["started_at"] == datetime(2025, 11, 20, 10)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8))
def test_any_id_reads_the_same_in_both_notations(trace, own):
    def read(notation) -> tuple[str, str] | str:
        told = span(notation(own), traceId=notation(trace))
        ((record, reader),) = from_otlp(otlp(told)["resourceSpans"][0])
        try:
            return reader(record).key
        except ValueError as fault:
            return str(fault)

    assert read(bytes.hex) == read(lambda raw: base64.b64encode(raw).decode())


@pytest.mark.parametrize(
    ("named", "column", "meant"),
    [
        ({"gen_ai__operation__name": "chat"}, "kind", "llm"),
        ({"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": "sh"}, "op", "tool.sh"),
        (
            {"gen_ai__operation__name": "invoke_agent", "gen_ai__agent__name": "A"},
            "op",
            "A.invoke_agent",
        ),
        ({"openinference__span__kind": "LLM"}, "kind", "llm"),
        ({"openinference__span__kind": "TOOL"}, "kind", "tool"),
        ({"openinference__span__kind": "EVALUATOR"}, "kind", "scorer"),
        ({"traceloop__span__kind": "agent"}, "kind", "agent"),
        ({}, "kind", None),
        ({"gen_ai__provider__name": "openai", "gen_ai__system": "old"}, "provider", "openai"),
        ({"gen_ai__system": "anthropic"}, "provider", "anthropic"),
        ({"gen_ai__request__model": "a", "gen_ai__response__model": "a-1"}, "model", "a-1"),
        ({"llm__model_name": "m"}, "model", "m"),
        ({"gen_ai__usage__input_tokens": 7}, "input_tokens", 7),
        ({"gen_ai__usage__prompt_tokens": 7}, "input_tokens", 7),
        ({"llm__token_count__prompt": 7}, "input_tokens", 7),
        ({"gen_ai__usage__input_tokens": 0}, "input_tokens", 0),
        ({"gen_ai__usage__completion_tokens": 7}, "output_tokens", 7),
        (
            {"gen_ai__usage__input_tokens": 9, "gen_ai__usage__cache_read__input_tokens": 4},
            "input_tokens",
            9,
        ),
        (
            {"gen_ai__usage__input_tokens": 2, "gen_ai__usage__cache_read__input_tokens": 4},
            "input_tokens",
            6,
        ),
        ({"gen_ai__usage__input_tokens": -3}, "input_tokens", None),
        ({"gen_ai__usage__input_tokens": "many"}, "input_tokens", None),
        ({"llm__cost__total": 0.25}, "cost_usd", 0.25),
        ({"llm__cost__total": 0.0}, "cost_usd", None),
        ({"gen_ai__conversation__id": "c1"}, "thread_id", "c1"),
        ({"gen_ai__input__messages": '[{"role":"user"}]'}, "inputs", '[{"role":"user"}]'),
        ({"gen_ai__tool__call__arguments": {"a": [1, True]}}, "inputs", '{"a":[1,true]}'),
        ({"output__value": "{not json"}, "output", '"{not json"'),
    ],
)
def test_what_the_attributes_mean(read, named, column, meant):
    (row,) = rows(read, span(attributes=attributes(**named)))
    assert row[column] == meant


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"status": {"code": 2, "message": "no"}}, "error"),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, "error"),
        ({"status": {"code": 1}}, "ok"),
        ({"status": {}}, "ok"),
        ({"endTimeUnixNano": "0"}, "running"),
    ],
)
def test_the_status_of_a_span(read, changed, status):
    (row,) = rows(read, span(**changed))
    assert row["status"] == status


def test_an_exception_counts_only_where_the_span_failed(read):
    thrown = attributes(exception__type="ValueError", exception__message="no")
    events = [{"name": "exception", "timeUnixNano": str(BEGUN), "attributes": thrown}]
    failed, handled = rows(
        read, span(events=events, status={"code": 2}), span(CHILD, events=events)
    )
    assert (failed["error_type"], failed["error_message"]) == ("ValueError", "no")
    assert (handled["error_type"], handled["error_message"]) == (None, None)


def test_usage_that_agents_repeat_is_counted_below(read):
    used = attributes(gen_ai__usage__input_tokens=5, gen_ai__usage__output_tokens=1)
    between = "00f067aa0ba902b8"
    found = rows(
        read,
        span(attributes=used),
        span(between, parentSpanId=ROOT),
        span(CHILD, parentSpanId=between, attributes=used),
    )
    assert [row["input_tokens"] for row in found] == [None, None, 5]


def test_scores_on_a_span_are_feedback(read):
    scored = attributes(gen_ai__evaluation__name="correct", gen_ai__evaluation__score__value=0.5)
    events = [
        {"name": "gen_ai.evaluation.result", "timeUnixNano": str(BEGUN), "attributes": scored}
    ]
    (row,) = rows(read, span(events=events))
    (feedback,) = json.loads(row["feedback"])
    assert feedback["feedback_type"] == "correct"
    assert feedback["payload"]["gen_ai.evaluation.score.value"] == 0.5


def test_a_span_as_the_console_prints_it():
    printed = {
        "name": "work",
        "context": {"trace_id": f"0x{TRACE}", "span_id": f"0x{ROOT}", "trace_state": "[]"},
        "kind": "SpanKind.INTERNAL",
        "parent_id": None,
        "start_time": "2025-11-20T10:00:00.000000Z",
        "end_time": "2025-11-20T10:00:01.500000Z",
        "status": {"status_code": "ERROR", "description": "no"},
        "attributes": {"a": 1},
        "resource": {"attributes": {"service.name": "shop"}},
    }
    found = from_sdk(printed)
    assert (found.key, found.failed, found.message) == ((TRACE, ROOT), True, "no")
    assert found.started_at == datetime(2025, 11, 20, 10)


def test_what_is_no_span_is_a_reject_and_costs_no_other(read):
    deep: dict = {"stringValue": "x"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    broken = [
        span(spanId="xyz"),
        span(spanId="0" * 16),
        span(spanId=None),
        span(traceId=TRACE[:-2]),
        span(parentSpanId="?"),
        span(startTimeUnixNano="0"),
        span(startTimeUnixNano="soon"),
        span(startTimeUnixNano=str(10**30)),
        span(name=""),
        span(attributes=[{"key": "deep", "value": deep}]),
        7,
        None,
    ]
    found = read(json.dumps(otlp(span(), *broken)), "otel-json")
    assert [row["span_id"] for row in found.rows] == [ROOT]
    assert Counter(reject.reason for reject in found.rejects) == {
        "spanId is no id of 8 bytes": 1,
        "spanId is zero": 1,
        "spanId is missing": 1,
        "traceId is no id of 16 bytes": 1,
        "the parent's id is no id of 8 bytes": 1,
        "the start time is missing": 3,
        "op is missing": 1,
        "nested too deeply": 1,
        "a span is not an object": 2,
    }


def test_broken_lines_and_documents_without_spans_are_rejects(read):
    lined = "\n".join(
        [json.dumps(otlp(span())), "{", "7", '{"a": 1}', '{"resourceSpans": [7]}', '{"x']
    )
    found = read(lined, "otel-json")
    assert len(found.rows) == 1
    assert found.reasons == {
        2: "not JSON (expecting property name enclosed in double quotes at column 2)",
        3: "not an object",
        4: "it holds no spans",
        5: "an entry of resourceSpans is not an object",
        6: "cut off: the file ends in the middle of this record",
    }
