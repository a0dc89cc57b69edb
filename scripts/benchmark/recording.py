"""What recording costs the agent that is recorded, and how much of it can be written."""

from itertools import pairwise
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

_STEPS_AT_ONCE = 2_000
_EVENTS_A_STEP = 3
_INPUTS = {"pattern": "total" * 40, "path": "src/shop/cart.py"}
_OUTPUT = {"lines": 3, "text": "def total(cart):\n" * 20}


def record_steps(folder: Path, rounds: int) -> dict[str, Any]:
    """Record calls of a tool: each begins, tells its output and ends.

    Every round waits until all is on disk, so that nothing is dropped.

    Returns:
        Seconds that the caller spent on an event, events a second, and how often some were dropped.
    """
    from analytics import record

    spent: list[int] = []
    with record.run("benchmark", folder=folder) as run:
        record.flush()
        began = perf_counter()
        for _ in range(rounds):
            for _ in range(_STEPS_AT_ONCE):
                times = [perf_counter_ns()]
                block = run.tool("grep", inputs=_INPUTS)
                call = block.__enter__()
                times.append(perf_counter_ns())
                call.output(_OUTPUT)
                times.append(perf_counter_ns())
                block.__exit__(None, None, None)
                times.append(perf_counter_ns())
                spent += [after - before for before, after in pairwise(times)]
            record.flush(60)
        seconds = perf_counter() - began
    record.flush(60)
    lines = [line for file in folder.iterdir() for line in file.read_text("utf-8").splitlines()]
    ordered = sorted(spent)
    return {
        "median": ordered[len(ordered) // 2] / 1e9,
        "p99": ordered[len(ordered) * 99 // 100] / 1e9,
        "rate": rounds * _STEPS_AT_ONCE * _EVENTS_A_STEP / seconds,
        "dropped": sum('"dropped"' in line for line in lines),
    }
