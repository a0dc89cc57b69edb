"""Random but realistic traces: trees of calls as agents make them, with everything that goes wrong."""

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import records
from tests.records import USES
from tests.traces import LLM, Raw, Trace

BUGS = st.sampled_from([None, "b1", "b2"])
ERRORS = st.sampled_from([None, None, None, "KeyError", "APIConnectionError", "ReadTimeout"])
MAYBE = st.sampled_from([True, True, False, None])
LATE = 6500
"""A trace that begins here is 700 seconds old or less: within the stale limit, thus running."""

KINDS = {
    LLM: st.just({"kind": "llm"}),
    "think": st.sampled_from([None, {"kind": "agent"}, {"kind": "tool"}]),
}
"""Ops of which the source itself may say what they are."""

STEPS = (
    "TesterAgent.run_test", "TesterAgent.runTest", "TriageAgent.diagnose",
    "FixerAgent.generate_patch", "VerifierAgent.verify", "VerifierAgent.accept",
    "VerifierAgent.deploy", "KnowledgeBase.lookup", "tool.run_tests", "Orchestrator.run",
    "QAgent.logMetrics", "Evaluation.predict_and_score", "think", LLM, LLM,
)  # fmt: skip

ROOTS = ("Orchestrator.run",) * 4 + ("pipeline", "Evaluation.evaluate")
NAMES = st.sampled_from([None, "Fixer", "Tester"])

RECORDS = (
    "record.run", "record.agent", "record.agent", "record.tool", "record.tool", "record.llm", "record.llm",
    "record.test", "record.diagnose", "record.patch", "record.verify", "record.accept",
    "record.pipeline", "record.pipeline", "record.debug", "record.debug", "record.code",
    "record.lookup", "record.deploy", "record.score", "record.batch",
)  # fmt: skip
"""Steps of traces that are kept in our own words."""


def _without_nothing(**told: Any) -> Raw:
    return {key: value for key, value in told.items() if value is not None}


@st.composite
def _output(draw: st.DrawFn, op: str) -> Any:
    """Draw what an op returns, in the words of its system."""
    passed, bug = draw(MAYBE), draw(BUGS)
    match op.rpartition(".")[2]:
        case "run":
            claims = st.sampled_from(
                [{"success": passed}, {"status": "gave_up"}, {"note": 1}, None]
            )
            told = st.sampled_from([{}, {}, {"bugs_found": 2, "bugs_fixed": 1, "iterations": 3}])
            claim = draw(claims)
            return None if claim is None else {**claim, **draw(told)}
        case "run_test" | "runTest":
            failures = [{"bug_id": bug} for bug in draw(st.lists(BUGS, max_size=2))]
            return _without_nothing(passed=passed, tests_total=8, failures=failures)
        case "diagnose":
            return _without_nothing(bug_id=bug, bug_type=draw(st.sampled_from([None, "UI", "API"])))
        case "generate_patch":
            return _without_nothing(bug_id=bug, file="cart.py")
        case "verify" | "accept":
            return _without_nothing(bug_id=bug, passed=passed)
        case "deploy":
            return draw(
                st.sampled_from([{"deployment_time_ms": 1500}, {"deployment_time_s": 2}, {}])
            )
        case "lookup":
            return _without_nothing(hit=passed)
        case "predict_and_score":
            return {"scores": _without_nothing(a=passed, b=_without_nothing(c=draw(MAYBE), d=0.5))}
    if op.startswith("record."):
        return draw(records.output(op))
    return draw(st.sampled_from([None, 1, "done", {"passed": False}, [True]]))


@st.composite
def _trace(draw: st.DrawFn, name: str) -> list[Raw]:
    """Draw one trace: a root and up to nine calls below it, each below any earlier one."""
    trace = Trace(name)
    clock = draw(st.sampled_from([0, 0, LATE]))
    own = draw(st.booleans())
    roots = ("record.run", "record.run", "record.batch") if own else ROOTS
    steps = RECORDS if own else STEPS
    ids: list[str | None] = [None]
    for op in [draw(st.sampled_from(roots)), *draw(st.lists(st.sampled_from(steps), max_size=9))]:
        parent = draw(st.sampled_from(ids[1:3] * 4 + ids[1:] + [None])) if len(ids) > 1 else None
        lasts = draw(st.sampled_from([3, 7, 7, 20, 90, 0, -4, None]))
        error = draw(ERRORS) if lasts is not None else None
        known = st.sampled_from([None, "t1", "t2"])
        asks = op in (LLM, "record.llm") or draw(st.sampled_from([False] * 9 + [True]))
        model, used, usd = draw(USES) if asks and lasts is not None else (None, None, None)
        call = trace.call(
            op,
            clock,
            None if lasts is None else clock + lasts,
            parent=parent,
            inputs=_without_nothing(bug_id=draw(BUGS)) if draw(st.booleans()) else {},
            output=draw(_output(op)) if lasts is not None and error is None else None,
            error=error,
            attributes=_without_nothing(
                task=draw(known), variant=draw(known), weave=draw(KINDS.get(op, st.none()))
            ),
            model=model or "gpt-4o",
            used=used,
            usd=usd,
            agent=draw(NAMES) if own else None,
            tool=draw(NAMES) if op == "record.tool" else None,
        )
        ids.append(call)
        clock += draw(st.sampled_from([0, 1, 5, 30]))
    lines = trace.lines()
    if draw(st.booleans()):
        # A level of the tree that says nothing of what is below it.
        draw(st.sampled_from(lines))["summary"] = {"usage": {}, "weave": {}}
    return lines


@st.composite
def exports(draw: st.DrawFn) -> list[Raw]:
    """Draw an export: a few traces, of which calls are missing, come twice, or are turned around."""
    lines: list[Raw] = []
    for number in range(draw(st.integers(1, 4))):
        calls = draw(_trace(f"trace{number}"))
        if draw(st.sampled_from([False] * 4 + [True])):
            calls[0]["parent_id"] = draw(st.sampled_from(calls))["id"]
        lost = (
            draw(st.sets(st.integers(0, len(calls) - 1), max_size=2)) if draw(st.booleans()) else ()
        )
        lines += [call for position, call in enumerate(calls) if position not in lost]
    for position in draw(st.sets(st.integers(0, max(len(lines) - 1, 0)), max_size=3)):
        if position < len(lines):
            lines.append(draw(st.sampled_from([lines[position], as_running(lines[position])])))
    return lines


def as_running(call: Raw) -> Raw:
    """Return a call as it was exported before it ended."""
    early = deepcopy(call)
    early.update(ended_at=None, output=None, exception=None, summary={"weave": {}})
    return early


def collection(count: int) -> list[Raw]:
    """Draw many exports at once, each filed under a project of its own: export/0, export/1 ..."""
    drawn: list[list[Raw]] = []

    large = [HealthCheck.too_slow, HealthCheck.data_too_large]

    @settings(
        max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=large
    )
    @given(exports())
    def draw(lines: list[Raw]) -> None:
        drawn.append(lines)

    draw()
    return [line for number, lines in enumerate(drawn) for line in _filed(lines, number)]


def _filed(lines: list[Raw], number: int) -> list[Raw]:
    ids = ("id", "trace_id", "parent_id")
    return [
        {
            **line,
            "project_id": f"export/{number}",
            **{key: line[key] and f"{number}-{line[key]}" for key in ids},
        }
        for line in lines
    ]
