"""Writes traces of a small invented repair team, as Weave exports them: the states a page must show."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

Call = dict[str, Any]

BUGS = (
    ("cart-total", "BACKEND_ERROR", "Cart total ignores the voucher", "shop/cart.py", 41),
    ("login-button", "UI_BUG", "Sign-in button does nothing on small screens", "shop/static/shop.js", 88),
    ("stock-count", "DATA_ERROR", "Stock goes below zero when two orders meet", "shop/orders.py", 132),
    ("search-flaky", "TEST_FLAKY", "Search test depends on the order of results", "tests/test_search.py", 17),
    ("price-rounding", "DATA_ERROR", "Prices are rounded twice", "shop/money.py", 12),
)  # fmt: skip
"""Id (and task), type, title, file, line of each bug."""

HOSTILE = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror=window.pwned=1>",
    "</pre></details></style><svg onload=window.pwned=1>",
    "text/html:<img src=x onerror=window.pwned=1>",
    "javascript:window.pwned=1",
    "<marimo-button data-label='\"x\"'></marimo-button>",
    "' OR 1=1; DROP TABLE runs; --",
    "[x](javascript:window.pwned=1) ![y](http://evil.example/z.png)",
    '" onmouseover="window.pwned=1',
)
"""Texts that would do something if they were taken for more than text."""

DIFF = """--- a/shop/cart.py
+++ b/shop/cart.py
@@ -40,3 +40,3 @@
 def total(cart):
-    return sum(line.price for line in cart)
+    return sum(line.price for line in cart) - cart.voucher
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run to write: what it is about, and how it goes."""

    at: datetime
    bug: tuple[str, str | None, str, str, int] = BUGS[0]
    variant: str | None = "v1"
    model: str = "gpt-4o"
    attempts: int = 1
    fixed: bool = True
    step_s: float = 20.0
    """Seconds that each step takes."""
    stops_after: int | None = None
    """Steps after which nothing more was heard; None where the run ended."""
    error: str | None = None
    """Exception that ended the run."""


class _Writer:
    """Builds the calls of one run, one after the other in time."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._number = number
        self._ids = count()
        self._clock = run.at
        self.calls: list[Call] = []

    def step(
        self, op: str, inputs: object, output: object, *, parent: str | None, usage: bool = False
    ) -> str:
        began, self._clock = self._clock, self._clock + timedelta(seconds=self._run.step_s)
        return self._add(op, inputs, output, parent, began, self._clock, usage=usage)

    def root(self, output: object, *, ended: bool, error: str | None) -> None:
        task = self._run.bug[0]
        end = self._clock if ended else None
        inputs = {"task": task, "repo": "acme/shop"}
        call = self._build("Orchestrator.run", inputs, output, None, self._run.at, end)
        call["exception"] = error
        self.calls.insert(0, call)

    def _add(
        self, op: str, inputs: object, output: object, parent: str | None,
        began: datetime, ended: datetime, *, usage: bool,
    ) -> str:  # fmt: skip
        call = self._build(op, inputs, output, parent, began, ended)
        if usage:
            tokens = {"requests": 1, "prompt_tokens": 1200, "completion_tokens": 300}
            cost = {"prompt_tokens_total_cost": 0.003, "completion_tokens_total_cost": 0.003}
            call["summary"] = {
                "usage": {self._run.model: tokens},
                "weave": {"costs": {self._run.model: {**tokens, **cost}}},
            }
        self.calls.append(call)
        return call["id"]

    def _build(
        self, op: str, inputs: object, output: object, parent: str | None,
        began: datetime, ended: datetime | None,
    ) -> Call:  # fmt: skip
        attributes = {} if self._run.variant is None else {"variant": self._run.variant}
        return {
            "id": self.root_id if op == "Orchestrator.run" else f"{self.root_id}-{next(self._ids)}",
            "project_id": "acme/shop",
            "op_name": f"weave:///acme/shop/op/{op}:v0",
            "display_name": None,
            "trace_id": f"trace-{self._number:05}",
            "parent_id": parent,
            "thread_id": None,
            "started_at": began.isoformat() + "Z",
            "ended_at": ended and ended.isoformat() + "Z",
            "exception": None,
            "attributes": attributes,
            "inputs": inputs,
            "output": output if ended else None,
            "summary": {},
        }

    @property
    def root_id(self) -> str:
        return f"run-{self._number:05}"


def calls(run: Run, number: int) -> list[Call]:
    """Return the calls of one run, its own first."""
    bug_id, bug_type, title, file, line = run.bug
    writer = _Writer(run, number)
    top = writer.root_id
    failing = {"passed": False, "failures": [{"bug_id": bug_id, "message": f"{title}: 3 != 4"}]}
    found = {"bug_id": bug_id, "bug_type": bug_type, "title": title, "file": file, "line": line}
    patch = {"bug_id": bug_id, "file": file, "diff": DIFF, "lines_added": 1, "lines_removed": 1}
    writer.step("TesterAgent.run_test", {"suite": "shop"}, failing, parent=top)
    writer.step("TriageAgent.diagnose", {"failure": failing}, found, parent=top)
    for attempt in range(1, run.attempts + 1):
        passed = run.fixed and attempt == run.attempts
        fixer = writer.step("FixerAgent.generate_patch", found, patch, parent=top)
        writer.step("openai.chat.completions.create", {"model": run.model, "messages": []},
                    {"content": DIFF}, parent=fixer, usage=True)  # fmt: skip
        checked = {"bug_id": bug_id, "passed": passed}
        writer.step("VerifierAgent.verify", {"bug_id": bug_id}, checked, parent=top)
    output = {"success": run.fixed, "iterations": run.attempts}
    stopped = run.stops_after
    if stopped is not None:
        writer.calls = writer.calls[:stopped]
    writer.root(output, ended=stopped is None, error=run.error)
    return writer.calls


def history(days: int, *, until: datetime, per_day: int = 6, seed: int = 7) -> Iterator[Run]:
    """Return an invented team's runs: a second variant comes half-way, and is better and faster."""
    chance = Random(seed)
    for day in range(days):
        newer = day >= days // 2
        for position in range(per_day):
            at = until - timedelta(
                days=days - day, hours=-9 - position, minutes=-chance.randrange(50)
            )
            fixed = chance.random() < (0.85 if newer else 0.55)
            run = Run(
                at=at,
                bug=chance.choice(BUGS),
                variant="v2" if newer and position % 3 else "v1",
                model=chance.choice(("gpt-4o", "claude-sonnet-4")),
                attempts=1 if chance.random() < (0.7 if newer else 0.4) else chance.choice((2, 3)),
                fixed=fixed,
                step_s=chance.lognormvariate(2.4 if newer else 3.0, 0.5),
            )
            if chance.random() < 0.04:
                run = replace(run, stops_after=2, fixed=False)
            elif chance.random() < 0.05:
                run = replace(run, fixed=False, error="ConnectionError: the model did not answer")
            yield run


def write(path: Path, runs: Iterable[Run], *, first: int = 0) -> Path:
    """Write runs as one file of Weave calls, one a line."""
    return write_calls(path, (calls(run, number) for number, run in enumerate(runs, first)))


def write_calls(path: Path, runs: Iterable[Iterable[Call]]) -> Path:
    """Write the calls of runs as one file, one a line."""
    path.write_text("".join(json.dumps(call) + "\n" for run in runs for call in run))
    return path


def running(now: datetime, howmany: int = 3) -> Sequence[Run]:
    """Return runs that are under way at ``now``."""
    return [
        Run(at=now - timedelta(minutes=2), bug=BUGS[each], stops_after=2, fixed=False)
        for each in range(howmany)
    ]
