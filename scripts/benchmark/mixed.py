"""Writes the generated runs in several formats, turn by turn: a folder as a team with many tools has it."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import cycle, groupby
from pathlib import Path
from typing import Any, TextIO

from benchmark import generate

PER_FILE = 50_000
"""Calls in one file, about."""

_EPOCH = datetime(1970, 1, 1)
_PROVIDER = "openai"

Call = dict[str, Any]


def write(target: Path, count: int, *, seed: int = 0) -> list[Path]:
    """Write at least this many calls, every run in one of FORMATS, and return the files."""
    target.mkdir(parents=True, exist_ok=True)
    calls = (json.loads(line) for line in generate.calls(count, seed=seed))
    files: dict[str, _File] = {name: _File(target, name) for name in FORMATS}
    names = cycle(FORMATS)
    for _, run in groupby(calls, key=lambda call: call["trace_id"]):
        own = list(run)
        name = next(names)
        files[name].add(FORMATS[name](own), len(own))
    return [path for file in files.values() for path in file.close()]


class _File:
    """The files of one format, the next one begun where one is full."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._paths: list[Path] = []
        self._open: TextIO | None = None
        self._count = 0

    def add(self, records: Iterable[object], count: int) -> None:
        """Write one run."""
        if self._open is None or self._count >= PER_FILE:
            if self._open:
                self._open.close()
            self._paths.append(self._folder / f"{self._name}-{len(self._paths):02d}.jsonl")
            self._open, self._count = self._paths[-1].open("w", encoding="utf-8"), 0
        self._open.writelines(
            json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
            for record in records
        )
        self._count += count

    def close(self) -> list[Path]:
        """Close the last file and return all of them."""
        if self._open:
            self._open.close()
        return self._paths


def _weave(run: list[Call]) -> Iterator[object]:
    yield from run


def _otlp(run: list[Call]) -> Iterator[object]:
    """Yield one trace as OTLP/JSON."""
    spans = [_span(call) for call in run]
    yield {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": spans}]}]}


def _span(call: Call) -> dict[str, object]:
    usage = _usage(call) if call["op_name"].endswith("create") else {}
    told = {
        "input.value": json.dumps(call["inputs"]),
        "output.value": json.dumps(call["output"]),
        "gen_ai.request.model": usage.get("model"),
        "gen_ai.usage.input_tokens": usage.get("input_tokens"),
        "gen_ai.usage.output_tokens": usage.get("output_tokens"),
    }
    ended = call["ended_at"] or call["started_at"]
    return {
        "traceId": _hex(call["trace_id"], 32),
        "spanId": _hex(call["id"], 16),
        "parentSpanId": _hex(call["parent_id"], 16) if call["parent_id"] else "",
        "name": _op(call),
        "startTimeUnixNano": str(_ns(call["started_at"])),
        "endTimeUnixNano": str(_ns(ended)),
        "attributes": [
            {
                "key": key,
                "value": {"intValue": str(value)}
                if isinstance(value, int)
                else {"stringValue": value},
            }
            for key, value in told.items()
            if value is not None
        ],
        "status": {"code": 2 if call["exception"] else 1},
    }


def _recorded(run: list[Call]) -> Iterator[object]:
    """Yield what the recorder writes at the end of each step."""
    for call in run:
        yield {
            "record": 1,
            "source": "record",
            "span_id": call["id"],
            "trace_id": call["trace_id"],
            "parent_id": call["parent_id"],
            "project": "acme/shop",
            "op": _op(call),
            "started_at": call["started_at"],
            "ended_at": call["ended_at"],
            "status": "error" if call["exception"] else "ok" if call["ended_at"] else "running",
            "inputs": call["inputs"],
            "output": call["output"],
            "attributes": call["attributes"],
            **(_usage(call) if call["op_name"].endswith("create") else {}),
        }


def _usage(call: Call) -> dict[str, Any]:
    used = (call["summary"] or {}).get("usage") or {}
    for model, counts in used.items():
        return {
            "model": model,
            "input_tokens": counts["prompt_tokens"],
            "output_tokens": counts["completion_tokens"],
        }
    return {}


def _op(call: Call) -> str:
    return call["op_name"].rpartition("/op/")[2].rpartition(":")[0]


def _hex(told: str, length: int) -> str:
    return told.replace("-", "")[-length:].rjust(length, "0")


def _ns(stamp: str) -> int:
    moment = datetime.fromisoformat(stamp.replace("Z", "+00:00")).replace(tzinfo=None)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


FORMATS: dict[str, Callable[[list[Call]], Iterator[object]]] = {
    "weave": _weave,
    "otlp": _otlp,
    "record": _recorded,
}
"""Name of the files -> how one run is written."""
