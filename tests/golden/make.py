"""Writes the golden traces: python -m tests.golden.make. One function per state; its docstring is told
in README.md.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.traces import LLM, Raw, Trace

FOLDER = Path(__file__).parent
State = Callable[[], list[Raw]]

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


def fixed_at_first_try() -> list[Raw]:
    """One bug, found, patched once, verified and accepted."""
    trace, root = start("fixed_at_first_try", 40, {"success": True})
    failing(trace, root, 5, "b1")
    work(trace, root, 25, "b1", True)
    trace.call(ACCEPT, 30, 35, parent=root, output={"passed": True})
    return trace.lines()


def fixed_at_second_attempt() -> list[Raw]:
    """The first patch did not hold, the second did."""
    trace, root = start("fixed_at_second_attempt", 60, {"success": True, "iterations": 2})
    failing(trace, root, 5, "b1")
    work(trace, root, 25, "b1", False)
    work(trace, root, 45, "b1", True)
    return trace.lines()


def given_up() -> list[Raw]:
    """Two patches, neither held, and the run says so itself: the bug stays open for its whole run."""
    trace, root = start("given_up", 100, {"success": False})
    failing(trace, root, 5, "b1")
    work(trace, root, 25, "b1", False)
    work(trace, root, 45, "b1", False)
    return trace.lines()


def claim_refuted() -> list[Raw]:
    """The agent and its own verification say fixed; the acceptance says no."""
    trace, root = start("claim_refuted", 40, {"success": True})
    failing(trace, root, 5, "b1")
    work(trace, root, 25, "b1", True)
    trace.call(ACCEPT, 30, 35, parent=root, output={"passed": False})
    return trace.lines()


def claim_unchecked() -> list[Raw]:
    """A run that only claims: the claim is the outcome, and it counts as no checked claim."""
    trace, _ = start("claim_unchecked", 10, {"status": "fixed", "bugs_found": 3, "bugs_fixed": 3})
    return trace.lines()


def last_test_fails() -> list[Raw]:
    """The named bug is fixed, then a test fails on something without a name: the run has failed."""
    trace, root = start("last_test_fails", 40, {"success": True})
    failing(trace, root, 5, "b1")
    work(trace, root, 25, "b1", True)
    failing(trace, root, 35)
    return trace.lines()


def error_recovered() -> list[Raw]:
    """A patch raised, the next one came and held: the run has passed, and one patch was made."""
    trace, root = start("error_recovered", 40, {"success": True})
    failing(trace, root, 5, "b1")
    trace.call(PATCH, 6, 8, parent=root, inputs={"bug_id": "b1"}, error="ValueError")
    work(trace, root, 25, "b1", True)
    return trace.lines()


def run_raised() -> list[Raw]:
    """The run ended by an exception of the agent's own making."""
    trace, root = start("run_raised", 20, error="KeyError")
    failing(trace, root, 5, "b1")
    return trace.lines()


def infra_error() -> list[Raw]:
    """The run ended because the model could not be reached: failed, but the bracket excuses it."""
    return start("infra_error", 20, error="APIConnectionError")[0].lines()


def timed_out() -> list[Raw]:
    """The run ended by a time-out."""
    return start("timed_out", 20, error="ReadTimeout")[0].lines()


def running() -> list[Raw]:
    """A run without an end that gave a sign of life ten minutes ago."""
    trace, root = start("running")
    failing(trace, root, 6600, "b1")
    return trace.lines()


def running_with_a_fix() -> list[Raw]:
    """A run in progress has fixed one of two bugs: neither counts in a rate before the run is over."""
    trace, root = start("running_with_a_fix")
    failing(trace, root, 6600, "b1", "b2")
    work(trace, root, 6620, "b1", True)
    return trace.lines()


def abandoned() -> list[Raw]:
    """A run without an end that has been silent for two hours: it was killed."""
    trace, root = start("abandoned")
    failing(trace, root, 5, "b1")
    return trace.lines()


def crashed_orphans() -> list[Raw]:
    """Steps whose run never arrived, because only finished calls are sent: a run all the same."""
    trace = Trace("crashed_orphans")
    failing(trace, "never-arrived", 5, "b1")
    work(trace, "never-arrived", 25, "b1", True)
    return trace.lines()


def lost_step() -> list[Raw]:
    """A model was asked by a step that never arrived: its tokens belong to the only run."""
    trace, _ = start("lost_step", 40, {"success": True})
    trace.call(LLM, 3, 9, parent="never-arrived", tokens=(100, 10))
    return trace.lines()


def retried_task() -> list[Raw]:
    """One task in three attempts, of which the last passed."""
    lines = []
    for attempt in (1, 2, 3):
        trace = Trace(f"retried_task-{attempt}")
        trace.call(
            RUN, 100 * attempt, 100 * attempt + 10, output={"success": attempt == 3},
            attributes={"task": "retried_task", "attempt": attempt, "variant": "a"},
        )  # fmt: skip
        lines += trace.lines()
    return lines


def two_bugs() -> list[Raw]:
    """One test run brings up two bugs; one is fixed, the other given up."""
    trace, root = start("two_bugs", 100, {"success": False})
    failing(trace, root, 5, "b1", "b2")
    work(trace, root, 25, "b1", True)
    work(trace, root, 45, "b2", False, "BACKEND_ERROR")
    return trace.lines()


def bug_without_id() -> list[Raw]:
    """Nobody names the bug, and the test's failures carry empty names."""
    trace, root = start("bug_without_id", 40, {"success": True})
    output = {"passed": False, "failures": [{"bug_id": None}]}
    trace.call(TEST, 4, 5, parent=root, output=output)
    trace.call(DIAGNOSE, 6, 7, parent=root, output={"bug_type": "DATA_ERROR"})
    trace.call(PATCH, 8, 9, parent=root, output={"file": "shop/money.py"})
    trace.call(VERIFY, 10, 15, parent=root, output={"passed": True})
    return trace.lines()


def flaky() -> list[Raw]:
    """A test failed and passed again, and nobody patched anything: fixed, but by no patch."""
    trace, root = start("flaky", 40, {"success": True})
    failing(trace, root, 5, "b1")
    trace.call(TEST, 10, 15, parent=root, inputs={"bug_id": "b1"}, output={"passed": True})
    return trace.lines()


def never_failed() -> list[Raw]:
    """Diagnosed and patched without a failing test: the clock starts with the diagnosis, not before."""
    trace, root = start("never_failed", 40, {"success": True})
    trace.call(TEST, 2, 4, parent=root, inputs={"bug_id": "b1"}, output={"passed": True})
    work(trace, root, 25, "b1", True)
    return trace.lines()


def nothing_to_fix() -> list[Raw]:
    """All tests passed at once: the run has passed, and no bug came up."""
    trace, root = start("nothing_to_fix", 10, {"status": "nothing_to_fix"})
    passing(trace, root, 5)
    return trace.lines()


def no_tests() -> list[Raw]:
    """A run that ended and says nothing: its outcome is unknown."""
    return start("no_tests", 10, {"note": "done"})[0].lines()


def unended_output() -> list[Raw]:
    """An export without ended_at: the run is over, since it returned something; when, nobody knows."""
    return start("unended_output", None, {"success": True})[0].lines()


def rolled_up_tokens() -> list[Raw]:
    """A model asks a model, and every call above repeats the usage: it is counted once."""
    trace, root = start("rolled_up_tokens", 60, {"success": True})
    step = trace.call(PATCH, 5, 30, parent=root, output={"file": "shop/cart.py"})
    asked = trace.call(LLM, 6, 20, parent=step)
    trace.call(LLM, 7, 9, parent=asked, tokens=(100, 20), usd=0.5)
    trace.call(LLM, 10, 12, parent=asked, tokens=(200, 30), usd=0.25)
    trace.call(LLM, 40, 50, parent=root, tokens=(400, 50), usd=0.125)
    return trace.lines()


def unpriced() -> list[Raw]:
    """Tokens without a price: the cost is unknown, not nothing."""
    trace, root = start("unpriced", 20, {"success": True, "bugs_fixed": 1})
    trace.call(LLM, 5, 10, parent=root, tokens=(100, 10))
    return trace.lines()


def priced_fixes() -> list[Raw]:
    """Two runs with a price, one fixed a bug and one did not: both pay for the one fix."""
    lines: list[Raw] = []
    for number, (usd, fixed) in enumerate([(0.5, 1), (0.25, 0)]):
        trace = Trace(f"priced_fixes-{number}")
        root = trace.call(RUN, 0, 20, output={"success": fixed == 1, "bugs_fixed": fixed})
        trace.call(LLM, 5, 10, parent=root, tokens=(100, 10), usd=usd)
        lines += trace.lines()
    return lines


def getting_faster() -> list[Raw]:
    """Ten runs with one bug each: the older five took 40 seconds to fix it, the newer five 10."""
    lines: list[Raw] = []
    for number in range(10):
        trace = Trace(f"getting_faster-{number}")
        begin, takes = 100 * number, 40 if number < 5 else 10
        root = trace.call(RUN, begin, begin + 60, output={"success": True})
        failing(trace, root, begin + 5, "b1")
        work(trace, root, begin + 5 + takes, "b1", True)
        lines += trace.lines()
    return lines


def looked_up_and_deployed() -> list[Raw]:
    """The knowledge base knew one of two failures; the patched system answered after 1.5 s."""
    trace, root = start("looked_up_and_deployed", 40, {"success": True})
    for second, hit in ((2, True), (4, False)):
        trace.call("KnowledgeBase.lookup", second, second + 1, parent=root, output={"hit": hit})
    trace.call("Deployer.deploy", 6, 9, parent=root, output={"deployment_time_ms": 1500})
    return trace.lines()


def agent_within_itself() -> list[Raw]:
    """An agent's step within another step of the same agent: its time is counted once."""
    trace, root = start("agent_within_itself", 40, {"success": True})
    outer = trace.call(VERIFY, 5, 25, parent=root, output={"passed": True})
    trace.call("VerifierAgent.deploy", 10, 20, parent=outer, output={"deployment_time_s": 2})
    return trace.lines()


def weave_evaluation() -> list[Raw]:
    """Three examples of an evaluation; each is a run, and every scorer must say yes."""
    trace = Trace("weave_evaluation")
    root = trace.call("Evaluation.evaluate", 0, 50, output={"passed": {"true_count": 1}})
    scores = [
        {"match": {"correct": True, "latency": 0.5}, "style": True},
        {"match": {"correct": True, "latency": 0.5}, "style": False},
        {"latency": 0.5},
    ]
    for number, scored in enumerate(scores):
        example = {"id": f"example-{number}"}
        trace.call(
            "Evaluation.predict_and_score", 10 * number, 10 * number + 5, parent=root,
            inputs={"example": example, "model": "m:1"}, output={"scores": scored},
        )  # fmt: skip
    trace.call("Evaluation.summarize", 40, 45, parent=root, error="ValueError")
    return trace.lines()


def generic() -> list[Raw]:
    """Traces of a system that no preset knows: each root is a run, an error is a failure."""
    good = Trace("generic-good")
    root = good.call("pipeline", 0, 10, output={"success": True}, attributes={"task": "etl"})
    good.call("load", 1, 2, parent=root, error="ValueError")
    bad = Trace("generic-bad")
    bad.call("pipeline", 100, 110, error="ConnectionError", attributes={"task": "etl"})
    lost = Trace("generic-lost")
    lost.call("load", 200, 201, parent="never-arrived")
    return good.lines() + bad.lines() + lost.lines()


def camel_case() -> list[Raw]:
    """The same agents under their other names; ops of QAgent itself are known and are no runs."""
    trace = Trace("camel_case")
    root = trace.call(RUN, 0, 40, output={"success": True}, attributes={"task": "camel_case"})
    report = {"failureReport": {"id": "b1"}}
    trace.call("TesterAgent.runTest", 4, 5, parent=root, output={"passed": False, **report})
    trace.call(
        DIAGNOSE, 6, 8, parent=root, inputs=report,
        output={"failureType": "UI_BUG", "localization": {"file": "cart.ts", "startLine": 3}},
    )  # fmt: skip
    trace.call(
        "FixerAgent.generatePatch", 9, 12, parent=root, output={"patch": {"file": "cart.ts"}}
    )
    trace.call(VERIFY, 13, 20, parent=root, output={"success": True})
    lone = Trace("camel_case-metrics")
    lone.call("QAgent.logMetrics", 50, 51)
    return trace.lines() + lone.lines()


def clock_skew() -> list[Raw]:
    """Clocks disagree: the run ended before it began, and the bug was fixed before it was found."""
    trace, root = start("clock_skew", -5, {"success": True})
    failing(trace, root, 50, "b1")
    trace.call(VERIFY, 18, 20, parent=root, inputs={"bug_id": "b1"}, output={"passed": True})
    return trace.lines()


def nested_runs() -> list[Raw]:
    """A run within a run: each has its own steps, and the inner one keeps the outer one alive."""
    trace, outer = start("nested_runs")
    middle = trace.call("batch", 1, None, parent=outer)
    inner = trace.call(RUN, 6500, 6600, parent=middle, output={"success": True})
    failing(trace, inner, 6510, "b1")
    work(trace, inner, 6530, "b1", True)
    trace.call(LLM, 6540, 6550, parent=inner, tokens=(100, 10))
    trace.call(LLM, 20, 30, parent=outer, tokens=(7, 3))
    return trace.lines()


def run_below_a_root() -> list[Raw]:
    """A run below a root that is none: what the root does beside the run is not the run's."""
    trace = Trace("run_below_a_root")
    root = trace.call("ci.pipeline", 0, 100, error="ValueError")
    run = trace.call(RUN, 1, 20, parent=root, output={"success": True})
    trace.call(LLM, 2, 10, parent=run, tokens=(100, 10))
    trace.call(LLM, 30, 40, parent=root, tokens=(900, 90))
    return trace.lines()


def lost_run_below_a_root() -> list[Raw]:
    """The root arrived, the run below it never did: a run known from its steps."""
    trace = Trace("lost_run_below_a_root")
    trace.call("ci.pipeline", 0, 100)
    failing(trace, "never-arrived", 5, "b1")
    return trace.lines()


def parent_cycle() -> list[Raw]:
    """Two steps that are each other's parent: they belong to the only run, and nothing hangs."""
    trace, _ = start("parent_cycle", 20, {"success": True})
    trace.call("TriageAgent.think", 2, 4, parent="parent_cycle-02")
    trace.call("TriageAgent.plan", 6, 9, parent="parent_cycle-01")
    return trace.lines()


def several_roots() -> list[Raw]:
    """Two runs without a parent in one trace, as threads make them."""
    trace, first = start("several_roots", 20, {"success": True})
    second = trace.call(RUN, 5, 30, output={"success": False}, attributes={"task": "another"})
    trace.call(TEST, 6, 7, parent=first, output={"passed": True})
    trace.call(TEST, 8, 9, parent=second, output={"passed": False})
    return trace.lines()


def duplicates() -> list[Raw]:
    """The same run twice in one export, running and finished, whichever comes first: one run."""
    early, _ = start("duplicates")
    late, root = start("duplicates", 20, {"success": True})
    passing(late, root, 5)
    return late.lines() + early.lines()


STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        fixed_at_first_try, fixed_at_second_attempt, given_up, claim_refuted, claim_unchecked,
        last_test_fails, error_recovered, run_raised, infra_error, timed_out, running,
        running_with_a_fix, abandoned, crashed_orphans, lost_step, retried_task, two_bugs,
        bug_without_id, flaky, never_failed, nothing_to_fix, no_tests, unended_output,
        rolled_up_tokens, unpriced, priced_fixes, getting_faster, looked_up_and_deployed,
        agent_within_itself, weave_evaluation, generic, camel_case, clock_skew, nested_runs,
        run_below_a_root, lost_run_below_a_root, parent_cycle, several_roots, duplicates,
    )
}  # fmt: skip
"""Every state, by the name of its file."""


def calls(name: str) -> list[Raw]:
    """Return the calls of one state, filed under a project of its own."""
    project = f"golden/{name}"
    return [
        {**raw, "project_id": project, "op_name": raw["op_name"].replace("acme/shop", project)}
        for raw in STATES[name]()
    ]


def text(name: str) -> str:
    """Return the file of one state."""
    return "".join(json.dumps(raw) + "\n" for raw in calls(name))


def readme() -> str:
    """Return README.md."""
    told = [f"- `{name}.jsonl`: {state.__doc__}" for name, state in STATES.items()]
    return "\n".join([
        "# Golden traces",
        "",
        "Synthetic Weave traces, made by hand (`make.py`), one per state that a run can be in. Every",
        "call carries the attribute `synthetic`. What the metrics must say of each stands in",
        "`expected.py`, worked out with pencil and paper at 2026-03-02 12:00 UTC, two hours after",
        "second 0 of every trace; the oracle and the store must both agree.",
        "",
        "After a change of `make.py`: `python -m tests.golden.make`.",
        "",
        *told,
        "",
    ])  # fmt: skip


def main() -> None:
    """Write every file."""
    for name in STATES:
        (FOLDER / f"{name}.jsonl").write_text(text(name), "utf-8")
    (FOLDER / "README.md").write_text(readme(), "utf-8")


if __name__ == "__main__":
    main()
