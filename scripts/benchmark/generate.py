"""Makes Weave calls of any number: realistic in shape and text, the same for the same seed.

A run is what the reference agents leave: one orchestrator, rounds of diagnose, patch and verify, tools
and model calls below them, usage and cost repeated in every ancestor as Weave does. The text is cut from
Python's own standard library, and what one step reads comes again in the next prompt, so that it
compresses as real exports do. The same seed gives the same calls in every process; another version of
Python brings other text, not other calls.
"""

import json
import sysconfig
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

PROJECT = "acme/bench"
START = datetime(2025, 1, 1)
END = datetime(2025, 10, 28)
"""Between these two the runs begin, whatever their number."""
LATEST = datetime(2025, 10, 29)
"""When everything is over, what is added later included."""

CALLS_PER_RUN = (20, 28)

_EPOCH = datetime(1970, 1, 1)
_STEPS = 3
"""Calls of every run: the orchestrator, the first test, and the tool that ran it."""
_STEPS_A_ROUND = 7
_STEPS_BEHIND = 2
"""Deploy and accept, where the bug was fixed."""

_SOLVED_IN = (0.55, 0.80, 0.92)
"""Share of the runs that are solved within one, two, three rounds; the others give up."""
_CRASHED, _FAILED, _ORPHANED = 0.03, 0.07, 0.09
"""Ends of the shares of runs that were killed, that raised, and whose root never arrived."""
_BUSY = 0.06
"""Share of the model calls that fail and are made again."""
_READS_ON = 0.7
"""Share of the looks into a file after which the next one is into another."""

_BUG_TYPES = ("UI_BUG", "BACKEND_ERROR", "DATA_ERROR", "TEST_FLAKY")
_MODELS = (
    ("gpt-4o-2024-08-06", "openai", 2.5e-6, 1e-5),
    ("claude-sonnet-4-5", "anthropic", 3e-6, 1.5e-5),
    ("gemini-2.5-pro", "google", 1.25e-6, 1e-5),
)
"""Model, provider, US dollars for a token sent and for one received."""
_VARIANTS = ("v1", "v2", "v3")
_DIGEST = "0mwLMwQ5yyBrLYMBBfXkuhXUlVkgZD1NncEFIrMOtg0"
_PACKAGES = ("asyncio", "concurrent", "ctypes", "email", "encodings", "html", "http", "importlib",
             "json", "logging", "multiprocessing", "unittest", "urllib", "wsgiref", "xml")  # fmt: skip
_CLIENT = {
    "client_version": "0.54.0",
    "source": "python-sdk",
    "sys_version": "3.11.7 (main) [GCC 12.2.0]",
    "os_name": "Linux",
}
_RAISED = json.dumps({
    "type": "RateLimitError",
    "message": "too many requests, try again in 2 s",
    "traceback": [{"filename": "agents/model.py", "line_number": 41, "function_name": "ask",
                   "text": "return client.chat.completions.create(**asked)"}],
})  # fmt: skip
_LLM = "openai.chat.completions.create"
_SYSTEM = (
    "You mend bugs in a web shop. Change as little as you can, keep to the style of the code around "
    "it, and never change a test. Answer with a unified diff and nothing else."
)
_TOKENS = ("requests", "prompt_tokens", "completion_tokens", "total_tokens")
_PRICED = {"pricing_level": "default", "effective_date": "2025-01-01T00:00:00.000000+00:00"}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode

Call = dict[str, Any]


def write(target: Path, count: int, *, seed: int = 0, per_file: int = 1_000_000) -> list[Path]:
    """Write this many calls as JSONL files of at most ``per_file``; the last run may be cut off."""
    target.mkdir(parents=True, exist_ok=True)
    lines = calls(count, seed=seed)
    files: list[Path] = []
    for begin in range(0, count, per_file):
        file = target / f"calls-{len(files):02d}.jsonl"
        with file.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(islice(lines, min(per_file, count - begin)))
        files.append(file)
    return files


def calls(
    count: int, *, seed: int = 0, start: datetime = START, end: datetime = END
) -> Iterator[str]:
    """Yield the lines of whole runs until there are at least ``count``, in order of start.

    Args:
        count: how many.
        seed: what makes them others.
        start: when the first run begins.
        end: when the last one does, about.
    """
    chance = Random(seed)
    made, number = 0, 0
    while made < count:
        found = _Run(chance, number, start + (end - start) * (made / count)).finish()
        yield from (f"{_encode(call)}\n" for call in found)
        made += len(found)
        number += 1


def changed(lines: Iterable[str]) -> Iterator[str]:
    """Yield calls as they look when somebody has renamed them since."""
    for line in lines:
        call = json.loads(line)
        call["display_name"] = f"looked at: {call['display_name']}"
        yield f"{_encode(call)}\n"


@cache
def source_text() -> str:
    """Return the text that everything is cut from: several megabytes of the standard library."""
    library = Path(sysconfig.get_path("stdlib"))
    modules = sorted(library.glob("*.py"))
    for package in _PACKAGES:
        modules += sorted((library / package).rglob("*.py"))
    return "".join(module.read_text("utf-8", errors="replace") for module in modules)


class _Run:
    """One run being made, call by call; usage goes to the calls that are open above."""

    def __init__(self, chance: Random, number: int, start: datetime) -> None:
        self._random = chance.random
        self._bits = chance.getrandbits
        self._text = source_text()
        self._now_us = (start - _EPOCH) // timedelta(microseconds=1)
        self._calls: list[Call] = []
        self._open: list[Call] = []
        self._trace = self._id()
        self._model = _MODELS[number % len(_MODELS)]
        self._bug = f"bug-{self._below(400)}"
        self._file = self._cut(1300)
        self._attributes = {
            "weave": _CLIENT,
            "task": self._bug,
            "variant": _VARIANTS[number % len(_VARIANTS)],
            "attempt": 1 + int(self._random() < 0.2),
        }

    def finish(self) -> list[Call]:
        """Return the run's calls, those that arrived."""
        drawn, fate = self._random(), self._random()
        solved_in = sum(drawn >= share for share in _SOLVED_IN) + 1
        rounds = min(solved_in, len(_SOLVED_IN))
        solved = solved_in == rounds
        least = _STEPS + _STEPS_A_ROUND * rounds + _STEPS_BEHIND * solved
        fewest, most = CALLS_PER_RUN
        self._spare = max(fewest + self._below(most - fewest + 1) - least, 0)
        self._work(rounds, solved=solved)
        if fate < _CRASHED:
            self._update_last(ended_at=None, output=None)
        elif fate < _FAILED:
            self._update_last(exception=_RAISED, output=None)
        elif fate < _ORPHANED:
            return self._calls[1:]
        return self._calls

    def _work(self, rounds: int, *, solved: bool) -> None:
        bug = {"bug_id": self._bug}
        root = self._begin("Orchestrator.run", {"repo": "acme/shop", "prompt": self._cut(500)})
        self._check("TesterAgent.run_test", {}, passed=False)
        for left in range(rounds, 0, -1):
            self._call("KnowledgeBase.lookup", bug, {"hit": self._random() < 0.3})
            diagnose = self._begin("TriageAgent.diagnose", bug | {"log": self._cut(500)})
            self._ask("Name the cause of the failure.")
            kind = _BUG_TYPES[sum(map(ord, self._bug)) % len(_BUG_TYPES)]
            self._end(diagnose, bug | {"bug_type": kind, "title": self._cut(60), "file": "app.py"})
            patch = self._begin("FixerAgent.generate_patch", bug | {"file": "app.py"})
            self._look_around(self._spare // left)
            self._ask("Write the smallest patch that mends it.")
            diff = {"diff": self._cut(700), "file": "app.py", "lines_added": 3, "lines_removed": 2}
            self._end(patch, bug | diff)
            self._check("VerifierAgent.verify", bug, passed=solved and left == 1)
        if solved:
            self._call("Deployer.deploy", {}, {"deployment_time_s": 1 + self._below(90)})
            self._call("VerifierAgent.accept", {}, {"passed": self._random() < 0.95})
        told = {"success": solved, "iterations": rounds, "bugs_found": 1, "bugs_fixed": int(solved)}
        self._end(root, told | {"patches_generated": rounds})

    def _check(self, op: str, inputs: Call, *, passed: bool) -> None:
        """Run the tests."""
        failures = [] if passed else [{"bug_id": self._bug, "message": self._cut(300)}]
        counts = {"passed": passed, "tests_total": 40, "tests_passed": 40 - len(failures)}
        step = self._begin(op, inputs)
        self._call("tool.run_tests", {"path": "tests"}, {"log": self._cut(900)})
        self._end(step, counts | {"failures": failures})

    def _look_around(self, count: int) -> None:
        """Read files, in as many calls as are to be spent."""
        self._spare -= count
        for _ in range(count):
            self._call("tool.read_file", {"path": f"shop/{self._below(60)}.py"}, self._file)
            if self._random() < _READS_ON:
                self._file = self._cut(1300)

    def _ask(self, question: str) -> None:
        """Ask the model, twice where it is busy."""
        asked = {
            "model": self._model[0],
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": f"{question}\n{self._file}"},
            ],
        }
        if self._spare and self._random() < _BUSY:
            self._spare -= 1
            busy = self._begin(_LLM, asked)
            self._end(busy, None)
            busy["exception"] = _RAISED
        call = self._begin(_LLM, asked)
        self._spend(500 + self._below(8500), 50 + self._below(850))
        self._end(
            call, {"choices": [{"message": {"role": "assistant", "content": self._cut(800)}}]}
        )

    def _spend(self, sent: int, received: int) -> None:
        """Count tokens and their price in the open call and in every one above it."""
        model, provider, price_sent, price_received = self._model
        for call in self._open:
            summary = call["summary"]
            if "usage" not in summary:
                summary["usage"] = {model: dict.fromkeys(_TOKENS, 0)}
                summary["weave"]["costs"] = {model: {"provider_id": provider} | _PRICED}
            used = summary["usage"][model]
            for name, more in zip(_TOKENS, (1, sent, received, sent + received), strict=True):
                used[name] += more
            cost = summary["weave"]["costs"][model]
            cost["prompt_tokens_total_cost"] = used["prompt_tokens"] * price_sent
            cost["completion_tokens_total_cost"] = used["completion_tokens"] * price_received

    def _call(self, op: str, inputs: Call, output: object) -> None:
        self._end(self._begin(op, inputs), output)

    def _begin(self, op: str, inputs: Call) -> Call:
        self._now_us += 5_000 + self._below(900_000)
        call = {
            "id": self._id(),
            "project_id": PROJECT,
            "op_name": f"weave:///{PROJECT}/op/{op}:{_DIGEST}",
            "display_name": None,
            "trace_id": self._trace,
            "parent_id": self._open[-1]["id"] if self._open else None,
            "thread_id": None,
            "turn_id": None,
            "started_at": self._stamp(),
            "attributes": self._attributes,
            "inputs": inputs,
            "ended_at": None,
            "exception": None,
            "output": None,
            "summary": {
                "status_counts": {"success": 1, "error": 0},
                "weave": {"status": "success", "trace_name": op, "feedback": []},
            },
            "wb_user_id": "bench",
            "wb_run_id": None,
            "deleted_at": None,
        }
        self._calls.append(call)
        self._open.append(call)
        return call

    def _end(self, call: Call, output: object) -> None:
        self._now_us += 5_000 + self._below(4_000_000)
        call["ended_at"] = self._stamp()
        call["output"] = output
        self._open.pop()

    def _update_last(self, **fields: object) -> None:
        """Change the last call and all above it: what happens there happens to them."""
        by_id = {call["id"]: call for call in self._calls}
        call: Call | None = self._calls[-1]
        while call:
            call.update(fields)
            call = by_id.get(call["parent_id"])

    def _id(self) -> str:
        """Return an id that sorts by time, as Weave's do."""
        milli = self._now_us // 1000
        tail = f"{self._bits(76):019x}"
        return f"{milli >> 16:08x}-{milli & 0xFFFF:04x}-7{tail[:3]}-{tail[3:7]}-{tail[7:]}"

    def _stamp(self) -> str:
        return f"{(_EPOCH + timedelta(microseconds=self._now_us)).isoformat('T', 'microseconds')}Z"

    def _below(self, end: int) -> int:
        return int(self._random() * end)

    def _cut(self, about: int) -> str:
        """Return a piece of source code, half as long to half as long again."""
        length = about // 2 + self._below(about)
        begin = self._below(len(self._text) - length)
        return self._text[begin : begin + length]
