"""One run, recorded here and told to a real Weave server: the same steps under the same ids."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from record_demo import Call, Server, op_of
from weave_server.launch import client_env, running_server

from analytics.store import lake
from analytics.sync import import_paths
from tests.record.conftest import ROOT, Records

pytestmark = pytest.mark.weave_server

PROJECT = "tests/recorded"
PROGRAM = """
import asyncio, sys, threading, weave
client = weave.init("tests/recorded")
from analytics import record

@weave.op
def own(n):
    return n + 1

@record.tool
def grep(pattern: str, note: str = "none") -> dict:
    return {"lines": own(2)}

async def models(run):
    with run.llm("some-model", "some-provider", inputs={"prompt": "hi"}) as call:
        await asyncio.sleep(0.01)
        call.set(input_tokens=100, output_tokens=20, cache_read_tokens=60, cache_write_tokens=5,
                 cache_write_1h_tokens=2, reasoning_tokens=7)

with record.run("checkout", agent="System", variant="v2", attempt=1, folder=folder) as run:
    with run.agent("Tester") as step:
        grep("total", note="sk-ant-" + "a1" * 20)
        step.set(passed=False, tests_total=12)
    asyncio.run(models(run))
    try:
        with run.tool("patch"):
            raise KeyError("gone")
    except KeyError:
        pass
    run.pipeline("77", execution_s=3, passed=True)
    run.outcome("pass")
    if "killed" in sys.argv:
        record.flush()
        client.future_executor.flush()
        print("ready", flush=True)
        threading.Event().wait()
"""


@dataclass(frozen=True)
class Told:
    """What one run left here and there."""

    records: Records
    calls: list[Call]
    errors: str


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with running_server() as url:
        yield url


def process(url: str, folder: Path, home: Path, *arguments: str) -> "subprocess.Popen[str]":
    program = f"folder = {str(folder)!r}\n{PROGRAM}"
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **client_env(url, home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def told(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A run that came to its end, in a process of its own."""
    home = tmp_path_factory.mktemp("home")
    server = Server(base_url, PROJECT, "loopback")
    server.post("/_reset", {})
    running = process(base_url, home / "traces", home)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    return Told(Records(home / "traces"), server.calls(), errors)


def export(calls: list[Call], path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(call)}\n" for call in calls), encoding="utf-8")
    return path


def spans(store: Path, *columns: str) -> list[tuple[Any, ...]]:
    with lake.writer(store) as con:
        found = con.table("lake.spans").order("started_at, span_id").project(*columns)
        return found.fetchall()


def test_weave_is_told_the_same_tree_under_the_same_ids(told: Told):
    here = {row["span_id"]: row for row in told.records.rows()}
    there = {call["id"]: call for call in told.calls}
    (own,) = (call for call in told.calls if op_of(call) == "own")
    assert here.keys() == there.keys() - {own["id"]}
    assert here[own["parent_id"]]["tool"] == "grep"
    for span_id, row in here.items():
        call = there[span_id]
        assert (op_of(call), call["trace_id"], call["parent_id"]) == (
            row["op"],
            row["trace_id"],
            row["parent_id"],
        )
        assert row["source"] == "weave"
        assert row["detail"] == 1
        assert row["project"] == PROJECT
        assert call["output"] == row["output"]
        assert call["inputs"] == (row["inputs"] or {})
        assert call["attributes"]["task"] == "checkout"
        if row["error_type"]:
            assert json.loads(call["exception"])["type"] == row["error_type"] == "KeyError"
    assert "a1a1a1" not in json.dumps(told.calls)
    assert told.errors.count("patchpilot:") == 0


def test_both_records_are_one_run_whatever_is_imported_first(told: Told, tmp_path: Path):
    exported = export(told.calls, tmp_path / "export.jsonl")
    files = [str(file) for file in told.records.files()]
    columns = (
        *("span_id", "trace_id", "parent_id", "op", "kind", "agent", "tool", "status", "model"),
        *("provider", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
        *("cache_write_1h_tokens", "reasoning_tokens", "error_type", "started_at", "ended_at"),
    )
    orders = {
        "here": [files],
        "there": [[str(exported)]],
        "both": [[str(exported), *files]],
        "here first": [files, [str(exported)]],
        "there first": [[str(exported)], files],
    }
    found = {}
    for name, steps in orders.items():
        for paths in steps:
            assert import_paths(tmp_path / name, paths).written.rejected == 0
        found[name] = spans(tmp_path / name, *columns)
    ours = {row[0] for row in found["here"]}
    assert [row for row in found["there"] if row[0] in ours] == found["here"]
    assert found["both"] == found["here first"] == found["there first"] == found["there"]
    (run,) = [row for row in found["both"] if row[2] is None]
    assert (run[3], run[5]) == ("record.run", "System")
    (call,) = [row for row in found["both"] if row[8]]
    assert call[8:16] == ("some-model", "some-provider", 100, 20, 60, 5, 2, 7)


def test_a_killed_run_is_known_from_both(base_url: str, tmp_path: Path):
    server = Server(base_url, PROJECT, "loopback")
    server.post("/_reset", {})
    running = process(base_url, tmp_path / "traces", tmp_path, "killed")
    assert running.stdout is not None
    while "ready" not in running.stdout.readline():
        assert running.poll() is None
    give_up = time.monotonic() + 30
    while not server.count("record.run") and time.monotonic() < give_up:
        time.sleep(0.05)
    running.kill()
    running.communicate(timeout=30)
    records = Records(tmp_path / "traces")
    calls = server.calls()
    (root,) = (call for call in calls if op_of(call) == "record.run")
    assert (root["ended_at"], root["id"]) == (None, records.row("record.run")["span_id"])
    store = tmp_path / "store"
    exported = export(calls, tmp_path / "export.jsonl")
    import_paths(store, [str(records.folder)])
    import_paths(store, [str(exported)])
    (run,) = [row for row in spans(store, "op", "status", "detail") if row[0] == "record.run"]
    assert run[1] == "running"
    with lake.writer(store) as con:
        (output,) = con.execute(
            "SELECT output FROM lake.payloads JOIN lake.spans USING (source, span_id) "
            "WHERE op = 'record.run'"
        ).fetchall()
    assert json.loads(output[0]) == {"claimed": "pass"}


def test_without_a_client_a_run_that_asked_for_weave_is_recorded_here(tmp_path: Path):
    program = (
        "from analytics import record\n"
        f"with record.run('t', folder={str(tmp_path / 'traces')!r}, weave=True):\n    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr == (
        "patchpilot: no Weave client is active (weave.init makes one): "
        "recorded on this machine only.\n"
    )
    (row,) = Records(tmp_path / "traces").rows()
    assert (row["source"], row["detail"]) == ("record", 2)
