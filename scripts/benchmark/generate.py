"""Makes Weave calls of any number: realistic in shape and text, the same for the same seed.

A run is what the reference agents leave: one orchestrator, rounds of test, diagnose, patch and verify,
tools and model calls below them, usage repeated in every ancestor as the SDK does. The text of inputs
and outputs is cut from Python's own standard library, so that it compresses as source code does.
"""

import inspect
import json
import random
import statistics
import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

PROJECT = "acme/bench"
_START = datetime(2026, 1, 1)
_PERIOD = timedelta(days=300)
_BUG_TYPES = ("UI_BUG", "BACKEND_ERROR", "DATA_ERROR", "TEST_FLAKY")
_MODELS = ("gpt-4o-2024-08-06", "claude-sonnet-4-5", "gemini-2.5-pro")
_VARIANTS = ("v1", "v2", "v3")
_DIGEST = "0mwLMwQ5yyBrLYMBBfXkuhXUlVkgZD1NncEFIrMOtg0"
_TEXT = inspect.getsource(statistics) + inspect.getsource(textwrap) + inspect.getsource(inspect)


def write(target: Path, count: int, *, seed: int = 0, per_file: int = 1_000_000) -> list[Path]:
    """Write at least ``count`` calls (whole runs) as JSONL files of at most about ``per_file``."""
    target.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    rest = calls(count, seed=seed)
    written = 0
    while written < count:
        file = target / f"calls-{len(files):02d}.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for in_file, line in enumerate(rest, start=1):
                out.write(line)
                if in_file >= min(per_file, count - written):
                    break
            else:
                in_file = count - written
        written += in_file
        files.append(file)
    return files


def calls(count: int, *, seed: int = 0, start: datetime = _START) -> Iterator[str]:
    """Yield lines of whole runs until there are at least ``count``, a run's calls in order of start."""
    chance = random.Random(seed)
    made, number = 0, 0
    while made < count:
        at = start + _PERIOD * (made / max(count, 1))
        lines = _Run(chance, number, at).lines()
        yield from lines
        made += len(lines)
        number += 1


class _Run:
    """One run being made: calls with their times, usage rolled up in the end."""

    def __init__(self, chance: random.Random, number: int, start: datetime) -> None:
        self._chance = chance
        self._number = number
        self._now = start + timedelta(microseconds=chance.randrange(10**6))
        self._calls: list[dict] = []
        self._trace = self._id()

    def lines(self) -> list[str]:
        chance = self._chance
        crashed = chance.random() < 0.03
        solved_in = chance.choices((1, 2, 3, 4), (55, 25, 12, 8))[0]
        solved = solved_in < 4
        bug = f"bug-{chance.randrange(400)}"
        root = self._open(None, "Orchestrator.run", {"task": bug, "prompt": self._text(600)})
        found = {"bug_id": bug, "message": self._text(300)}
        self._step(
            root, "TesterAgent.run_test", {"passed": False, "tests_total": 40, "failures": [found]}
        )
        for round_ in range(1, min(solved_in, 3) + 1):
            kind = _BUG_TYPES[hash_of(bug) % 4]
            diagnosed = {
                "bug_id": bug,
                "bug_type": kind,
                "title": self._text(60),
                "file": "shop/app.py",
            }
            self._step(root, "TriageAgent.diagnose", diagnosed, model_calls=1)
            patch = {"bug_id": bug, "diff": self._text(900), "lines_added": 3, "lines_removed": 2}
            self._step(root, "FixerAgent.generate_patch", patch, model_calls=2)
            passed = solved and round_ == solved_in
            self._step(root, "VerifierAgent.verify", {"bug_id": bug, "passed": passed})
        self._calls[0]["output"] = {
            "success": solved, "iterations": min(solved_in, 3), "bugs_found": 1,
            "bugs_fixed": int(solved), "patches_generated": min(solved_in, 3),
        }  # fmt: skip
        self._close(root)
        if crashed:
            self._calls[0].update(ended_at=None, output=None)
        self._roll_up()
        return [json.dumps(call) + "\n" for call in self._calls]

    def _step(self, root: dict, op: str, output: dict, model_calls: int = 0) -> None:
        step = self._open(root, op, {"bug_id": output.get("bug_id"), "context": self._text(700)})
        for _ in range(model_calls):
            self._model(step)
        tool = self._open(step, "tool.read_file", {"path": "shop/app.py"})
        tool["output"] = self._text(1200)
        self._close(tool)
        step["output"] = output
        self._close(step)

    def _model(self, parent: dict) -> None:
        model = _MODELS[self._number % 3]
        call = self._open(parent, "openai.chat.completions.create", {"messages": self._text(1500)})
        call["output"] = {"content": self._text(800)}
        sent, got = self._chance.randrange(500, 9000), self._chance.randrange(50, 900)
        call["summary"]["usage"] = {
            model: {"requests": 1, "prompt_tokens": sent, "completion_tokens": got,
                    "total_tokens": sent + got}
        }  # fmt: skip
        self._close(call)

    def _open(self, parent: dict | None, op: str, inputs: dict) -> dict:
        self._now += timedelta(milliseconds=self._chance.randrange(5, 900))
        call = {
            "id": self._id(),
            "project_id": PROJECT,
            "op_name": f"weave:///{PROJECT}/op/{op}:{_DIGEST}",
            "display_name": None,
            "trace_id": self._trace,
            "parent_id": parent["id"] if parent else None,
            "thread_id": None,
            "turn_id": None,
            "started_at": self._stamp(),
            "attributes": {
                "weave": {"client_version": "0.54.0", "source": "python-sdk", "kind": None},
                "task": inputs.get("task"), "variant": _VARIANTS[self._number % 3], "attempt": 1,
            },
            "inputs": inputs,
            "ended_at": None,
            "exception": None,
            "output": None,
            "summary": {"status_counts": {"success": 1, "error": 0}, "weave": {"status": "success"}},
            "wb_user_id": "bench",
            "wb_run_id": None,
            "deleted_at": None,
        }  # fmt: skip
        self._calls.append(call)
        return call

    def _close(self, call: dict) -> None:
        self._now += timedelta(milliseconds=self._chance.randrange(5, 4000))
        call["ended_at"] = self._stamp()

    def _roll_up(self) -> None:
        by_id = {call["id"]: call for call in self._calls}
        for call in self._calls:
            if call["op_name"].startswith(f"weave:///{PROJECT}/op/openai"):
                above = call["parent_id"]
                while above:
                    self._add(
                        by_id[above]["summary"].setdefault("usage", {}), call["summary"]["usage"]
                    )
                    above = by_id[above]["parent_id"]

    @staticmethod
    def _add(total: dict, usage: dict) -> None:
        for model, counts in usage.items():
            into = total.setdefault(model, dict.fromkeys(counts, 0))
            for name, value in counts.items():
                into[name] += value

    def _id(self) -> str:
        milli = int((self._now - datetime(1970, 1, 1)).total_seconds() * 1000)
        tail = f"{self._chance.getrandbits(76):019x}"
        return f"{milli >> 16:08x}-{milli & 0xFFFF:04x}-7{tail[:3]}-{tail[3:7]}-{tail[7:]}"

    def _stamp(self) -> str:
        return self._now.isoformat(timespec="microseconds") + "Z"

    def _text(self, about: int) -> str:
        length = self._chance.randrange(about // 2, about * 3 // 2)
        begin = self._chance.randrange(len(_TEXT) - length)
        return _TEXT[begin : begin + length]


def hash_of(text: str) -> int:
    """Return a small number that is the same in every process."""
    return sum(map(ord, text))
