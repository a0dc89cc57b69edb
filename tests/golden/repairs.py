"""Golden traces of agents at work: what a run and its bugs may come to."""

from tests.golden.steps import (
    ACCEPT,
    DIAGNOSE,
    PATCH,
    RUN,
    TEST,
    VERIFY,
    failing,
    passing,
    start,
    work,
)
from tests.traces import LLM, Raw, Trace


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
    """Tokens of a model without a price: the cost is unknown, not nothing."""
    trace, root = start("unpriced", 20, {"success": True, "bugs_fixed": 1})
    trace.call(LLM, 5, 10, parent=root, tokens=(100, 10), model="nobody-knows-1")
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
