"""The numbers of ``subset`` by pandas, from one row per call: what a user of an export writes today."""

from importlib import import_module
from typing import Any

from benchmark.peers.subset import LLM_OP, RUN_OP, Subset

Frame = Any
"""A pandas frame; pandas is in the peers' environments only."""


def work_out(calls: Frame) -> Subset:
    """Return the numbers.

    Args:
        calls: columns parent_id, op, started, ended (times), error (bool), success (bool or None),
            model, input_tokens, output_tokens; one row per call.
    """
    pandas: Any = import_module("pandas")
    calls = calls.assign(seconds=(calls["ended"] - calls["started"]).dt.total_seconds())
    runs = calls[calls["parent_id"].isna() & (calls["op"] == RUN_OP)]
    passed = runs["success"].eq(True)
    asked = calls[calls["op"] == LLM_OP]
    by_op = calls.groupby("op").agg(
        calls=("op", "size"),
        errors=("error", "sum"),
        mean_s=("seconds", "mean"),
        p95_s=("seconds", lambda seconds: seconds.quantile(0.95)),
    )
    by_day = (
        pandas.DataFrame({"day": runs["started"].dt.strftime("%Y-%m-%d"), "passed": passed})
        .groupby("day")["passed"]
        .agg(["size", "sum"])
    )
    tokens = asked[["input_tokens", "output_tokens"]].fillna(0)
    by_model = tokens.groupby(asked["model"]).sum()
    return {
        "calls": len(calls),
        "runs": len(runs),
        "passed": int(passed.sum()),
        "pass_rate": float(passed.sum() / runs["ended"].notna().sum()),
        "run_mean_s": float(runs["seconds"].mean()),
        "run_p95_s": float(runs["seconds"].quantile(0.95)),
        "input_tokens": int(tokens["input_tokens"].sum()),
        "output_tokens": int(tokens["output_tokens"].sum()),
        "by_op": {
            op: [int(row.calls), int(row.errors), float(row.mean_s), float(row.p95_s)]
            for op, row in by_op.iterrows()
        },
        "by_day": {day: [int(row["size"]), int(row["sum"])] for day, row in by_day.iterrows()},
        "by_model": {
            model: [int(row.input_tokens), int(row.output_tokens)]
            for model, row in by_model.iterrows()
        },
    }
