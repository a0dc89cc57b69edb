"""Inspect logs: totals counted apart by plain Python, and what a hostile log may hold."""

import json
import struct
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import zstandard

from analytics.sources.inspect_log.samples import verdict
from analytics.store import lake
from tests.sources.imported import bring, runs
from tests.sources.samples import sample, samples

RECORDED = "inspect_scout/tests/recorder/logs"
LOGS = "inspect_ai/tests/log"


def raw_samples(path: Path) -> list[dict]:
    """The samples of an archive, read without anything of ours."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("samples/")]
        return [json.loads(archive.read(name)) for name in names]


def one(folder: str, part: str) -> Path:
    return next(path for path in samples(f"{folder}/*") if part in path.name)


@pytest.mark.parametrize(
    ("part", "passed", "of"),
    [("popularity", 63, 100), ("theory-of-mind", 83, 100), ("security-guide", 11, 16)],
)
def test_the_totals_are_those_of_the_log(tmp_path, part, passed, of):
    path = one(RECORDED, part)
    bring(tmp_path / "store", path)
    found = runs(tmp_path / "store", "outcome", "input_tokens", "output_tokens", "errors_count")
    assert Counter(run["outcome"] for run in found) == {"pass": passed, "fail": of - passed}
    used = [u for raw in raw_samples(path) for u in raw["model_usage"].values()]
    assert sum(run["input_tokens"] for run in found) == sum(u["input_tokens"] for u in used)
    assert sum(run["output_tokens"] for run in found) == sum(u["output_tokens"] for u in used)


def test_model_calls_of_a_scorer_stand_below_it(read):
    path = one(RECORDED, "security-guide")
    rows = read.file(path, "inspect-eval").rows
    kinds = {row["span_id"]: row["kind"] for row in rows}
    above = Counter(kinds[row["parent_id"]] for row in rows if row["kind"] == "llm")
    assert above == {"agent": 16, "scorer": 16}


def test_a_log_twice_and_the_same_run_as_json_count_once(tmp_path):
    store = tmp_path / "store"
    paths = [sample(f"{LOGS}/test_eval_log/log_formats.{ending}") for ending in ("eval", "json")]
    bring(store, *paths)
    first = runs(store, "run_id", "input_tokens", "outcome")
    assert len(first) == 1
    again = bring(store, *paths)
    assert (again.written.new, again.written.changed) == (0, 0)
    assert runs(store, "run_id", "input_tokens", "outcome") == first


def test_a_cancelled_log_keeps_the_samples_that_it_scored(tmp_path):
    store = tmp_path / "store"
    report = bring(store, one("inspect_ai/tests/analysis/test_logs", "13-04-00_popularity"))
    assert Counter(run["outcome"] for run in runs(store, "outcome")) == {"pass": 2, "fail": 1}
    assert any("cancelled" in note for note in report.notes)


def test_a_log_without_its_samples_is_noted(read):
    result = read.file(one("inspect_ai/tests/analysis/test_logs", "no-samples"), "inspect-json")
    assert result.rows == []
    assert "the log states 3 samples and holds 0." in result.notes


def test_samples_without_a_score_have_no_outcome(tmp_path):
    store = tmp_path / "store"
    bring(store, one("inspect_ai/tests/scorer/logs", "dPiJ"))
    assert [run["outcome"] for run in runs(store, "outcome")] == ["unknown"] * 10


def test_tools_messages_and_times_of_a_run(read):
    path = sample(f"{LOGS}/test_eval_log/log_message_deduplication.eval")
    rows = read.file(path, "inspect-eval").rows
    (raw,) = raw_samples(path)
    calls = [event for event in raw["events"] if event["event"] == "tool"]
    tools = [row for row in rows if row["kind"] == "tool"]
    assert [row["op"] for row in tools] == [f"tool.{call['function']}" for call in calls]
    assert all(row["ended_at"] > row["started_at"] for row in tools)
    asked = [json.loads(row["inputs"]) for row in rows if row["kind"] == "llm"]
    assert asked[0]["messages_before"] == 0
    assert sum(len(each["messages"]) for each in asked) == len(raw["message_pool"])


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        *[
            (full, True)
            for full in ("C", 1, 1.0, True, "yes", "1.0", {"a": "C", "b": True}, ["C", 1])
        ],
        *[(none, False) for none in ("I", "N", 0, 0.0, False, "no", {"a": "C", "b": "I"})],
        *[(neither, None) for neither in ("P", 0.4, 7, None, "good", {}, [], {"a": "C", "b": 0.5})],
        (float("nan"), None),
    ],
)
def test_a_score_is_full_marks_none_or_neither(value, meant):
    assert verdict(value) is meant


def log(*found: object, **changed: object) -> str:
    header = {
        "version": 2,
        "status": "success",
        "eval": {
            "run_id": "r1",
            "task_id": "t1",
            "created": "2026-11-20T10:00:00+00:00",
            "task": "sums",
            "model": "openai/gpt-x",
        },
        "samples": list(found),
    }
    return json.dumps(header | changed)


def made(number: int = 1, *scores: object, **changed: object) -> dict:
    named = {f"s{position}": {"value": value} for position, value in enumerate(scores)}
    return {"id": number, "epoch": 1, "scores": named} | changed


def outcome(row: dict) -> object:
    return json.loads(row["output"])["passed"]


def test_every_scorer_must_have_given_full_marks(read):
    rows = read(
        log(made(1, "C", "C"), made(2, "C", "I"), made(3, "C", "P"), made(4)), "inspect-json"
    ).rows
    assert [outcome(row) for row in rows] == [True, False, None, None]


def test_numbers_on_another_scale_are_no_verdict(read):
    rows = read(log(made(1, 1), made(2, 0), made(3, 9)), "inspect-json").rows
    assert [outcome(row) for row in rows] == [None, None, None]


def test_the_same_sample_in_another_epoch_or_run_is_another_run(read):
    first = read(log(made(1, "C"), made(1, "C", epoch=2)), "inspect-json").rows
    other = json.loads(log(made(1, "C")))
    other["eval"]["run_id"] = "r2"
    ids = [row["span_id"] for row in first + read(json.dumps(other), "inspect-json").rows]
    assert len(set(ids)) == 3


def event(kind: str, second: int, **fields: object) -> dict:
    return {"event": kind, "timestamp": f"2026-11-20T10:00:{second:02}+00:00", **fields}


def test_usage_is_counted_where_it_was_spent(read):
    used = {
        "input_tokens": 5,
        "output_tokens": 2,
        "total_tokens": 17,
        "input_tokens_cache_read": 10,
    }
    events = [
        event("span_begin", 0, id="a", type="agent", name="react"),
        event("model", 1, span_id="a", model="anthropic/c", output={"model": "c", "usage": used}),
        event("model", 2, span_id="a", model="anthropic/c", cache="read", output={"usage": used}),
        event("model", 3, span_id="a", model="anthropic/c", error="overloaded", output={}),
        event("tool", 4, span_id="a", function="sh", error={"type": "timeout", "message": "slow"}),
        event("span_end", 5, id="a"),
    ]
    raw = made(1, "C", events=events, model_usage={"anthropic/c": used})
    root, *spans = read(log(raw), "inspect-json").rows
    assert (root["input_tokens"], root["output_tokens"]) == (None, None)
    told = [(s["op"], s["status"], s["input_tokens"], s["cache_read_tokens"]) for s in spans]
    assert sorted(told, key=repr) == [
        ("inspect.model", "error", None, None),
        ("inspect.model", "ok", 15, 10),
        ("inspect.model", "ok", None, None),
        ("react.inspect", "ok", None, None),
        ("tool.sh", "error", None, None),
    ]
    (agent,) = [s for s in spans if s["op"] == "react.inspect"]
    assert all(s["parent_id"] == agent["span_id"] for s in spans if s is not agent)
    (without,) = read(log(made(1, "C", model_usage={"anthropic/c": used})), "inspect-json").rows
    assert (without["input_tokens"], without["output_tokens"]) == (15, 2)


def test_a_sample_that_raised_has_failed_with_its_error(read):
    error = {"message": "TimeoutError('no answer')", "traceback": "...", "traceback_ansi": "..."}
    (row,) = read(log(made(1, error=error)), "inspect-json").rows
    assert (row["status"], row["error_type"]) == ("error", "TimeoutError")


def test_what_is_no_sample_and_no_event_is_a_reject(read):
    events = [event("model", 1, model="m"), {"event": "tool", "function": "f"}, 7]
    result = read(log({"epoch": 1}, made(2, "C", events=events), "sample"), "inspect-json")
    assert [row["op"] for row in result.rows] == ["inspect.sample", "inspect.model"]
    assert sorted(reject.reason for reject in result.rejects) == [
        "a sample is not an object",
        "event of sample 2: not an object",
        "event of sample 2: started_at is missing",
        "id is missing",
    ]


@pytest.mark.parametrize("text", ["", "[]", "7", '{"eval": ', '"x"', "[" * 100_000, '{"eval": 3}'])
def test_a_document_that_is_no_log_raises_nothing(read, text):
    result = read(text or " ", "inspect-json")
    assert result.rows == []


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return path


def test_a_member_that_cannot_be_read_costs_no_other(read, tmp_path):
    header = {k: v for k, v in json.loads(log()).items() if k != "samples"}
    path = archive(
        tmp_path / "a.eval",
        {
            "_journal/start.json": json.dumps(header).encode(),
            "samples/1_epoch_1.json": json.dumps(made(1, "C")).encode(),
            "samples/2_epoch_1.json": b'{"id": 2, "ep',
            "samples/3_epoch_1.json": b"\xff\xfe",
            "samples/4_epoch_1.json": b"[]",
        },
    )
    result = read.file(path, "inspect-eval")
    assert len(result.rows) == 1
    assert len(result.rejects) == 3
    path.write_bytes(path.read_bytes()[:300])
    cut = read.file(path, "inspect-eval")
    assert cut.rows == []
    assert "broken or cut off" in cut.rejects[0].reason


def test_members_that_zstd_packed_are_read(read, tmp_path):
    plain = json.dumps(made(1, "C")).encode()
    packed = zstandard.ZstdCompressor().compress(plain)
    header = {k: v for k, v in json.loads(log()).items() if k != "samples"}
    path = tmp_path / "z.eval"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("header.json", json.dumps(header))
        out.writestr("samples/1_epoch_1.json", packed)
    # What was stored as it is gets declared as zstd (93), in both places where a zip says so.
    data = bytearray(path.read_bytes())
    local = data.rindex(b"PK\x03\x04")
    central = data.rindex(b"PK\x01\x02")
    struct.pack_into("<H", data, local + 8, 93)
    struct.pack_into("<H", data, central + 10, 93)
    path.write_bytes(data)
    (row,) = read.file(path, "inspect-eval").rows
    assert outcome(row) is True


def test_a_secret_in_a_score_never_reaches_the_store(tmp_path):
    secret = "ghp_" + "a1B2" * 9
    raw = made(1, "C", input=f"use {secret}")
    raw["scores"]["s0"]["explanation"] = f"it printed {secret}"
    path = tmp_path / "log.json"
    path.write_text(log(raw), "utf-8")
    bring(tmp_path / "store", path)
    with lake.writer(tmp_path / "store") as con:
        stored = con.sql("SELECT inputs || output FROM lake.payloads").fetchall()
    assert stored
    assert all(secret not in text and "redacted" in text for (text,) in stored)
