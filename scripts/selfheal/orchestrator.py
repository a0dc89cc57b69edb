"""One run: test, diagnose, patch, verify, and so on until nothing fails or patience ends."""

from dataclasses import dataclass, field
from typing import Any

from selfheal.deployer import Deployer
from selfheal.fixer import FixerAgent
from selfheal.knowledge import Experience, KnowledgeBase
from selfheal.patches import Patch
from selfheal.suite import Report
from selfheal.tester import TesterAgent
from selfheal.tools import Tools
from selfheal.triage import Diagnosis, TriageAgent
from selfheal.variants import Variant
from selfheal.verifier import VerifierAgent
from selfheal.workspace import Workspace

ACCEPTANCE_SEED = 1000
MOST_BUGS = 4
"""Bugs that one run works on; the others are found, but left."""


@dataclass
class Work:
    """What a run has done so far."""

    open: dict[str, list[str]]
    """Tests per bug that is not fixed."""
    diagnoses: dict[str, Diagnosis] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    patches: int = 0
    iterations: int = 0


class Orchestrator:
    """Runs the agents on one broken copy of the shop."""

    def __init__(
        self, workspace: Workspace, variant: Variant, knowledge: KnowledgeBase, attempt: int
    ) -> None:
        """Set the agents up; the attempt decides the order of the tests and between equals."""
        self.workspace = workspace
        self.variant = variant
        self.knowledge = knowledge
        self.attempt = attempt
        self.tools = Tools(workspace)
        self.verifier = VerifierAgent(self.tools)

    def run(self, task: str, max_iterations: int) -> dict[str, Any]:
        """Heal the copy, deploy it if all seems well, and have the result judged."""
        seed = self.attempt + 1
        report = TesterAgent(self.tools).run_test(seed=seed)
        bugs = {
            bug_id: [each.test_id for each in failures]
            for bug_id, failures in report.bugs().items()
        }
        work = Work(open=dict(list(bugs.items())[:MOST_BUGS]))
        fixer = FixerAgent(self.workspace, self.variant, self.knowledge, f"{task}/{self.attempt}")
        triage = TriageAgent(self.tools, report)
        while work.open and work.iterations < max_iterations:
            work.iterations += 1
            if not self.iterate(work, triage, fixer, seed):
                break
        claimed = bool(bugs) and len(work.fixed) == len(bugs)
        deployment = Deployer(self.workspace).deploy(task=task) if claimed else None
        success = not bugs or bool(deployment and deployment["deployed"])
        failed = {each.test_id for each in report.failures}
        self.verifier.accept(seed=ACCEPTANCE_SEED + self.attempt, failed_before=sorted(failed))
        return outcome(report, work, bugs, success, deployment)

    def iterate(self, work: Work, triage: TriageAgent, fixer: FixerAgent, seed: int) -> bool:
        """One patch for each open bug; False when there was none left to try."""
        proposals: list[tuple[str, Patch]] = []
        for bug_id, tests in work.open.items():
            if bug_id not in work.diagnoses:
                work.diagnoses[bug_id] = triage.diagnose(
                    bug_id=bug_id, test_id=tests[0], tests=tests
                )
            patch = fixer.generate_patch(work.diagnoses[bug_id]).patch
            if patch is not None:
                work.patches += 1
                proposals.append((bug_id, patch))
        for bug_id, patch in proposals:
            if bug_id in work.open and self.verified(work, bug_id, patch, seed):
                # One cause may have shown in several ways.
                for other in list(work.open):
                    if other in work.diagnoses:
                        self.verified(work, other, patch, seed)
        return bool(proposals)

    def verified(self, work: Work, bug_id: str, patch: Patch, seed: int) -> bool:
        """Whether a patch heals a bug, which is then closed."""
        diagnosis = work.diagnoses[bug_id]
        tests = work.open[bug_id] if self.variant.verifies_all else work.open[bug_id][:1]
        in_order = self.variant.verifies_all and diagnosis.bug_type == "TEST_FLAKY"
        verdict = self.verifier.verify(
            diagnosis=diagnosis, patch=patch, tests=tests, seed=seed if in_order else None
        )
        if not verdict["passed"]:
            return False
        del work.open[bug_id]
        work.fixed.add(bug_id)
        if self.variant.learns:
            change = (patch.operator, patch.file, patch.before, patch.after)
            self.knowledge.learn(Experience(bug_id, diagnosis.clue, *change))
        return True


def outcome(
    report: Report,
    work: Work,
    bugs: dict[str, list[str]],
    success: bool,
    deployment: dict[str, Any] | None,
) -> dict[str, Any]:
    """What the run says of itself; tests that it saw healed count as passed."""
    healed = sum(len(bugs[each]) for each in work.fixed)
    passed = len(report.passed) + healed
    return {
        "schema_version": 1,
        "success": success,
        "status": "nothing_to_fix" if not bugs else "fixed" if success else "gave_up",
        "iterations": work.iterations,
        "bugs_found": len(bugs),
        "bugs_fixed": len(work.fixed),
        "patches_generated": work.patches,
        "tests_total": report.total,
        "tests_passed": passed,
        "tests_failed": report.total - passed,
        "first_try": (success and work.iterations == 1) if bugs else None,
        "deployment_time_s": deployment and deployment["deployment_time_s"],
    }
