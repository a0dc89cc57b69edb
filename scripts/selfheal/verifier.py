"""The agent that tries patches out, and judges the result at the end."""

from collections.abc import Collection, Sequence
from typing import Any

from analytics import record
from selfheal.patches import Patch, PatchDoesNotFit, StalePatch
from selfheal.tools import Tools
from selfheal.triage import Diagnosis


def verify_inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a verification as they stand in a trace."""
    return {
        "bug_id": inputs["diagnosis"].bug_id,
        "patch_id": inputs["patch"].patch_id,
        "tests": list(inputs["tests"]),
        "seed": inputs["seed"],
    }


class VerifierAgent:
    """Reruns the tests of a bug on the patched copy; a patch that does not help is taken back."""

    def __init__(self, tools: Tools) -> None:
        """Use these tools."""
        self.tools = tools
        self.applied = set[str]()

    @record.step(op="VerifierAgent.verify", shown_inputs=verify_inputs)
    def verify(
        self, diagnosis: Diagnosis, patch: Patch, tests: Sequence[str], seed: int | None
    ) -> dict[str, Any]:
        """Whether the bug's tests pass with the patch, which stays if they do.

        With a seed the whole suite runs in that order, and only the bug's tests are looked at:
        a failure that needs the others cannot be seen in a test alone.
        """
        workspace = self.tools.workspace
        before = workspace.read(patch.file)
        new = patch.patch_id not in self.applied
        if new and not self.put(patch):
            return verdict(diagnosis, patch, set(tests), set())
        only = None if seed is not None else list(tests)
        report = self.tools.run_tests(seed=seed, only=only, coverage=False)
        passed = set(tests) & report.passed
        if new and passed == set(tests):
            self.applied.add(patch.patch_id)
        elif new:
            workspace.write(patch.file, before)
        return verdict(diagnosis, patch, set(tests), passed)

    def put(self, patch: Patch) -> bool:
        """Apply a patch; one whose file changed meanwhile is put where its lines are now."""
        try:
            self.tools.apply_patch(patch, anywhere=False)
        except StalePatch:
            try:
                self.tools.apply_patch(patch, anywhere=True)
            except PatchDoesNotFit:
                return False
        return True

    @record.step(op="VerifierAgent.accept", shown_inputs=lambda inputs: {"seed": inputs["seed"]})
    def accept(self, seed: int, failed_before: Collection[str]) -> dict[str, Any]:
        """The whole suite in another order: what the shop is worth now, whatever was claimed."""
        report = self.tools.run_tests(seed=seed, only=None, coverage=False)
        failed = {each.test_id for each in report.failures}
        return {
            "passed": not failed,
            "tests_total": report.total,
            "tests_passed": len(report.passed),
            "regressions": len(failed - set(failed_before)),
        }


def verdict(
    diagnosis: Diagnosis, patch: Patch, tests: set[str], passed: set[str]
) -> dict[str, Any]:
    """The outcome of one verification."""
    return {
        "bug_id": diagnosis.bug_id,
        "patch_id": patch.patch_id,
        "passed": passed == tests,
        "tests_total": len(tests),
        "tests_passed": len(passed),
    }
