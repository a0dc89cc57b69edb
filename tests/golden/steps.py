"""Steps of the agents that test, diagnose, patch and verify, for golden traces."""

from typing import Any

from tests.traces import Trace

RUN, TEST, DIAGNOSE = "Orchestrator.run", "TesterAgent.run_test", "TriageAgent.diagnose"
PATCH, VERIFY, ACCEPT = "FixerAgent.generate_patch", "VerifierAgent.verify", "VerifierAgent.accept"


def start(
    name: str, end: float | None = None, output: Any = None, error: str | None = None, **more: Any
) -> tuple[Trace, str]:
    """Begin a trace whose root is a run on a task of the same name."""
    trace = Trace(name)
    attributes = {"task": name, "attempt": 1, "variant": "a", **more}
    root = trace.call(RUN, 0, end, output=output, error=error, attributes=attributes)
    return trace, root


def failing(trace: Trace, root: str, at: float, *bugs: str) -> None:
    """Add a test run that took a second and failed on these bugs."""
    failures = [{"bug_id": bug} for bug in bugs]
    output = {
        "passed": False,
        "tests_total": 8,
        "tests_passed": 8 - len(bugs),
        "failures": failures,
    }
    trace.call(TEST, at - 1, at, parent=root, output=output)


def passing(trace: Trace, root: str, at: float) -> None:
    """Add a test run that took a second and passed."""
    output = {"passed": True, "tests_total": 8, "tests_passed": 8, "failures": []}
    trace.call(TEST, at - 1, at, parent=root, output=output)


def work(trace: Trace, root: str, at: float, bug: str, passed: bool, kind: str = "UI_BUG") -> None:
    """Add a round of ten seconds: diagnose, patch and verify, which ends at ``at``."""
    about = {"bug_id": bug}
    trace.call(
        DIAGNOSE, at - 10, at - 8, parent=root, inputs=about, output={**about, "bug_type": kind}
    )
    trace.call(
        PATCH, at - 8, at - 3, parent=root, inputs=about,
        output={**about, "file": "shop/cart.py", "lines_added": 2, "lines_removed": 1},
    )  # fmt: skip
    trace.call(VERIFY, at - 2, at, parent=root, inputs=about, output={**about, "passed": passed})
