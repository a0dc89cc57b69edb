import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest
from record_demo import RUN, Call, Server, op_of, run_killed
from selfheal.plan import Planned
from weave_server.launch import client_env

pytestmark = pytest.mark.weave_server

OUTPUTS = {
    "Orchestrator.run": {"success", "status", "iterations", "bugs_found", "bugs_fixed"},
    "TesterAgent.run_test": {"passed", "tests_total", "tests_passed", "tests_failed", "failures"},
    "TriageAgent.diagnose": {"bug_id", "test_id", "bug_type", "file", "line", "title"},
    "FixerAgent.generate_patch": {"bug_id", "patch_id", "operator", "file", "line", "diff"},
    "VerifierAgent.verify": {"bug_id", "patch_id", "passed", "tests_total", "tests_passed"},
    "VerifierAgent.accept": {"passed", "tests_total", "tests_passed", "regressions"},
    "Deployer.deploy": {"deployed", "deployment_time_s"},
    "KnowledgeBase.lookup": {"hit", "entries"},
    "tool.run_tests": {"passed", "tests_total"},
    "tool.read_file": {"lines"},
    "tool.apply_patch": {"applied"},
}
PARENTS = {
    "TesterAgent.run_test": {"Orchestrator.run"},
    "TriageAgent.diagnose": {"Orchestrator.run"},
    "FixerAgent.generate_patch": {"Orchestrator.run"},
    "VerifierAgent.verify": {"Orchestrator.run"},
    "VerifierAgent.accept": {"Orchestrator.run"},
    "Deployer.deploy": {"Orchestrator.run"},
    "KnowledgeBase.lookup": {"FixerAgent.generate_patch"},
    "tool.apply_patch": {"VerifierAgent.verify"},
    "tool.read_file": {"TriageAgent.diagnose"},
}


@dataclass(frozen=True)
class Recorded:
    """What runs said, and what was logged of them."""

    said: list[dict[str, Any]]
    calls: list[Call]


API_KEY = "loopback"


@pytest.fixture(scope="module")
def recorded(weave_server: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Two runs, of one bug and of two bugs in one file, made by a process of their own."""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, RUN, "--project", "tests/recorded", "--variant", "v3-learned"]
    command += ["--task", "BUG-029", "--task", "BUG-053", "--knowledge", home / "known.json"]
    environment = {**os.environ, **client_env(weave_server, home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Recorded(said, Server(weave_server, "tests/recorded", API_KEY).calls())


@pytest.fixture
def server(
    weave_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any
) -> Server:
    """The server as a client sees it, with a project of the test's own."""
    for name, value in client_env(weave_server, tmp_path).items():
        monkeypatch.setenv(name, value)
    return Server(weave_server, f"tests/{request.node.name}", API_KEY)


def start_calls(server: Server, count: int) -> None:
    """Log calls by hand, without the SDK."""
    for number in range(count):
        start = {
            "id": f"by-hand-{number}",
            "trace_id": f"by-hand-{number}",
            "project_id": server.project,
            "op_name": "by_hand",
            "started_at": f"2026-11-20T12:00:{number:02d}Z",
            "attributes": {},
            "inputs": {},
        }
        server.post("/call/start", {"start": start})


def named(calls: list[Call], op: str) -> list[Call]:
    return [each for each in calls if op_of(each) == op]


def test_a_run_is_one_tree_that_says_what_the_run_says(recorded: Recorded):
    by_id = {each["id"]: each for each in recorded.calls}
    roots = [each for each in recorded.calls if each["parent_id"] is None]
    assert [each["output"] for each in roots] == [
        {name: each[name] for name in roots[0]["output"]} for each in recorded.said
    ]
    assert {op_of(each) for each in recorded.calls} == OUTPUTS.keys()
    for call in recorded.calls:
        own = {name: each for name, each in call["attributes"].items() if name != "weave"}
        assert own.pop("task") in {"BUG-029", "BUG-053"}
        assert own == {
            "repo": "shop",
            "variant": "v3-learned",
            "attempt": 1,
            "agent_system": "selfheal",
        }
        assert "self" not in call["inputs"]
        assert call["ended_at"] >= call["started_at"]
        assert not call["summary"].get("usage")
        if call["exception"] is None:
            assert OUTPUTS[op_of(call)] <= call["output"].keys()
        if op_of(call) in PARENTS:
            assert op_of(by_id[call["parent_id"]]) in PARENTS[op_of(call)]


def test_one_bug_keeps_its_id_through_the_agents(recorded: Recorded):
    calls = [each for each in recorded.calls if each["attributes"]["task"] == "BUG-029"]
    (tested,), (diagnosed,) = (
        named(calls, each) for each in ("TesterAgent.run_test", "TriageAgent.diagnose")
    )
    failed = {each["bug_id"] for each in tested["output"]["failures"]}
    assert failed == {diagnosed["inputs"]["bug_id"]} == {diagnosed["output"]["bug_id"]}
    for op in ("FixerAgent.generate_patch", "VerifierAgent.verify"):
        assert {each["output"]["bug_id"] for each in named(calls, op)} == failed
    assert {each["inputs"]["bug_id"] for each in named(calls, "VerifierAgent.verify")} == failed


def test_a_patch_of_a_file_that_changed_fails_and_is_applied_again(recorded: Recorded):
    failed = [each for each in recorded.calls if each["exception"] is not None]
    assert failed
    by_id = {each["id"]: each for each in recorded.calls}
    for call in failed:
        assert op_of(call) == "tool.apply_patch"
        assert json.loads(call["exception"])["type"] == "StalePatch"
        assert by_id[call["parent_id"]]["output"] is not None
    (root,) = [
        each
        for each in named(recorded.calls, "Orchestrator.run")
        if each["attributes"]["task"] == "BUG-053"
    ]
    assert root["output"]["bugs_found"] == 2
    assert root["summary"]["weave"]["status"] == "descendant_error"


def test_a_killed_run_stays_running(server: Server):
    run_killed(Planned("BUG-050", "v2-ranked", 1, "killed"), server)
    calls = server.calls()
    (root,) = named(calls, "Orchestrator.run")
    assert root["summary"]["weave"]["status"] == "running"
    assert (root["ended_at"], root["output"]) == (None, None)
    assert not named(calls, "VerifierAgent.accept")


def test_a_run_reported_at_its_end_leaves_orphans_when_killed(server: Server):
    run_killed(Planned("BUG-050", "v2-ranked", 1, "orphaned"), server)
    calls = server.calls()
    assert calls
    ids = {each["id"] for each in calls}
    assert not named(calls, "Orchestrator.run")
    assert any(each["parent_id"] not in ids for each in calls)
    assert all(each["parent_id"] for each in calls)


@pytest.mark.parametrize("kind", ["429", "503"])
def test_a_refused_export_is_refused_as_often_as_asked_for(server: Server, kind: str):
    server.post("/_fault", {"kind": kind, "count": 2})
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError, match=kind):
            server.calls()
    assert server.calls() == []


def test_a_truncated_export_breaks_off_after_some_lines(server: Server):
    start_calls(server, 3)
    server.post("/_fault", {"kind": "truncate", "count": 1})
    with pytest.raises(IncompleteRead) as broken:
        server.calls()
    assert broken.value.partial.count(b"\n") == 2
    assert [each["wb_user_id"] for each in server.calls()] == ["demo"] * 3


def test_an_unknown_fault_is_refused(weave_server: str):
    request = urllib.request.Request(f"{weave_server}/_fault", b'{"kind": "fire"}')
    with pytest.raises(urllib.error.HTTPError, match="422"):
        urllib.request.urlopen(request)


def test_a_reset_forgets_everything(recorded: Recorded, server: Server):
    start_calls(server, 2)
    assert server.count() == 2
    server.post("/_reset", {})
    assert server.count() == 0
    assert recorded.calls
