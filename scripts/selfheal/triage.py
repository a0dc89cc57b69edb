"""The agent that says what kind of bug it is and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics import record
from selfheal.locating import Suspicion, bug_type_of, clue_of, suspicion
from selfheal.suite import Failure, Report
from selfheal.tools import Tools

SEEDS_ALONE = (None, 11, 12)
"""A test that fails is run alone under each of these: the seed also decides the order of sets."""


@dataclass(frozen=True)
class Diagnosis:
    """What the triage found out about one bug."""

    bug_id: str
    test_id: str
    bug_type: str
    file: str
    line: int | None
    """None for a template or script, which is suspected as a whole."""
    title: str
    confidence: float
    clue: str
    suspicion: Suspicion


def shown(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis as it stands in a trace: without the score of every line."""
    return {name: value for name, value in vars(diagnosis).items() if name != "suspicion"}


class TriageAgent:
    """Classifies and locates failures."""

    def __init__(self, tools: Tools, report: Report) -> None:
        """Judge by this run of the whole suite."""
        self.tools = tools
        self.report = report

    @record.step(op="TriageAgent.diagnose", shown_output=shown)
    def diagnose(self, bug_id: str, test_id: str, tests: Sequence[str]) -> Diagnosis:
        """The kind and the place of the bug behind some failed tests.

        A test that passes on its own depends on order or on chance, so it is called flaky, and
        then the tests themselves are suspected too.
        """
        failure = next(each for each in self.report.failures if each.test_id == test_id)
        alone = any(self.passes_alone(test_id, seed) for seed in SEEDS_ALONE)
        workspace = self.tools.workspace
        texts = {each: workspace.read(each) for each in workspace.files()}
        places = suspicion(self.report, set(tests), texts, with_tests=alone)
        file, line = places.worst()
        lines = self.tools.read_file(file).splitlines()
        clue = clue_of(failure)
        here = lines[line - 1] if line else ""
        bug_type = bug_type_of(failure, clue, file, here, alone)
        return Diagnosis(
            bug_id,
            test_id,
            bug_type,
            file,
            line or None,
            title_of(failure),
            round(min(1.0, places.scores[file, line] / 2), 3),
            "TEST_FLAKY" if bug_type == "TEST_FLAKY" else clue,
            places,
        )

    def passes_alone(self, test_id: str, seed: int | None) -> bool:
        """Whether a test passes when no other runs before it."""
        return not self.tools.run_tests(seed=seed, only=[test_id], coverage=False).failures


def title_of(failure: Failure) -> str:
    """One line for people: what failed, and with what words."""
    said = failure.message or "no message"
    return f"{failure.error_type}: {said}"[:120]
