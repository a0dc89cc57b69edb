"""Arize Phoenix: its server on SQLite, spans by OTLP over HTTP, fetched as its client's pandas frame.

Usage: python -m benchmark.peers.phoenix_server FOLDER EXPORT
"""

import gzip
import json
import os
import subprocess
import sys
import time
import urllib.request
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmark.peers import frame, otlp
from benchmark.soaking.memory import resident

_AT_ONCE = 500
_START_S = 180
_VISIBLE_S = 900
_PROJECT = "default"
_COUNT = '{"query": "{ projects { edges { node { name recordCount } } } }"}'


def main(folder: str, export: str) -> dict[str, Any]:
    """Send the spans, wait until the last one can be seen, fetch them, work the numbers out."""
    pandas: Any = import_module("pandas")
    client_module: Any = import_module("phoenix.client")
    service: Any = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    trace: Any = import_module("opentelemetry.proto.trace.v1.trace_pb2")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    own = {
        "PHOENIX_WORKING_DIR": folder,
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(_free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with (Path(folder) / "phoenix.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "phoenix.server.main", "serve"],
            env=os.environ | own,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_up(url, server)
        sent, began = 0, perf_counter()
        for spans in otlp.batches(export, _AT_ONCE):
            scoped = trace.ScopeSpans(spans=spans)
            body = service.ExportTraceServiceRequest(
                resource_spans=[trace.ResourceSpans(scope_spans=[scoped])]
            ).SerializeToString()
            _post(f"{url}/v1/traces", gzip.compress(body, 1), "application/x-protobuf")
            sent += len(spans)
        _wait_until_seen(url, sent)
        loaded = perf_counter()
        client = client_module.Client(base_url=url)
        spans = client.spans.get_spans_dataframe(
            project_identifier=_PROJECT, limit=sent + 1, timeout=_VISIBLE_S
        )
        found = frame.work_out(_calls(pandas, spans))
        done = perf_counter()
        peak = resident(server.pid)
    finally:
        server.terminate()
        server.wait()
    return {
        "load_s": loaded - began,
        "metrics_s": done - loaded,
        "subset": found,
        "version": version("arize-phoenix"),
        "server_bytes": peak,
    }


def _calls(pandas: Any, spans: Any) -> Any:  # noqa: ANN401 - no types here
    output = spans["attributes.output.value"].map(_read)
    return pandas.DataFrame(
        {
            "parent_id": spans["parent_id"],
            "op": spans["name"],
            "started": pandas.to_datetime(spans["start_time"], utc=True),
            "ended": pandas.to_datetime(spans["end_time"], utc=True),
            "error": spans["status_code"] == "ERROR",
            "success": [told.get("success") if isinstance(told, dict) else None for told in output],
            "model": spans[f"attributes.{otlp.MODEL}"],
            "input_tokens": spans[f"attributes.{otlp.SENT}"],
            "output_tokens": spans[f"attributes.{otlp.RECEIVED}"],
        }
    )


def _read(text: object) -> object:
    return json.loads(text) if isinstance(text, str) else text


def _wait_until_up(url: str, server: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + _START_S
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise SystemExit(f"Phoenix ended at once, with {server.returncode}")
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"Phoenix did not answer within {_START_S} s")


def _wait_until_seen(url: str, count: int) -> None:
    give_up = time.monotonic() + _VISIBLE_S
    seen = 0
    while time.monotonic() < give_up:
        told = json.loads(_post(f"{url}/graphql", _COUNT.encode(), "application/json"))
        seen = sum(
            edge["node"]["recordCount"]
            for edge in told["data"]["projects"]["edges"]
            if edge["node"]["name"] == _PROJECT
        )
        if seen >= count:
            return
        time.sleep(0.1)
    raise SystemExit(f"Phoenix showed {seen} of {count} spans within {_VISIBLE_S} s")


def _post(url: str, body: bytes, kind: str) -> bytes:
    headers = {"content-type": kind}
    if kind.endswith("protobuf"):
        headers["content-encoding"] = "gzip"
    with urllib.request.urlopen(
        urllib.request.Request(url, body, headers), timeout=_VISIBLE_S
    ) as answer:
        return answer.read()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
