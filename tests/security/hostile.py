"""Stores whose every text is written by somebody who means ill; the fields come from the schema."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from analytics import schema
from analytics.sources.rows import CallWriter
from analytics.store import imports, lake
from tests.chain import arrival

HACK = "window.hacked=(window.hacked||0)+1;alert(1)"
TEXTS = (
    f"<script>{HACK}</script>",
    f'<img src=x onerror="{HACK}">',
    f'"><svg onload="{HACK}">',
    f"</script></style></pre></details><script>{HACK}</script>",
    f"<iframe srcdoc='<script>parent.{HACK}</script>'></iframe>",
    f"text/html:<img src=x onerror='{HACK}'>",
    f"<marimo-button data-label='\"<img src=x onerror={HACK}>\"'></marimo-button>",
    f"[go](javascript:{HACK}) ![see](http://evil.example/a.png) <http://evil.example>",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)} #{7*7} <%= 7*7 %> datum.x",
    "<link rel=stylesheet href=//evil.example/a.css><base href=//evil.example/>",
    "\u202egnp.exe\u2066 \u0000\ufeff\u200b Z\u0351\u036b\u0343\u036a \U0001f469\u200d\U0001f4bb \u2028",
    "'; DROP TABLE runs; -- \" OR 1=1 /* %s $1 ? */",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "../../../../etc/passwd",
    "<b>" + "A" * 1_000_000,
)  # fmt: skip
"""What does something where it is taken for more than text. The last one is a megabyte."""

OPS = (
    "tool", "test", "diagnose", "patch", "verify", "accept", "deploy", "lookup", "pipeline", "debug",
    "code", "agent", "llm", "score",
)  # fmt: skip
_FIXED = frozenset({"source", "span_id", "trace_id", "parent_id", "op", "kind", "status"})
"""Texts of a call that have a choice of their own, or that hold the others together."""
_SHORT, _LONG = 200, 10_000
"""Of ids and names that keep the parts of a run together; the others are taken whole."""


def facts(texts: Iterator[str]) -> dict[str, Any]:
    """Return every fact that has a text."""
    told = {field.name: field for field in schema.FACT_FIELDS}
    words = {"claimed": "pass", "error_kind": "agent"}
    return {
        name: [next(texts)] if field.type.endswith("[]") else words.get(name) or next(texts)
        for name, field in told.items()
        if field.type.startswith("VARCHAR")
    }


def write(store: Path, folder: Path, now: datetime) -> Path:
    """Write a store with a run for each text, and two more records of each kind that is no call."""
    source = "<img src=x>"
    with lake.writer(store) as con:
        with CallWriter(con, source, folder, TEXTS[1]) as out:
            for number, text in enumerate(TEXTS):
                _write_run(out, number, text, now - timedelta(hours=number + 1))
            out.reject(1, TEXTS[0], TEXTS[1])
        imports.write(con, arrival(out.staged(TEXTS[0])))
        for table in (schema.FEEDBACK, schema.VERDICTS, schema.REJECTS, schema.IMPORTS):
            _fill(con, table, now)
    return store


def _write_run(out: CallWriter, number: int, text: str, began: datetime) -> None:
    columns = [
        field.name
        for field in schema.CALLS.fields
        if field.type == "VARCHAR" and field.name not in {*_FIXED, "feedback"}
    ]
    run = f"{number} {text[:_SHORT]}"
    same = {"bug_id": text[:_SHORT], "task": text[:_SHORT]}
    for place, op in enumerate(("run", *OPS, "unknown")):
        told = facts(cycle([text[:_LONG]])) | same
        if op == "diagnose":
            told["title"] = text
        out.add(
            **{
                **dict.fromkeys(columns, text[:_LONG]),
                "inputs": {"task": text[:_LONG], text[:_SHORT]: [text[:_LONG]]},
                "output": told | {"passed": place % 2 == 0, "line": 7},
                "attributes": told,
                "span_id": f"{run} {op}",
                "trace_id": run,
                "parent_id": None if op == "run" else f"{run} run",
                "op": text if op == "unknown" else f"record.{op}",
                "status": "error" if place % 2 else "ok",
                "started_at": began + timedelta(seconds=place),
                "ended_at": began + timedelta(seconds=99 if op == "run" else place + 1),
                "input_tokens": 10,
                "output_tokens": 5,
            }
        )


def _fill(con: Any, table: schema.Table, now: datetime) -> None:
    import pyarrow as pa

    rows = [
        {field.name: _value(field, f"{text}{number}", now) for field in table.fields}
        for number, text in enumerate(TEXTS[:3])
    ]
    con.from_arrow(pa.Table.from_pylist(rows)).insert_into(f"lake.{table.name}")


def _value(field: schema.Field, text: str, now: datetime) -> Any:
    match field.type:
        case "VARCHAR":
            return text
        case "TIMESTAMP":
            return now
        case "BOOLEAN":
            return False
        case _:
            return 9
