"""What agents, tools and pipelines did in a run, one object per row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests.oracle import meaning
from tests.oracle.records import Call
from tests.oracle.rows import Run, seconds, told


@dataclass(kw_only=True, eq=False)
class Part:
    """One agent's part in one run."""

    run: Run
    agent: str
    steps: int
    failed: int | None
    retries: int | None
    seconds: float | None


@dataclass(kw_only=True, eq=False)
class ToolUse:
    """One tool as one agent used it in one run."""

    run: Run
    agent: str | None
    tool: str
    calls: int
    judged: int | None
    failed: int | None
    timed: int | None
    seconds: float | None
    durations: list[float]
    """Of the calls that were recorded one by one."""


@dataclass(kw_only=True, eq=False)
class Pipeline:
    """One CI pipeline of one run."""

    run: Run
    passed: bool | None
    seconds: float | None
    queue: float | None
    execution: float | None


@dataclass(kw_only=True, eq=False)
class Cycle:
    """One debugging cycle of one run."""

    run: Run
    resolved: bool | None
    seconds: float | None
    attempts: int | None


def total(values: Iterable[Any]) -> Any:
    """Return the sum of what is known, or None."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def below_agent(call: Call, by_id: dict[str, Call]) -> str | None:
    """Return the nearest agent at or above a call."""
    seen: set[str] = set()
    step: Call | None = call
    while step is not None and step.id not in seen:
        if name := meaning.agent(step):
            return name
        seen.add(step.id)
        step = by_id.get(step.parent or "")
    return None


def parts_of(run: Run) -> list[Part]:
    """Return the parts of the agents; the run itself is no agent's step."""
    steps = [c for c in run.steps if c is not run.own and meaning.kind(c) == "agent"]
    names = sorted({name for call in steps if (name := meaning.agent(call))})
    return [_part(run, name, [c for c in steps if meaning.agent(c) == name]) for name in names]


def _part(run: Run, name: str, steps: Sequence[Call]) -> Part:
    counts = [_attempts(call) for call in steps]
    failures = [_failures(call, count) for call, count in zip(steps, counts, strict=True)]
    busy = _busy(steps)
    summed = total(_of_sum(c, "total_s") for c in steps if seconds(c) is None)
    return Part(
        run=run,
        agent=name,
        steps=sum(counts),
        failed=None if None in failures else total(failures),
        retries=total(_of_sum(call, "retries") for call in steps),
        seconds=total([busy, summed]),
    )


def _of_sum(call: Call, name: str) -> Any:
    """Return a fact of an agent's record; steps with another role say nothing of attempts."""
    return told(call, name) if meaning.recognised(call)[1] == "agent" else None


def _attempts(call: Call) -> int:
    said = (_of_sum(call, "attempts"), _of_sum(call, "calls"))
    return next((count for count in said if count is not None), 1)


def _failures(call: Call, attempts: int) -> int | None:
    failed, worked = _of_sum(call, "failures"), _of_sum(call, "successes")
    if failed is None and attempts == 1:
        failed = int(call.status == "error" or _of_sum(call, "passed") is False)
    elif failed is None and worked is not None:
        failed = attempts - worked
    return failed if failed is not None and 0 <= failed <= attempts else None


def _busy(calls: Sequence[Call]) -> float | None:
    """Return the seconds in which at least one of the calls was under way, one by one."""
    spans = [(c.start, c.end) for c in calls if c.end is not None and c.end >= c.start]
    if not spans:
        return None
    edges = sorted({edge for span in spans for edge in span})
    covered = timedelta()
    for left, right in pairwise(edges):
        if any(start <= left and right <= end for start, end in spans):
            covered += right - left
    return covered / timedelta(microseconds=1) / 1e6


def tools_of(run: Run, by_id: dict[str, Call]) -> list[ToolUse]:
    """Return one row per tool and agent."""
    groups: dict[tuple[str, str | None], list[Call]] = {}
    for call in run.steps:
        if name := meaning.tool(call):
            groups.setdefault((name, below_agent(call, by_id)), []).append(call)
    return [_tool(run, agent, name, calls) for (name, agent), calls in groups.items()]


def _tool(run: Run, agent: str | None, name: str, calls: Sequence[Call]) -> ToolUse:
    single = [call for call in calls if told(call, "calls") is None]
    summed = [call for call in calls if told(call, "calls") is not None]
    ended = [call for call in single if call.status != "running"]
    failed = [call.status == "error" or told(call, "passed") is False for call in ended]
    durations = [took for call in single if (took := seconds(call)) is not None]
    judged = [(told(c, "calls"), f) for c in summed if (f := _failed_of_sum(c)) is not None]
    times = [(told(c, "calls"), s) for c in summed if (s := told(c, "total_s")) is not None]
    return ToolUse(
        run=run,
        agent=agent,
        tool=name,
        calls=len(single) + (total(told(call, "calls") for call in summed) or 0),
        judged=total([len(ended) or None, *(count for count, _ in judged)]),
        failed=total([sum(failed) if ended else None, *(count for _, count in judged)]),
        timed=total([len(durations) or None, *(count for count, _ in times)]),
        seconds=total([*durations, *(took for _, took in times)]),
        durations=durations,
    )


def _failed_of_sum(call: Call) -> int | None:
    calls, failed, worked = (told(call, name) for name in ("calls", "failures", "successes"))
    if failed is None and worked is not None:
        failed = calls - worked
    return failed if failed is not None and 0 <= failed <= calls else None


def pipelines_of(run: Run) -> list[Pipeline]:
    """Return the pipelines in the order in which they began; one that raised has failed."""
    return [
        Pipeline(
            run=run,
            passed=False
            if call.status == "error" and told(call, "passed") is None
            else told(call, "passed"),
            seconds=seconds(call),
            queue=told(call, "queue_s"),
            execution=told(call, "execution_s"),
        )
        for call in run.steps_of("pipeline")
    ]


def cycles_of(run: Run) -> list[Cycle]:
    """Return the debugging cycles."""
    return [
        Cycle(
            run=run,
            resolved=told(call, "passed"),
            seconds=seconds(call),
            attempts=told(call, "attempts"),
        )
        for call in run.steps_of("debug")
    ]
