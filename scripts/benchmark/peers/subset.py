"""The numbers that every peer works out, and how they are held against ours. Standard library only.

All are of the calls as they are exported. A run is a call of RUN_OP without a parent.
"""

from math import isclose
from typing import Any

RUN_OP = "Orchestrator.run"
LLM_OP = "openai.chat.completions.create"

NUMBERS = {
    "calls": "calls",
    "runs": "runs whose own call is there",
    "passed": "runs that say success",
    "pass_rate": "of the runs that ended",
    "run_mean_s": "mean seconds of the runs that ended",
    "run_p95_s": "95th percentile of the same, exact",
    "input_tokens": "tokens sent, over the calls of the model",
    "output_tokens": "tokens received, over the calls of the model",
    "by_op": "per op: calls, errors, mean and 95th percentile of seconds",
    "by_day": "per day that runs began: runs, runs that say success",
    "by_model": "per model: tokens sent and received, over its calls",
}
"""Name -> what it is."""

Subset = dict[str, Any]

_CLOSE = 1e-6


def differences(ours: Subset, theirs: Subset) -> list[str]:
    """Return the numbers that are not the same, each with both values; none where all agree."""
    return [
        f"{name}: {ours.get(name)!r} by us, {theirs.get(name)!r} by it"
        for name in NUMBERS
        if not _same(ours.get(name), theirs.get(name))
    ]


def op_of(op_name: str) -> str:
    """Return the name of an op from Weave's address of it."""
    return op_name.rpartition("/op/")[2].rpartition(":")[0]


def _same(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return one == other
