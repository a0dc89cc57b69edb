import json
from pathlib import Path
from typing import Any

import pytest
from selfheal.bugs import inject
from selfheal.knowledge import KnowledgeBase
from selfheal.orchestrator import Orchestrator
from selfheal.run import run_once
from selfheal.suite import run_suite
from selfheal.tools import Tools
from selfheal.triage import Diagnosis, TriageAgent
from selfheal.variants import VARIANTS
from selfheal.workspace import Workspace

CONTRACT = {
    "schema_version",
    "success",
    "status",
    "iterations",
    "bugs_found",
    "bugs_fixed",
    "patches_generated",
    "tests_total",
    "tests_passed",
    "tests_failed",
    "first_try",
    "deployment_time_s",
}


def healed(task: str, variant: str, attempt: int = 1) -> tuple[dict[str, Any], int]:
    """What a run says, and how many tests fail in its copy afterwards."""
    with Workspace() as workspace:
        inject(task, workspace)
        agents = Orchestrator(workspace, VARIANTS[variant], KnowledgeBase(None), attempt)
        said = agents.run(task=task, max_iterations=6)
        return said, len(run_suite(workspace, seed=5).failures)


def diagnosis_of(task: str) -> Diagnosis:
    with Workspace() as workspace:
        inject(task, workspace)
        report = run_suite(workspace, seed=2, coverage=True)
        bug_id, failures = next(iter(report.bugs().items()))
        tests = [each.test_id for each in failures]
        triage = TriageAgent(Tools(workspace), report)
        return triage.diagnose(bug_id=bug_id, test_id=tests[0], tests=tests)


@pytest.mark.parametrize("task", ["BUG-001", "BUG-029", "BUG-032", "BUG-043", "BUG-055"])
def test_the_ranked_agents_heal_a_bug_of_each_kind(task: str):
    said, failing = healed(task, "v2-ranked")
    assert said.keys() == CONTRACT
    assert (said["success"], said["status"], failing) == (True, "fixed", 0)
    assert said["bugs_fixed"] == said["bugs_found"] == (2 if task == "BUG-055" else 1)
    assert said["tests_passed"] == said["tests_total"]
    assert said["first_try"] == (said["iterations"] == 1)
    assert said["deployment_time_s"] > 0


def test_agents_give_up_in_the_end():
    said, failing = healed("BUG-050", "v2-ranked")
    assert (said["success"], said["status"], said["iterations"]) == (False, "gave_up", 6)
    assert said["bugs_fixed"] == 0
    assert said["tests_failed"] == failing > 0
    assert said["deployment_time_s"] is None


def test_there_may_be_nothing_to_fix():
    said, failing = healed("BUG-043", "v2-ranked", attempt=3)
    assert (said["success"], said["status"], failing) == (True, "nothing_to_fix", 0)
    assert (said["iterations"], said["first_try"]) == (0, None)


def test_blind_agents_claim_what_is_not_so():
    said, failing = healed("BUG-022", "v1-blind")
    assert said["success"]
    assert failing > 0


@pytest.mark.parametrize(
    ("task", "bug_type", "file"),
    [
        ("BUG-001", "UI_BUG", "shop/templates/checkout.html"),
        ("BUG-029", "BACKEND_ERROR", "shop/pricing.py"),
        ("BUG-031", "DATA_ERROR", "shop/orders.py"),
        ("BUG-046", "TEST_FLAKY", "shop/pricing.py"),
    ],
)
def test_triage_names_kind_and_file(task: str, bug_type: str, file: str):
    found = diagnosis_of(task)
    assert (found.bug_type, found.file) == (bug_type, file)
    assert 0 < found.confidence <= 1
    assert (found.line is None) == file.endswith(".html")


def test_the_second_attempt_uses_what_the_first_learnt(tmp_path: Path):
    knowledge = tmp_path / "knowledge.json"
    first = run_once("BUG-044", "v3-learned", 1, knowledge)
    second = run_once("BUG-044", "v3-learned", 2, knowledge)
    assert first["success"]
    assert first["iterations"] > 1
    assert (second["success"], second["iterations"], second["first_try"]) == (True, 1, True)
    assert json.loads(knowledge.read_text())
    assert run_once("BUG-044", "v2-ranked", 2, knowledge)["iterations"] > 1
