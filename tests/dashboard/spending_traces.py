"""Writes traces of an invented team that spends, builds and debugs: what the page of costs must show."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.traces import LLM, Raw, Trace

DAY_S = 86_400.0
MODELS = ("claude-sonnet-4", "gpt-4o", "gpt-4o-mini", "homegrown-7b")
TOOLS = tuple(f"tool_{number:02}" for number in range(18))
JOBS = ("unit-tests", "lint", "build")
ERRORS = ("AssertionError", "ImportError", "Timeout")
PRICES = """
[budget]
per_day_usd = 0.4
per_run_usd = 0.3
"""


def _named(kind: str, name: str) -> Raw:
    return {"otel_span": {"attributes": {"gen_ai": {kind: {"name": name}}}}}


def _asked(chance: Random, model: str) -> Raw:
    """What a provider counts: Anthropic counts cache apart, OpenAI as a part of the prompt."""
    sent, received = chance.randrange(2_000, 9_000), chance.randrange(300, 2_000)
    if model.startswith("claude"):
        return {
            "input_tokens": sent,
            "output_tokens": received,
            "cache_read_input_tokens": chance.randrange(10_000, 60_000),
            "cache_creation_input_tokens": 4_000,
            "cache_creation": {"ephemeral_1h_input_tokens": 1_500},
        }
    return {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "prompt_tokens_details": {"cached_tokens": sent // 3},
        "completion_tokens_details": {"reasoning_tokens": received // 4},
    }


def _run(chance: Random, number: int, began: float) -> list[Raw]:
    """One run: it asks models, calls tools, waits for pipelines, debugs, and changes code."""
    made = Trace(f"spent-{number:04}")
    passed = chance.random() < 0.7
    facts = {
        "task": f"task-{number % 16:02}", "variant": ("v1", "v2")[number % 2], "passed": passed,
        "claimed": "pass", "files_created": 1, "files_modified": chance.randrange(1, 5),
        "lines_added": chance.randrange(5, 80), "lines_removed": chance.randrange(30), "commits": 2,
        "coverage": 0.6 + chance.random() / 4, "bugs_found": 2, "bugs_fixed": 2 * passed,
    }  # fmt: skip
    top = made.call(
        "record.run", began, began + 900, output=facts, attributes=_named("agent", "BuildBot")
    )
    clock = began + 5
    for agent in ("Coder", "Reviewer"):
        retries = {
            "attempts": 3,
            "failures": int(chance.random() < 0.3),
            "retries": chance.randrange(2),
        }
        part = made.call(
            "record.agent", clock, clock + 90, parent=top, output=retries,
            attributes=_named("agent", agent),
        )  # fmt: skip
        for _ in range(chance.randrange(1, 4)):
            model = chance.choice(MODELS)
            usd = round(chance.uniform(0.005, 0.05), 4) if chance.random() < 0.6 else None
            made.call(LLM, clock + 1, clock + 9, parent=part, tokens=(1, 1), usd=usd, model=model)
            made.calls[-1]["summary"]["usage"] = {model: _asked(chance, model)}
        for tool in chance.sample(TOOLS, 4):
            error = "ToolError" if chance.random() < 0.1 else None
            made.call(
                "record.tool", clock + 10, clock + 10 + chance.lognormvariate(0, 1), parent=part,
                error=error, attributes=_named("tool", tool),
            )  # fmt: skip
        clock += 100
    for retry in range(2):
        ended_well = chance.random() < 0.6
        queued, ran = chance.uniform(5, 60), chance.uniform(60, 300)
        facts = {
            "pipeline_id": f"{number}-{retry}", "retry": retry, "queue_s": queued, "execution_s": ran,
            "passed": ended_well,
        }  # fmt: skip
        if not ended_well:
            facts |= {"failed_jobs": [chance.choice(JOBS)], "error_type": chance.choice(ERRORS)}
            made.call(
                "record.debug", clock + 310, clock + 350, parent=top, attributes=_named("agent", "Coder"),
                output={"error_type": facts["error_type"], "attempts": 2, "passed": chance.random() < 0.8},
            )  # fmt: skip
        made.call("record.pipeline", clock, clock + queued + ran, parent=top, output=facts)
        clock += 360
    return made.calls


def team(days: int = 14, per_day: int = 4, *, seed: int = 5) -> Iterator[list[Raw]]:
    """Return the calls of each run, oldest first."""
    chance = Random(seed)
    for number in range(days * per_day):
        day, position = divmod(number, per_day)
        yield _run(chance, number, day * DAY_S + position * 3_600)


def outlier() -> list[Raw]:
    """Return a run of which one call costs more than everything else."""
    made = Trace("dear")
    top = made.call("record.run", 13 * DAY_S, 13 * DAY_S + 60, output={"task": "dear"})
    made.call(LLM, 13 * DAY_S + 1, 13 * DAY_S + 9, parent=top, tokens=(9, 9), usd=50.0)
    return made.calls


def hostile(texts: Sequence[str]) -> Iterator[list[Raw]]:
    """Return one run for each text, which stands wherever a name or a message can stand."""
    for number, text in enumerate(texts):
        made = Trace(f"hostile-{number}")
        begin = number * 60.0
        told = {"task": text, "variant": text, "passed": False}
        top = made.call(
            "record.run", begin, begin + 50, output=told, attributes=_named("agent", text)
        )
        made.call(LLM, begin, begin + 1, parent=top, tokens=(10, 10), usd=1.0 + number, model=text)
        made.call(LLM, begin, begin + 1, parent=top, tokens=(10, 10), model=f"unpriced {text}")
        made.call("record.tool", begin, begin + 1, parent=top, attributes=_named("tool", text))
        made.call("record.agent", begin, begin + 9, parent=top, attributes=_named("agent", text))
        failed = {"passed": False, "failed_jobs": [text], "error_type": text, "error_message": text,
                  "queue_s": 1.0, "execution_s": 2.0}  # fmt: skip
        made.call("record.pipeline", begin, begin + 3, parent=top, output=failed)
        made.call(
            "record.debug",
            begin,
            begin + 3,
            parent=top,
            output={"error_type": text, "passed": False},
        )
        yield made.calls


def write(path: Path, runs: Iterable[Iterable[Raw]]) -> Path:
    """Write runs as one file of Weave calls, one a line."""
    path.write_text("".join(json.dumps(call) + "\n" for run in runs for call in run))
    return path
