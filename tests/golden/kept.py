"""Golden traces in our own words: tools, pipelines, debugging, code, batches, runs that only report."""

from typing import Any

from tests.traces import Raw, Trace

RUN, SYSTEM = "record.run", "AgenticSys"

DIFF = """\
diff --git a/shop/cart.py b/shop/cart.py
index 1111111..2222222 100644
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -1,4 +1,4 @@
 def total(cart):
--- sum of the prices
-    return 0
+++ sum of the prices
+    return sum(cart)

diff --git a/shop/tax.py b/shop/tax.py
new file mode 100644
--- /dev/null
+++ b/shop/tax.py
@@ -0,0 +1,2 @@
+RATE = 0.2
+NAME = "tax"
diff --git a/shop/old.py b/shop/old.py
deleted file mode 100644
--- a/shop/old.py
+++ /dev/null
@@ -1 +0,0 @@
-pass
"""
"""Changes a file (two lines for two, some like headers), makes one of two lines, deletes one of one."""


def begin(name: str, end: float | None = None, **told: Any) -> tuple[Trace, str]:
    """Begin a trace whose root is a run of our own that says these things of itself."""
    trace = Trace(name)
    output = told if end is not None else None
    root = trace.call(
        RUN, 0, end, output=output, agent=SYSTEM, attributes={"task": name, "variant": "a"}
    )
    return trace, root


def tools_used() -> list[Raw]:
    """Single calls of a tool (one raised, one never ended) and one record that stands for ten calls."""
    trace, root = begin("tools_used", 60, passed=True)
    coder = trace.call("record.agent", 1, 50, parent=root, agent="Coder", output={"passed": True})
    for second, lasts in ((2, 1), (4, 3)):
        trace.call(
            "record.tool",
            second,
            second + lasts,
            parent=coder,
            tool="read",
            output={"passed": True},
        )
    trace.call("record.tool", 10, 12, parent=coder, tool="read", error="OSError")
    trace.call("record.tool", 20, None, parent=coder, tool="read")
    trace.call(
        "record.tool", 30, None, parent=coder, tool="bash",
        output={"calls": 10, "failures": 2, "total_s": 20},
    )  # fmt: skip
    return trace.lines()


def pipeline_retried() -> list[Raw]:
    """The first pipeline failed, its retry passed, and of a third nobody knows."""
    trace, root = begin("pipeline_retried", 300, passed=True)
    trace.call(
        "record.pipeline", 10, 40, parent=root,
        output={
            "pipeline_id": "101", "retry": 0, "queue_s": 5, "execution_s": 20, "passed": False,
            "failed_jobs": ["lint", "test"], "error_type": "TestFailure", "commit_sha": "abc",
        },
    )  # fmt: skip
    trace.call(
        "record.pipeline", 50, 100, parent=root,
        output={"pipeline_id": "102", "retry": 1, "queue_s": 15, "execution_s": 30, "passed": True},
    )  # fmt: skip
    trace.call("record.pipeline", 200, None, parent=root, output={"pipeline_id": "103"})
    return trace.lines()


def first_pipeline_untold() -> list[Raw]:
    """Of the first pipeline nobody knows how it ended: that the second passed is no first time."""
    trace, root = begin("first_pipeline_untold", 100, passed=True)
    trace.call("record.pipeline", 10, 20, parent=root, output={"pipeline_id": "1"})
    trace.call("record.pipeline", 30, 40, parent=root, output={"passed": True})
    return trace.lines()


def debugged() -> list[Raw]:
    """One cycle resolved the error, one did not, one does not say: two are judged."""
    trace, root = begin("debugged", 200, passed=False)
    trace.call(
        "record.debug", 10, 40, parent=root, agent="Debugger",
        output={"error_type": "KeyError", "attempts": 2, "passed": True, "method": "patch"},
    )  # fmt: skip
    trace.call(
        "record.debug", 50, 60, parent=root, agent="Debugger",
        output={"error_type": "ImportError", "attempts": 3, "passed": False},
    )  # fmt: skip
    trace.call("record.debug", 70, 90, parent=root, agent="Debugger", output={"attempts": 1})
    return trace.lines()


def code_changed() -> list[Raw]:
    """A file changed, one made, one deleted: counted in the run's diff, not taken from what it says."""
    trace, root = begin("code_changed", 60, passed=True, diff=DIFF, lines_added=99, commits=2)
    trace.call("record.code", 10, 20, parent=root, output={"coverage": 0.5, "commits": 1})
    trace.call("record.code", 30, 40, parent=root, output={"coverage": 0.75})
    return trace.lines()


def patch_replaced() -> list[Raw]:
    """Of two patches for one bug the second held: the first is no code of the run."""
    trace, root = begin("patch_replaced", 60, claimed="pass")
    bug = {"bug_id": "b1"}
    trace.call("record.test", 1, 2, parent=root, output={"passed": False, "bug_ids": ["b1"]})
    trace.call("record.patch", 3, 4, parent=root, agent="Coder", output={**bug, "lines_added": 50})
    trace.call("record.verify", 5, 6, parent=root, output={**bug, "passed": False})
    trace.call("record.patch", 7, 8, parent=root, agent="Coder", output={**bug, "diff": DIFF})
    trace.call("record.verify", 9, 12, parent=root, output={**bug, "passed": True})
    return trace.lines()


def batch_stuck() -> list[Raw]:
    """A series of three runs, two of which stand at running for ever: they are abandoned, and so is it."""
    trace = Trace("batch_stuck")
    told = {"batch": "series-1", "mode": "nightly"}
    root = trace.call(
        "record.batch", 0, None, attributes={**told, "runs_total": 3, "runs_passed": 2}
    )
    for number, end in enumerate((50, None, None)):
        trace.call(
            RUN, 10 * number, end, parent=root, agent=SYSTEM,
            output=None if end is None else {"claimed": "pass", "passed": True},
            attributes={"batch": "series-1", "task": f"task-{number}"},
        )  # fmt: skip
    return trace.lines()


def agent_failed_run_passed() -> list[Raw]:
    """An agent failed three times of three, another once of four, and the run passed all the same."""
    trace, root = begin("agent_failed_run_passed", 100, passed=True, retries=9)
    for agent, failures, successes, seconds in (("Reviewer", 3, 0, 30), ("Coder", 1, 3, 50)):
        trace.call(
            "record.agent", 10, None, parent=root, agent=agent,
            output={
                "attempts": failures + successes, "failures": failures, "successes": successes,
                "retries": failures, "total_s": seconds,
            },
        )  # fmt: skip
    trace.call("record.agent", 20, None, parent=root, agent="Writer", output={"attempts": 2})
    return trace.lines()


def stated_otherwise() -> list[Raw]:
    """What a run says of itself is not what its steps add up to: the steps count, and each gap is told."""
    trace, root = begin(
        "stated_otherwise", 100, claimed="pass", bugs_found=3, bugs_fixed=3, patches=2,
        tests_total=10, tests_passed=10, tool_calls=7, pipeline_attempts=2, pipelines_passed=2,
        debugging_cycles=4, debugging_resolved=4,
    )  # fmt: skip
    bug = {"bug_id": "b1"}
    trace.call(
        "record.test", 1, 2, parent=root,
        output={"passed": False, "bug_ids": ["b1"], "tests_total": 8, "tests_passed": 6},
    )  # fmt: skip
    trace.call("record.patch", 3, 4, parent=root, output=bug)
    trace.call("record.verify", 5, 6, parent=root, output={**bug, "passed": False})
    trace.call("record.tool", 7, 8, parent=root, tool="read")
    trace.call("record.pipeline", 9, 10, parent=root, output={"passed": False})
    trace.call("record.debug", 11, 12, parent=root, output={"passed": False})
    trace.call("record.llm", 13, 14, parent=root, tokens=(1000, 100), usd=0.5)
    trace.calls[0]["summary"] = {
        "usage": {"gpt-4o": {"prompt_tokens": 5000, "completion_tokens": 500}},
        "weave": {"costs": {"gpt-4o": {
            "prompt_tokens_total_cost": 2.0, "completion_tokens_total_cost": 0.5,
        }}},
    }  # fmt: skip
    return trace.calls


def run_alone() -> list[Raw]:
    """A run without a single step: everything is as it reports."""
    return begin(
        "run_alone", 100, claimed="pass", error_kind="agent", iterations=2, turns=12, complexity=3.5,
        retries=4, errors=1, tool_calls=20, pipeline_attempts=3, pipelines_passed=1,
        pipelines_failed=2, debugging_cycles=4, debugging_resolved=3, first_time_right=False,
        files_created=1, files_modified=2, files_deleted=3, lines_added=40, lines_removed=5, commits=2,
        coverage=0.875, tests_total=8, tests_passed=6,
    )[0].lines()  # fmt: skip


def runs_inside_a_run() -> list[Raw]:
    """A run that repeats the tokens of the run within it: each is counted once, and nothing disagrees."""
    trace, outer = begin("runs_inside_a_run", 100, passed=True)
    inner = trace.call(RUN, 10, 60, parent=outer, agent="Inner", output={"passed": True})
    trace.call("record.llm", 20, 30, parent=inner, tokens=(1000, 100))
    trace.call("record.llm", 70, 80, parent=outer, tokens=(200, 20))
    return trace.lines()
