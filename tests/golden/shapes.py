"""Golden traces of other systems, and of trees of calls that are not as they should be."""

from tests.golden.steps import DIAGNOSE, RUN, TEST, VERIFY, failing, passing, start, work
from tests.traces import LLM, Raw, Trace


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
