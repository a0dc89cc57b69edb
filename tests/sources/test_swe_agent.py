"""Trajectories of SWE-agent and mini-swe-agent: three generations, no outcome, zeros that are unknown."""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.store import lake
from tests.sources.imported import bring, rows, runs
from tests.sources.samples import samples

TRAJECTORIES = "swe-agent/**/*.traj"


def test_runs_steps_tokens_and_costs_of_the_samples(tmp_path):
    store = tmp_path / "store"
    paths = samples(TRAJECTORIES)
    bring(store, *paths)
    raw = [json.loads(path.read_text("utf-8")) for path in paths]
    stats = [trajectory.get("info", {}).get("model_stats", {}) for trajectory in raw]
    steps = [len(t.get("trajectory") or _actions(t["history"])) for t in raw]
    found = runs(
        store,
        "task",
        "outcome",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "spans_count",
        "state",
    )
    assert len(found) == len(paths)
    assert {(run["outcome"], run["state"]) for run in found} == {("unknown", "finished")}
    assert sum(run["spans_count"] - 1 for run in found) == sum(steps)
    for column, key in (
        ("input_tokens", "tokens_sent"),
        ("output_tokens", "tokens_received"),
        ("cost_usd", "instance_cost"),
    ):
        known = [run[column] for run in found if run[column] is not None]
        stated = [stat[key] for stat in stats if stat.get(key)]
        assert sorted(known) == pytest.approx(sorted(stated))
        assert len(stated) == 3
    assert {run["task"] for run in found} >= {"pydicom__pydicom-1458", "SWE-agent__test-repo-i1"}
    again = bring(store, *paths)
    assert (again.written.new, again.written.changed) == (0, 0)


def _actions(history: list[dict]) -> list[dict]:
    return [message for message in history if message["role"] == "assistant"]


def test_how_long_each_tool_took_is_what_the_newer_ones_say(tmp_path):
    paths = [path for path in samples(TRAJECTORIES) if "replace_from_source" in str(path)]
    bring(tmp_path / "store", *paths)
    (raw,) = [json.loads(path.read_text("utf-8")) for path in paths]
    with lake.writer(tmp_path / "store") as con:
        told = con.sql(
            "SELECT duration_s FROM lake.spans WHERE kind = 'tool' ORDER BY started_at"
        ).fetchall()
    assert [seconds for (seconds,) in told] == pytest.approx(
        [step["execution_time"] for step in raw["trajectory"]], abs=2e-6
    )
    assert runs(tmp_path / "store", "duration_s") == [{"duration_s": None}]


def test_messages_of_mini_swe_agent(read):
    for path in samples("mini-swe-agent/**/*.traj.json"):
        raw = json.loads(path.read_text("utf-8"))
        root, *steps = read.file(path, "swe-agent").rows
        assert (root["op"], root["status"], root["cost_usd"]) == ("swe_agent.run", "ok", None)
        answers = [message["content"] for message in raw if message["role"] == "assistant"]
        assert [json.loads(step["inputs"])["thought"] for step in steps] == answers
        assert {step["op"] for step in steps} == {"tool.bash"}


def step(number: int, **changed: object) -> dict:
    return {
        "action": f"open file{number}",
        "observation": f"lines {number}",
        "response": "I look",
        "thought": "I look",
        "state": {},
    } | changed


def trajectory(*steps: object, **changed: object) -> dict:
    return {
        "environment": "swe_main",
        "trajectory": list(steps),
        "history": [
            {"role": "system", "content": "be good"},
            {"role": "user", "content": "fix it"},
        ],
        "info": {"exit_status": "submitted", "submission": "diff --git a b", "model_stats": {}},
    } | changed


def root(read, told: object) -> dict:
    return read(json.dumps(told), "swe-agent").rows[0]


@pytest.mark.parametrize(
    ("exit_status", "status", "error_type"),
    [
        ("submitted", "ok", None),
        ("Submitted", "ok", None),
        ("submitted (exit_cost)", "ok", None),
        ("exit_cost", "error", "exit_cost"),
        ("LimitsExceeded", "error", "LimitsExceeded"),
        (None, "running", None),
    ],
)
def test_how_it_stopped_is_no_outcome_but_an_error_is_one(read, exit_status, status, error_type):
    row = root(read, trajectory(step(1), info={"exit_status": exit_status}))
    assert (row["status"], row["error_type"]) == (status, error_type)


def test_zeros_are_unknown(read):
    stats = {"instance_cost": 0, "tokens_sent": 0, "tokens_received": 0, "api_calls": 11}
    row = root(read, trajectory(step(1), info={"exit_status": "submitted", "model_stats": stats}))
    assert [row[name] for name in ("cost_usd", "input_tokens", "output_tokens")] == [None] * 3
    assert json.loads(row["attributes"])["api_calls"] == 11


def test_the_date_of_the_file_stands_for_its_end_also_when_it_is_packed(tmp_path):
    plain, packed = tmp_path / "a.traj", tmp_path / "b.traj.gz"
    content = json.dumps(trajectory(step(1), step(2))).encode()
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    written = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for path in (plain, packed):
        os.utime(path, (written.timestamp(), written.timestamp()))
        store = tmp_path / path.name.replace(".", "-")
        report = bring(store, path)
        (run,) = runs(store, "started_at", "ended_at", "duration_s")
        earlier = written.replace(tzinfo=None) - run["started_at"]
        assert timedelta(0) < earlier < timedelta(milliseconds=1)
        assert (run["ended_at"], run["duration_s"]) == (None, None)
        assert "holds no times" in report.notes[0]
        again = bring(store, path)
        assert (again.written.new, again.written.changed) == (0, 0)


def test_a_run_that_goes_on_stays_the_same_run(read):
    begun = trajectory(step(1, execution_time=0.25), info={})
    over = trajectory(step(1, execution_time=0.25), step(2, execution_time=1.0))
    first, then = root(read, begun), root(read, over)
    assert (first["status"], then["status"]) == ("running", "ok")
    assert first["span_id"] == then["span_id"]
    other = root(read, trajectory(step(1, execution_time=0.5)))
    assert other["span_id"] != first["span_id"]


def test_mini_swe_agent_with_times_usage_and_a_reason(tmp_path):
    def at(second: int, **more: object) -> dict:
        return {"timestamp": 1_763_632_800 + second, **more}

    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    told = {
        "info": {
            "exit_status": "TimeExceeded",
            "submission": "",
            "model_stats": {"instance_cost": 0.5, "api_calls": 2},
            "mini_version": "2.1",
            "config": {"model": {"model_name": "gpt-x"}},
        },
        "messages": [
            {"role": "user", "content": "fix it"},
            {
                "role": "assistant",
                "content": "```mswea_bash_command\nls\n```",
                "extra": at(1, response={"usage": usage}),
            },
            {"role": "user", "content": "a b", "extra": at(2)},
            {"role": "assistant", "content": "so", "extra": at(5, actions=[{"command": "cat a"}])},
            {"role": "exit", "content": ""},
        ],
        "trajectory_format": "mini-swe-agent-1.1",
        "instance_id": "shop-1",
    }
    path = tmp_path / "x.traj.json"
    path.write_text(json.dumps(told), "utf-8")
    bring(tmp_path / "store", path)
    columns = (
        "task",
        "model",
        "outcome",
        "error_kind",
        "input_tokens",
        "cost_usd",
        "duration_s",
        "op_version",
    )
    assert rows(tmp_path / "store", "runs", columns) == [
        {
            "task": "shop-1",
            "model": "gpt-x",
            "outcome": "fail",
            "error_kind": "timeout",
            "input_tokens": 10,
            "cost_usd": 0.5,
            "duration_s": 4.0,
            "op_version": "2.1",
        }
    ]


def test_hostile_trajectories(read):
    found = read(
        json.dumps(
            trajectory(
                7,
                step(2, action=None, execution_time=float("inf")),
                step(3, action="\ud800 '; DROP TABLE spans; --", execution_time=-5),
                step(4, action=["x"], observation={"a": float("nan")}, execution_time=1e300),
                replay_config="{broken",
                info={
                    "exit_status": 3,
                    "model_stats": {"instance_cost": "much", "tokens_sent": -1},
                },
            )
        ),
        "swe-agent",
    )
    assert found.reasons == {1: "a step is not an object"}
    assert [row["op"] for row in found.rows] == [
        "swe_agent.run",
        "swe_agent.step",
        "tool.bash",
        "swe_agent.step",
    ]
    assert found.rows[0]["cost_usd"] is None


@pytest.mark.parametrize(
    "text", ["{}", "[]", "7", '{"trajectory": 7}', "[" * 100_000, '{"trajectory": [', '"x"']
)
def test_what_is_no_trajectory_is_one_reject(read, text):
    found = read(text, "swe-agent")
    assert (found.rows, len(found.rejects)) == ([], 1)


def test_keys_of_a_configuration_are_not_kept(read):
    config = {"agent": {"model": {"name": "gpt-x", "api_key": "hunter2hunter2"}}}
    found = read(json.dumps(trajectory(step(1), replay_config=config)), "swe-agent")
    assert "hunter2" not in repr(found.rows)
    assert json.loads(found.rows[0]["attributes"])["model"] == "gpt-x"


def test_a_trajectory_that_is_named_otherwise_still_has_no_invented_task(tmp_path, read):
    path = Path(tmp_path / "plain-0")
    path.write_text(json.dumps(trajectory(step(1))), "utf-8")
    assert json.loads(read.file(path, "swe-agent").rows[0]["attributes"])["task"] is None
