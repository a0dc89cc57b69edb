"""Calls on which two engines could differ: every golden state, the bundled traces, random ones, odd ones."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from analytics.semantics import BUNDLED, Preset, load, parse
from tests.clickhouse.weave_tables import unpriced
from tests.generated import collection
from tests.golden.make import STATES
from tests.golden.make import calls as golden
from tests.traces import LLM, Raw, Trace

PROJECT = "UHJvamVjdEludGVybmFsSWQ6NDE="
"""As Weave's tables name a project."""

RANDOM_EXPORTS = 25
DEMO_CALLS = 2500
"""So many of the bundled ones, for time's sake: they are alike."""
DEMO = Path(__file__).parents[2] / "data" / "demo" / "selfheal.jsonl.gz"

OWN = r"""
title = "Of one's own"
[roles]
run = ["own.run"]
patch = ["own.patch"]
[[field]]
name = "task"
roles = ["run"]
paths = ["inputs.a key.it's[1].{p:String}", "inputs.tasks[0]"]
[[field]]
name = "passed"
roles = ["run"]
paths = ["output.checks[*].ok", "output.by.*.ok"]
combine = "all"
[[field]]
name = "claimed"
roles = ["run"]
paths = ["output.said"]
values = { pass = ["it's done"], fail = ["no"] }
[[field]]
name = "coverage"
roles = ["run"]
paths = ["output.coverage"]
unit = "percent"
[[field]]
name = "deployment_time_s"
roles = ["run"]
paths = ["output.took_ms", "output.first[*].ms"]
unit = "ms"
"""

GIT = (
    "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-- old\n+++ new\n line\n"
    "diff --git a/b.py b/b.py\nnew file mode 100644\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1,2 @@\n+1\n+2\n"
    "diff --git a/c.py b/c.py\ndeleted file mode 100644\n--- a/c.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-3\n"
    "-- \n2.43.0\n"
)
PLAIN = (
    "--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-x\r\n+y\r\n+z\r\n"
    "--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+n\n"
)
ODD = (
    "'; DROP TABLE calls_merged; --", "{p0:String}", "tab\tand\nline", "back\\slash\\n", "ünï 🦊 \u2028",
    "key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD", "", " ", "null", "1.50",
)  # fmt: skip
USES: tuple[Raw, ...] = (
    {
        "input_tokens": 100,
        "output_tokens": 10,
        "cache_read_input_tokens": 900,
        "cache_creation_input_tokens": 50,
    },
    {"input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 60, "total_tokens": 110},
    {
        "prompt_tokens": 80,
        "completion_tokens": None,
        "prompt_tokens_details": {"cached_tokens": 20},
    },
    {
        "input_tokens": 7,
        "output_tokens": 3,
        "input_tokens_details": None,
        "output_tokens_details": {"reasoning_tokens": 2},
    },
    {
        "input_tokens": 5,
        "cache_creation_input_tokens": 4,
        "cache_creation": {"ephemeral_1h_input_tokens": 4},
    },
    {
        "input_tokens": 50,
        "output_tokens": 1,
        "cache_creation_input_tokens": 4,
        "cache_creation": {"ephemeral_1h_input_tokens": 9},
    },
    {
        "input_tokens": 9,
        "cache_creation_input_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 2},
    },
    {"requests": 1},
    {"prompt_tokens": 9_000_000_000_000_000_000, "completion_tokens": 9_000_000_000_000_000_000},
)


def presets() -> list[Preset]:
    """The bundled presets, and before them one of somebody's own."""
    return [parse("own", OWN), *map(load, BUNDLED)]


def calls() -> list[Raw]:
    """Return every call, once, as Weave keeps it: without the costs that it puts in when asked."""
    lines = [call for state in STATES for call in golden(state)]
    with gzip.open(DEMO, "rt", encoding="utf-8") as file:
        lines += [json.loads(line) for line in islice(file, DEMO_CALLS)]
    for call in collection(RANDOM_EXPORTS):
        # The version of an op tells the exports apart.
        lines.append({**call, "op_name": f"{call['op_name'][:-2]}{call['project_id']}"})
    for trace in _odd():
        lines += trace.lines()
    fullest: dict[str, Raw] = {}
    for call in lines:
        known = fullest.get(call["id"])
        if known is None or known["ended_at"] is None:
            fullest[call["id"]] = {**unpriced(call), "project_id": PROJECT}
    return list(fullest.values())


def _odd() -> Iterator[Trace]:
    for number, text in enumerate(ODD):
        yield _repair(f"odd-{number}", task=text, bug=text, diff=text)
    yield _repair("git", task="git", bug="b", diff=GIT)
    yield _repair("plain", task="plain", bug="b", diff=PLAIN)
    spent = Trace("spent")
    run = spent.call("Orchestrator.run", 0, 50, output={"success": "TRUE", "iterations": "12.6"})
    for number, used in enumerate(USES):
        spent.call(LLM, number, number + 1, parent=run, used=used, model="claude-3-5-sonnet-latest")
    spent.call(LLM, 30, 31, parent=run, tokens=(7, 3))
    two = {"claude-3-5-haiku-latest": {"input_tokens": 2}, "gpt-4o": {"prompt_tokens": 5}}
    spent.calls[-1]["summary"] = {"usage": two, "weave": {"costs": {}}}
    spent.call(LLM, 32, 33, parent=run, used={"input_tokens": 70}, model="usage")
    yield spent
    yield from _numbers()
    circle = Trace("circle")
    for number in range(3):
        circle.call("FixerAgent.generate_patch", number, 9, tokens=(10, 1))
        circle.calls[number]["parent_id"] = f"circle-{(number + 1) % 3:02}"
    yield circle
    runs = Trace("runs-in-a-circle")
    for number in range(2):
        runs.call("Orchestrator.run", number, 9, output={"success": True})
        runs.calls[number]["parent_id"] = f"runs-in-a-circle-{1 - number:02}"
    yield runs
    deep, above = Trace("deep"), None
    for number in range(70):
        above = deep.call("think" if number else "Orchestrator.run", number, 100, parent=above)
    deep.call(LLM, 80, 81, parent=above, tokens=(5, 5))
    yield deep
    yield from _own()
    yield from _rivals()


def _repair(name: str, *, task: str, bug: str, diff: str) -> Trace:
    trace = Trace(name)
    run = trace.call(
        "Orchestrator.run", 0, 60, attributes={"task": task, "variant": task}, output={}
    )
    trace.call(
        "TesterAgent.run_test",
        1,
        4,
        parent=run,
        output={"failures": [{"bug_id": bug}, {}], "passed": False},
    )
    patch = {"bug_id": bug, "diff": diff, "lines_added": "2.5", "lines_removed": "x"}
    trace.call("FixerAgent.generate_patch", 5, 9, parent=run, output=patch)
    trace.call("VerifierAgent.verify", 10, 20, parent=run, output={"bug_id": bug, "passed": "yes"})
    return trace


def _numbers() -> Iterator[Trace]:
    """Counts and times as texts, as fractions, as something else; outputs that are no objects."""
    told: tuple[Any, ...] = (
        {
            "success": 1,
            "iterations": "-2.5",
            "bugs_found": 1e3,
            "bugs_fixed": True,
            "deployment_time_ms": "soon",
        },
        {
            "success": "Fixed",
            "iterations": 10**25,
            "tests_total": 3.0,
            "tests_passed": "",
            "deployment_time_ms": "7",
        },
        {"status": "COMPLETED", "iterations": None, "bugs_found": {"n": 1}, "tests_total": [4]},
        ["success"],
        "success",
        0,
        "",
        {"output": {"success": True}},
    )
    for number, output in enumerate(told):
        trace = Trace(f"numbers-{number}")
        trace.call("Orchestrator.run", 0, 5, output=output)
        yield trace


def _own() -> Iterator[Trace]:
    outputs: tuple[Raw, ...] = (
        {
            "checks": [{"ok": True}, {"ok": None}, {}],
            "by": {"x": {"ok": True}},
            "coverage": 81.5,
            "took_ms": "3",
        },
        {
            "checks": [{"ok": True}, {"ok": False}],
            "said": "IT'S DONE",
            "first": [{}, {"ms": 4}, {"ms": 9}],
        },
        {"checks": [], "by": {"x": {"ok": "no"}, "y": 2}, "said": "no", "coverage": "unknown"},
    )
    for number, output in enumerate(outputs):
        trace = Trace(f"own-{number}")
        inputs = (
            {"a key": {"it's": [0, {"{p:String}": f"t{number}"}]}} if number else {"tasks": ["t"]}
        )
        trace.call(
            "own.run", 0, 5, inputs=inputs, output=output, agent="Somebody", provider="openai"
        )
        yield trace


def _rivals() -> Iterator[Trace]:
    """Things that are said in several places, of which one has the say."""
    trace = Trace("rivals")
    root = trace.call("pipeline", 0, 90)
    run = trace.call("Orchestrator.run", 1, 80, parent=root, attributes={"model": "configured"})
    trace.call(LLM, 2, 3, parent=run, tokens=(4, 2), model="gpt-4o-mini")
    trace.call(
        "VerifierAgent.accept",
        5,
        6,
        parent=run,
        output={"passed": True, "tests_total": 9, "tests_passed": 9},
    )
    trace.call(
        "TesterAgent.run_test",
        7,
        8,
        parent=run,
        output={"passed": True, "tests_total": 5, "tests_passed": 1},
    )
    trace.call(
        "think", 9, 70, parent="never-came", tokens=(3, 1), attributes={"weave": {"kind": "agent"}}
    )
    yield trace
    turned = Trace("turned")
    run = turned.call("Orchestrator.run", 0, 90, output={"success": True})
    turned.call("FixerAgent.generate_patch", 1, 2, parent=run, output={"file": "a.py"})
    turned.call(
        "TesterAgent.run_test",
        3,
        4,
        parent=run,
        output={"passed": False, "failures": [{"bug_id": "b"}]},
    )
    turned.call("VerifierAgent.verify", 5, 6, parent=run, output={"bug_id": "b", "passed": True})
    turned.call("VerifierAgent.verify", 7, 8, parent=run, output={"bug_id": "b", "passed": False})
    yield turned
    sums = Trace("sums")
    run = sums.call("record.run", 0, 90, output={"claimed": "fail"})
    for told in (
        {"calls": 2, "failures": 5},
        {"calls": 3, "total_s": -4},
        {"calls": 4, "successes": 1, "total_s": 8},
    ):
        sums.call("record.tool", 1, 2, parent=run, output=told, tool="bash")
    yield sums
    series = Trace("series")
    batch = series.call("record.batch", 0, 90, output={"batch": "s", "model": "of-the-series"})
    series.call("record.batch", 1, 90, output={"batch": "s"})
    for number in range(2):
        output = {"batch": "s", "claimed": "pass", **({"model": "own"} if number else {})}
        series.call("record.run", 2, 9, parent=batch, output=output)
    yield series
