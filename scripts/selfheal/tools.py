"""What the agents can do to the scratch copy, traced as tools."""

from collections.abc import Sequence
from typing import Any

from analytics import record
from selfheal.patches import Patch, apply
from selfheal.suite import Failure, Report, run_suite
from selfheal.workspace import Workspace

SHOWN_FAILURES = 8


def shown(failure: Failure) -> dict[str, object]:
    """A failure as it stands in a trace."""
    return {
        "test_id": failure.test_id,
        "bug_id": failure.bug_id,
        "error_type": failure.error_type,
        "message": failure.message,
    }


def counts(report: Report) -> dict[str, Any]:
    """A report as it stands in a trace: counts and the first failures."""
    failures = sorted(report.failures, key=lambda each: each.test_id)
    return {
        "passed": not failures,
        "tests_total": report.total,
        "tests_passed": len(report.passed),
        "tests_failed": len(failures),
        "failures": [shown(each) for each in failures[:SHOWN_FAILURES]],
    }


class Tools:
    """The tools of one run."""

    def __init__(self, workspace: Workspace) -> None:
        """Work on this copy."""
        self.workspace = workspace

    @record.step(op="tool.run_tests", shown_output=counts)
    def run_tests(
        self, seed: int | None = None, only: Sequence[str] | None = None, coverage: bool = False
    ) -> Report:
        """Run the shop's tests."""
        return run_suite(self.workspace, seed, only, coverage)

    @record.step(op="tool.read_file", shown_output=lambda text: {"lines": text.count("\n")})
    def read_file(self, file: str) -> str:
        """The text of a file."""
        return self.workspace.read(file)

    @record.step(
        op="tool.apply_patch",
        shown_inputs=lambda inputs: {
            "patch_id": inputs["patch"].patch_id,
            "file": inputs["patch"].file,
            "anywhere": inputs["anywhere"],
        },
    )
    def apply_patch(self, patch: Patch, anywhere: bool) -> dict[str, object]:
        """Change a file.

        Raises:
            StalePatch: The file changed since the patch was made, and ``anywhere`` is not set.
            PatchDoesNotFit: ``anywhere`` is set, and the changed lines are not there once.
        """
        text = apply(self.workspace.read(patch.file), patch, anywhere)
        self.workspace.write(patch.file, text)
        return {"applied": True, "file": patch.file}
