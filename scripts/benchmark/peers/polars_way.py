"""The polars way: the export's lines scanned lazily, the fields that are needed taken out, grouped.

Usage: python -m benchmark.peers.polars_way EXPORT
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmark.peers.subset import LLM_OP, RUN_OP

_READ = ("op_name", "parent_id", "started_at", "ended_at", "exception", "output", "summary")
_TIME = "%Y-%m-%dT%H:%M:%S%.fZ"


def main(export: str) -> dict[str, Any]:
    """Load an export and work the numbers out."""
    # By name: this runs in an environment of its own.
    pl: Any = import_module("polars")
    began = perf_counter()
    calls = _load(pl, export)
    loaded = perf_counter()
    seconds = pl.col("seconds")
    runs = calls.filter(pl.col("parent_id").is_null() & (pl.col("op") == RUN_OP))
    passed = pl.col("success").fill_null(value=False)
    asked = calls.filter(pl.col("op") == LLM_OP)
    tokens = (pl.col("input_tokens").sum(), pl.col("output_tokens").sum())
    total = runs.select(
        runs=pl.len(),
        passed=passed.sum(),
        pass_rate=passed.sum() / seconds.count(),
        run_mean_s=seconds.mean(),
        run_p95_s=seconds.quantile(0.95, "linear"),
    ).to_dicts()[0]
    by_op = calls.group_by("op").agg(
        pl.len(), pl.col("error").sum(), seconds.mean(), seconds.quantile(0.95, "linear").alias("p")
    )
    by_day = runs.group_by(pl.col("started").dt.strftime("%Y-%m-%d")).agg(pl.len(), passed.sum())
    found = {
        "calls": calls.height,
        **total,
        **asked.select(tokens).to_dicts()[0],
        "by_op": {op: own for op, *own in by_op.iter_rows()},
        "by_day": {day: own for day, *own in by_day.iter_rows()},
        "by_model": {
            model: own
            for model, *own in asked.group_by("model").agg(tokens).iter_rows()
            if model is not None
        },
    }
    return {
        "load_s": loaded - began,
        "metrics_s": perf_counter() - loaded,
        "subset": found,
        "version": pl.__version__,
    }


def _load(pl: Any, export: str) -> Any:  # noqa: ANN401 - polars has no types here
    """Return one row per call, with what is asked for alone."""
    lines = pl.scan_ndjson(sorted(Path(export).iterdir()), schema=dict.fromkeys(_READ, pl.String))
    counts = r'"usage": ?\{"([^"]+)": ?\{[^}]*"prompt_tokens": ?(\d+), ?"completion_tokens": ?(\d+)'
    usage = pl.col("summary").str.extract_groups(counts)
    started, ended = (
        pl.col(name).str.to_datetime(_TIME, time_unit="us") for name in ("started_at", "ended_at")
    )
    return lines.select(
        "parent_id",
        op=pl.col("op_name").str.extract(r"/op/(.*):[^:]*$"),
        started=started,
        seconds=(ended - started).dt.total_microseconds() / 1e6,
        error=pl.col("exception").is_not_null(),
        success=pl.when(pl.col("parent_id").is_null())
        .then(pl.col("output").str.extract(r'^\{"success": ?(true|false)'))
        .replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean),
        model=usage.struct[0],
        input_tokens=usage.struct[1].cast(pl.Int64),
        output_tokens=usage.struct[2].cast(pl.Int64),
    ).collect()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
