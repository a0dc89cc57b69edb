"""The pandas way: read the export's lines, flatten them, group.

Usage: python -m benchmark.peers.pandas_way EXPORT
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmark.peers import frame
from benchmark.peers.subset import op_of


def main(export: str) -> dict[str, Any]:
    """Load an export and work the numbers out."""
    pandas: Any = import_module("pandas")
    began = perf_counter()
    records = []
    for file in sorted(Path(export).iterdir()):
        with file.open(encoding="utf-8") as lines:
            records += map(json.loads, lines)
    calls = pandas.json_normalize(records, max_level=1)
    loaded = perf_counter()
    usage = [next(iter(_usage(record).items()), (None, {})) for record in records]
    found = frame.work_out(
        pandas.DataFrame(
            {
                "parent_id": calls["parent_id"],
                "op": calls["op_name"].map(op_of),
                "started": pandas.to_datetime(calls["started_at"], format="ISO8601"),
                "ended": pandas.to_datetime(calls["ended_at"], format="ISO8601"),
                "error": calls["exception"].notna(),
                "success": calls["output.success"],
                "model": [model for model, _ in usage],
                "input_tokens": [used.get("prompt_tokens") for _, used in usage],
                "output_tokens": [used.get("completion_tokens") for _, used in usage],
            }
        )
    )
    return {
        "load_s": loaded - began,
        "metrics_s": perf_counter() - loaded,
        "subset": found,
        "version": pandas.__version__,
    }


def _usage(record: dict[str, Any]) -> dict[str, Any]:
    return (record["summary"] or {}).get("usage") or {}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
