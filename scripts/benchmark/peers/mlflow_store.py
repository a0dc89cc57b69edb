"""MLflow: its tracking store on SQLite, written through its own store, read back as traces.

Usage: python -m benchmark.peers.mlflow_store FOLDER EXPORT
"""

import json
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmark.peers import frame, otlp

_AT_ONCE = 500
_PAGE = 500


def main(folder: str, export: str) -> dict[str, Any]:
    """Log the spans, fetch them as traces, work the numbers out."""
    mlflow: Any = import_module("mlflow")
    pandas: Any = import_module("pandas")
    store_module: Any = import_module("mlflow.store.tracking.sqlalchemy_store")
    entities: Any = import_module("mlflow.entities")
    address = f"sqlite:///{folder}/mlflow.db"
    store = store_module.SqlAlchemyStore(address, (Path(folder) / "artifacts").as_uri())
    experiment = store.create_experiment("benchmark")
    began = perf_counter()
    for spans in otlp.batches(export, _AT_ONCE):
        store.log_spans(experiment, [entities.Span.from_otel_proto(span) for span in spans])
    loaded = perf_counter()
    client = mlflow.MlflowClient(tracking_uri=address)
    rows, token = [], None
    while True:
        traces = client.search_traces(
            locations=[experiment], max_results=_PAGE, page_token=token, include_spans=True
        )
        rows += [_row(span) for each in traces for span in each.data.spans]
        token = traces.token
        if not token:
            break
    calls = pandas.DataFrame(rows)
    for name in ("started", "ended"):
        calls[name] = pandas.to_datetime(calls[name], unit="ns", utc=True)
    found = frame.work_out(calls)
    return {
        "load_s": loaded - began,
        "metrics_s": perf_counter() - loaded,
        "subset": found,
        "version": version("mlflow"),
    }


def _row(span: Any) -> dict[str, Any]:  # noqa: ANN401 - no types here
    told = span.attributes
    output = told.get(otlp.OUTPUT)
    if isinstance(output, str) and output.startswith("{"):
        # A text may begin like JSON and be none.
        with suppress(ValueError):
            output = json.loads(output)
    return {
        "parent_id": span.parent_id,
        "op": span.name,
        "started": span.start_time_ns,
        "ended": span.end_time_ns,
        "error": span.status.status_code == "ERROR",
        "success": output.get("success") if isinstance(output, dict) else None,
        "model": told.get(otlp.MODEL),
        "input_tokens": told.get(otlp.SENT),
        "output_tokens": told.get(otlp.RECEIVED),
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
