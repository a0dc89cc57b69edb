"""Claude Code sessions: usage once a message, tools, side chains, and lines that are no records."""

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import pytest

from tests.sources.conftest import lines_of
from tests.sources.imported import bring, runs
from tests.sources.samples import samples

FOLDERS = (
    "claude-code-log/**/*.jsonl",
    "ccusage/**/fixtures/claude/**/*.jsonl",
    "inspect_scout/tests/sources/claude_code_source/**/*.jsonl",
)


def records(pattern: str) -> list[dict]:
    found = []
    for path in samples(pattern):
        for line in path.read_text("utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and isinstance(record.get("message"), dict):
                found.append(record)
    return found


@pytest.mark.parametrize("pattern", FOLDERS)
def test_tokens_sessions_and_costs_of_the_samples(tmp_path, pattern):
    used, cost = {}, {}
    for record in records(pattern):
        message = record["message"]
        if "usage" in message:
            key = (message["id"], record.get("requestId") or record["sessionId"])
            used[key], cost[key] = message["usage"], record.get("costUSD")
    expected = defaultdict(int)
    for usage in used.values():
        cached = (
            usage.get("cache_read_input_tokens", 0),
            usage.get("cache_creation_input_tokens", 0),
        )
        expected["in"] += usage["input_tokens"] + sum(cached)
        expected["out"] += usage["output_tokens"]
        expected["cached"] += cached[0]
    store = tmp_path / "store"
    bring(store, *samples(pattern))
    found = runs(
        store,
        "run_id",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cost_reported_usd",
        "outcome",
    )
    assert {run["run_id"] for run in found} == {
        r["sessionId"] for r in records(pattern) if not r.get("isSidechain")
    }
    assert sum(run["input_tokens"] for run in found) == expected["in"]
    assert sum(run["output_tokens"] for run in found) == expected["out"]
    assert sum(run["cache_read_tokens"] or 0 for run in found) == expected["cached"]
    known = [run["cost_reported_usd"] for run in found if run["cost_reported_usd"] is not None]
    assert sum(known) == pytest.approx(sum(c for c in cost.values() if c))
    assert {run["outcome"] for run in found} == {"unknown"}


def test_importing_twice_changes_nothing(tmp_path):
    paths = samples(FOLDERS[0])
    bring(tmp_path / "store", *paths)
    again = bring(tmp_path / "store", *paths)
    assert (again.written.new, again.written.changed) == (0, 0)


def test_the_lines_of_a_sample_that_are_no_records_are_rejects(read):
    (path,) = samples("claude-code-log/**/edge_cases.jsonl")
    assert read.file(path, "claude-code").reasons == {
        10: "the message has no content",
        11: "timestamp is missing",
        13: "not an object",
        15: "not an object",
        16: "not an object",
    }


def test_the_side_chain_in_a_file_of_its_own_belongs_to_its_session(tmp_path):
    store = tmp_path / "store"
    agent, session = (
        samples(f"inspect_scout/**/{name}.jsonl")[0] for name in ("agent-atest01", "agent_session")
    )
    report = bring(store, agent)
    assert runs(store, "run_id") == []
    assert "holds only a side chain of session test-session-004" in report.notes[0]
    bring(store, session)
    (run,) = runs(store, "run_id", "input_tokens")
    used = [r["message"]["usage"] for p in (agent, session) for r in _assistant(p)]
    assert run == {
        "run_id": "test-session-004",
        "input_tokens": sum(u["input_tokens"] for u in used),
    }


def _assistant(path):
    raw = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [record for record in raw if record["type"] == "assistant"]


def said(kind: str, second: int, *blocks: object, **changed: Any) -> dict:
    message: dict = {"role": kind, "content": list(blocks)}
    if kind == "assistant":
        message |= {
            "id": "m1",
            "model": "claude-x",
            "usage": {"input_tokens": 10, "output_tokens": 3},
        }
    message |= changed.pop("message", {})
    return {
        "type": kind,
        "uuid": f"u{second}",
        "parentUuid": f"u{second - 1}",
        "sessionId": "s1",
        "requestId": "r1",
        "timestamp": f"2026-11-20T10:00:{second:02}.000Z",
        "cwd": "shop",
        "version": "2.0.1",
        "message": message,
    } | changed


def words(text: str) -> dict:
    return {"type": "text", "text": text}


def tool(use_id: str, name: str = "Bash", **inputs: object) -> dict:
    return {"type": "tool_use", "id": use_id, "name": name, "input": inputs}


def result(use_id: str, content: object, **changed: object) -> dict:
    return {"type": "tool_result", "tool_use_id": use_id, "content": content} | changed


def by_op(found) -> dict:
    return {row["op"]: row for row in found.rows}


def test_a_message_in_several_lines_is_counted_once(read):
    first = {"usage": {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 90}}
    last = {"usage": {"input_tokens": 10, "output_tokens": 50, "cache_read_input_tokens": 90}}
    found = read(
        lines_of(
            [
                said("user", 1, words("do it")),
                said("assistant", 2, words("I think"), message=first),
                said("assistant", 4, tool("t1", command="ls"), message=last),
                said("user", 5, result("t1", "a b")),
                said("user", 5, result("t1", "a b")),
            ]
        ),
        "claude-code",
    )
    rows = by_op(found)
    assert Counter(row["op"] for row in found.rows) == {
        "claude_code.session": 1,
        "claude_code.message": 1,
        "tool.Bash": 1,
    }
    message = rows["claude_code.message"]
    assert (message["input_tokens"], message["cache_read_tokens"], message["output_tokens"]) == (
        100,
        90,
        50,
    )
    assert (message["started_at"].second, message["ended_at"].second) == (1, 4)
    assert rows["claude_code.session"]["ended_at"] == datetime(2026, 11, 20, 10, 0, 5)
    assert json.loads(rows["tool.Bash"]["output"]) == "a b"
    assert (rows["tool.Bash"]["started_at"].second, rows["tool.Bash"]["ended_at"].second) == (4, 5)


def test_a_resumed_session_that_repeats_messages_counts_them_once(tmp_path):
    paths = []
    for name in ("s1", "s2"):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(
            lines_of(
                [said("user", 1, words("go"), sessionId=name), said("assistant", 2, sessionId=name)]
            ),
            "utf-8",
        )
        paths.append(path)
    bring(tmp_path / "store", *paths)
    assert sum(run["input_tokens"] or 0 for run in runs(tmp_path / "store", "input_tokens")) == 10


def test_tools_that_fail_and_tools_without_a_result(read):
    found = read(
        lines_of(
            [
                said("assistant", 1, tool("t1", "Read"), tool("t2", "Edit")),
                said("user", 2, result("t1", [words("no such file")], is_error=True)),
            ]
        ),
        "claude-code",
    )
    rows = by_op(found)
    assert (rows["tool.Read"]["status"], rows["tool.Read"]["error_message"]) == (
        "error",
        "no such file",
    )
    assert (rows["tool.Edit"]["status"], rows["tool.Edit"]["ended_at"]) == ("running", None)


@pytest.mark.parametrize(
    ("last", "error_type"),
    [
        (said("user", 9, words("[Request interrupted by user]")), "Interrupted"),
        (
            said(
                "assistant",
                9,
                words("limit reached"),
                isApiErrorMessage=True,
                error="rate_limit",
                requestId="r2",
                message={"model": "<synthetic>", "usage": {"input_tokens": 0, "output_tokens": 0}},
            ),
            "rate_limit",
        ),
    ],
)
def test_a_session_that_was_broken_off_has_no_end_and_no_outcome(tmp_path, last, error_type):
    path = tmp_path / "a.jsonl"
    path.write_text(lines_of([said("user", 1, words("go")), said("assistant", 2), last]), "utf-8")
    bring(tmp_path / "store", path)
    (run,) = runs(
        tmp_path / "store", "state", "outcome", "duration_s", "error_type", "input_tokens", "model"
    )
    assert run == {
        "state": "finished",
        "outcome": "unknown",
        "duration_s": None,
        "error_type": error_type,
        "input_tokens": 10,
        "model": "claude-x",
    }


def test_a_side_chain_in_the_same_file_stands_below_the_tool_that_began_it(read):
    task = tool("t1", "Task", prompt="look around", subagent_type="Explore")
    found = read(
        lines_of(
            [
                said("assistant", 1, task),
                said("user", 2, words("look around"), isSidechain=True, parentUuid=None),
                said("assistant", 3, isSidechain=True, message={"id": "m2"}),
                said("user", 4, result("t1", "done"), parentUuid="u1"),
            ]
        ),
        "claude-code",
    )
    rows = {row["span_id"]: row for row in found.rows}
    (agent,) = [row for row in found.rows if row["op"] == "Explore.claude_code"]
    assert rows[agent["parent_id"]]["op"] == "tool.Task"
    inner = [row for row in found.rows if row["parent_id"] == agent["span_id"]]
    assert [row["op"] for row in inner] == ["claude_code.message"]


def test_hostile_lines_cost_nothing_but_themselves(read):
    hostile = [
        "[" * 50_000,
        '{"type": "user"',
        "\x00\x01",
        json.dumps(said("user", 3, message={"content": 7})),
        json.dumps(
            said("assistant", 4, message={"usage": [], "content": [7, None, {"type": "tool_use"}]})
        ),
        json.dumps(said("user", 5, result("t9", "of nobody"))),
        json.dumps(said("user", 6, sessionId=None)),
        json.dumps(said("user", 7, timestamp="yesterday")),
        json.dumps(said("user", 8)) + "x",
        '{"type": "summary", "summary": "half \\ud800 a pair", "leafUuid": "u4"}',
    ]
    found = read("\n".join(hostile), "claude-code")
    assert set(found.reasons) == {1, 2, 3, 4, 7, 8, 9}
    assert [row["op"] for row in found.rows].count("claude_code.session") == 1
    assert all(row["input_tokens"] is None for row in found.rows)
    assert by_op(found)["claude_code.session"]["display_name"] == "half \ufffd a pair"


def test_a_secret_in_a_tool_never_leaves_the_source(read):
    secret = "sk-ant-" + "aB3" * 9
    found = read(
        lines_of(
            [
                said("assistant", 1, tool("t1", command=f"curl -H {secret}")),
                said("user", 2, result("t1", secret)),
            ]
        ),
        "claude-code",
    )
    assert secret not in repr(found.rows)
