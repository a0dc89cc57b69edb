"""Weave's own way: its SDK against Weave's server on loopback, its calls as a pandas frame.

Usage: python -m benchmark.peers.weave_sdk BASE_URL EXPORT

The calls are put there first, by the server's own address, which is not timed.
"""

import json
import sys
import urllib.request
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmark.peers import frame
from benchmark.peers.subset import op_of

_AT_ONCE = 500
_KEPT = ("id", "project_id", "op_name", "display_name", "trace_id", "parent_id", "started_at",
         "attributes", "inputs", "ended_at", "exception", "output", "summary")  # fmt: skip


def main(base_url: str, export: str) -> dict[str, Any]:
    """Put the calls into the server, then fetch them and work the numbers out."""
    weave: Any = import_module("weave")
    pandas: Any = import_module("pandas")
    project, count = "", 0
    for batch in _batches(export):
        project, count = batch[0]["project_id"], count + len(batch)
        _post(f"{base_url}/v2/{project}/calls/complete", {"batch": batch})
    client = weave.init(project)
    began = perf_counter()
    calls = client.get_calls().to_pandas()
    loaded = perf_counter()
    usage = [_usage(summary) for summary in calls["summary"]]
    rooted = calls["parent_id"].isna()
    found = frame.work_out(
        pandas.DataFrame(
            {
                "parent_id": calls["parent_id"],
                "op": calls["op_name"].map(op_of),
                "started": pandas.to_datetime(calls["started_at"], utc=True),
                "ended": pandas.to_datetime(calls["ended_at"], utc=True),
                "error": calls["exception"].notna(),
                "success": [
                    _success(output) if is_root else None
                    for output, is_root in zip(calls["output"], rooted, strict=True)
                ],
                "model": [model for model, _ in usage],
                "input_tokens": [used.get("prompt_tokens") for _, used in usage],
                "output_tokens": [used.get("completion_tokens") for _, used in usage],
            }
        )
    )
    if len(calls) != count:
        raise SystemExit(f"{count} calls were put into the server, and {len(calls)} came back")
    return {
        "load_s": loaded - began,
        "metrics_s": perf_counter() - loaded,
        "subset": found,
        "version": version("weave"),
    }


def _batches(export: str) -> Iterator[list[dict[str, Any]]]:
    for file in sorted(Path(export).iterdir()):
        with file.open(encoding="utf-8") as lines:
            while batch := list(map(json.loads, islice(lines, _AT_ONCE))):
                yield [{name: call[name] for name in _KEPT} for call in batch]


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


def _usage(summary: Any) -> tuple[str | None, dict[str, Any]]:  # noqa: ANN401 - what the SDK gives
    return next(iter(((summary or {}).get("usage") or {}).items()), (None, {}))


def _success(output: Any) -> bool | None:  # noqa: ANN401 - what the SDK gives
    return output.get("success") if hasattr(output, "get") else None


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
