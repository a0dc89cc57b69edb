"""The calls of an export as OpenTelemetry spans, by the conventions of OpenInference."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from benchmark.peers.subset import LLM_OP, op_of

_EPOCH = datetime(1970, 1, 1)
MODEL, SENT, RECEIVED = "llm.model_name", "llm.token_count.prompt", "llm.token_count.completion"
OUTPUT = "output.value"


def batches(export: str, at_once: int) -> Iterator[list[Any]]:
    """Yield protobuf spans, so many at once and only whole traces where they are that small."""
    proto: Any = import_module("opentelemetry.proto.trace.v1.trace_pb2")
    common: Any = import_module("opentelemetry.proto.common.v1.common_pb2")
    for file in sorted(Path(export).iterdir()):
        with file.open(encoding="utf-8") as lines:
            while batch := list(islice(lines, at_once)):
                yield [_span(json.loads(line), proto, common) for line in batch]


def _span(call: dict[str, Any], proto: Any, common: Any) -> Any:  # noqa: ANN401 - no types here
    op = op_of(call["op_name"])
    told: dict[str, str | int] = {
        "openinference.span.kind": "LLM" if op == LLM_OP else "CHAIN",
        "input.value": json.dumps(call["inputs"]),
        OUTPUT: json.dumps(call["output"]),
    }
    if op == LLM_OP:
        for model, used in ((call["summary"] or {}).get("usage") or {}).items():
            told |= {MODEL: model, SENT: used["prompt_tokens"], RECEIVED: used["completion_tokens"]}
    return proto.Span(
        trace_id=_bytes(call["trace_id"], 16),
        span_id=_bytes(call["id"], 8),
        parent_span_id=_bytes(call["parent_id"], 8) if call["parent_id"] else b"",
        name=op,
        start_time_unix_nano=_ns(call["started_at"]),
        end_time_unix_nano=_ns(call["ended_at"]),
        attributes=[
            common.KeyValue(
                key=key,
                value=common.AnyValue(int_value=value)
                if isinstance(value, int)
                else common.AnyValue(string_value=value),
            )
            for key, value in told.items()
        ],
        status=proto.Status(code=2 if call["exception"] else 1),
    )


def _bytes(told: str, length: int) -> bytes:
    return bytes.fromhex(told.replace("-", ""))[-length:]


def _ns(stamp: str) -> int:
    moment = datetime.fromisoformat(stamp.replace("Z", "+00:00")).replace(tzinfo=None)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
