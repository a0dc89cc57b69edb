"""One trace of any length: a single run that mends one bug after the other."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from benchmark import generate

SPANS = 32_000
"""Calls of the trace that is measured."""

_BETWEEN_PARTS = timedelta(seconds=70)
_RUN, _PART = "Orchestrator.run:", "Orchestrator.mend:"


def write(file: Path, count: int = SPANS) -> str:
    """Write one trace of exactly this many calls as JSONL and return the id of its run."""
    lines = one_trace(count)
    run_id = json.loads(first := next(lines))["id"]
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.write(first)
        out.writelines(lines)
    return run_id


def one_trace(count: int, *, seed: int = 5) -> Iterator[str]:
    """Yield the calls of one run; below it stand generated runs, one after the other, as its parts."""
    length = _BETWEEN_PARTS * (count / sum(generate.CALLS_PER_RUN) * 2)
    lines = generate.calls(count, seed=seed, end=generate.START + length)
    calls = list(map(json.loads, islice(lines, count - 1)))
    first = calls[0]
    run = first | {
        "id": f"{first['id'][:-4]}-run",
        "parent_id": None,
        "op_name": first["op_name"],
        "ended_at": max(call["ended_at"] or call["started_at"] for call in calls),
        "inputs": {"task": "a day of bugs"},
        "output": {"success": True},
        "exception": None,
        "summary": {},
    }
    known = {call["id"] for call in calls}
    for call in (run, *calls):
        part = call | {"trace_id": run["id"], "op_name": call["op_name"].replace(_RUN, _PART)}
        if call is run:
            part["op_name"] = call["op_name"]
        elif call["parent_id"] not in known:
            part["parent_id"] = run["id"]
        yield f"{json.dumps(part)}\n"
