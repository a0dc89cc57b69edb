"""What each format is said to give is what its files do give: neither less nor more."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from analytics import record
from analytics.docs import formats as readme_table
from analytics.sources import GIVES
from analytics.sources.formats import FORMATS
from tests.sources import test_inspect_log as inspected
from tests.sources import test_openai_agents as agents
from tests.sources import test_otel as otel
from tests.sources import test_weave_parquet as bulk
from tests.sources.imported import bring, rows
from tests.sources.records import call, lines
from tests.sources.samples import samples
from tests.sources.test_anton import database
from tests.sources.test_swe_bench import evaluation, write
from tests.sources.test_weave_table import table
from tests.sources.test_weave_wal import halves, text

GOLDEN = Path(__file__).parent / "golden"
MOST = 12
"""Samples of one pattern that are read at most."""

SUMMARY = {
    "usage": {"gpt-x": {"prompt_tokens": 10, "completion_tokens": 2}},
    "weave": {
        "costs": {"gpt-x": {"prompt_tokens_total_cost": 0.5, "completion_tokens_total_cost": 0.25}}
    },
}
CALLS = (
    call("run", output={"success": True}),
    call("tool", parent_id="run", op_name="tool.grep"),
    call("llm", parent_id="run", op_name="openai.chat.completions.create", summary=SUMMARY),
)


def _jsonl(folder: Path) -> list[Path]:
    return [_file(folder, "calls.jsonl", lines(*CALLS))]


def _array(folder: Path) -> list[Path]:
    return [_file(folder, "calls.json", json.dumps(CALLS))]


def _wal(folder: Path) -> list[Path]:
    return [_file(folder, "wal.jsonl", text(*(half for each in CALLS for half in halves(each))))]


def _csv(folder: Path) -> list[Path]:
    flat = ["id", "op_name", "trace_id", "parent_id", "started_at", "ended_at", "exception"]
    nested = {"output.success": "", **{f"summary.{path}": "" for path in _leaves(SUMMARY)}}
    written = []
    for each in CALLS:
        cells = nested | ({"output.success": "true"} if each["id"] == "run" else {})
        if each["id"] == "llm":
            cells |= {f"summary.{path}": str(value) for path, value in _leaves(SUMMARY).items()}
        written.append([*(each[name] or "" for name in flat), *cells.values()])
    return [_file(folder, "calls.csv", table([*flat, *nested], *written))]


def _leaves(value: object, path: str = "") -> dict[str, object]:
    if not isinstance(value, dict):
        return {path: value}
    inner = (_leaves(each, f"{path}.{key}" if path else key) for key, each in value.items())
    return {found: leaf for leaves in inner for found, leaf in leaves.items()}


def _parquet(folder: Path) -> list[Path]:
    written = [
        bulk.call(
            each["id"],
            op_name=each["op_name"],
            parent_id=each["parent_id"] or "",
            output_dump=json.dumps(each["output"]),
            summary_dump=json.dumps(each["summary"]),
        )
        for each in CALLS
    ]
    with duckdb.connect() as con:
        return [bulk.write(con, folder / "calls.parquet", *written)]


def _record(folder: Path) -> list[Path]:
    with record.run("task", agent="Orchestrator", folder=folder) as run:
        with run.llm("some-model", "some-provider") as step:
            step.set(input_tokens=10, output_tokens=2, cost_usd=0.5)
        with run.tool("grep"):
            pass
        run.outcome("pass")
    assert record.flush()
    return sorted(folder.glob("*.jsonl"))


def _inspect(folder: Path) -> list[Path]:
    return [_file(folder, "log.json", inspected.log(_sample()))]


def _eval(folder: Path) -> list[Path]:
    header = json.loads(inspected.log())
    header.pop("samples")
    members = {"header.json": header, "samples/1_epoch_1.json": _sample()}
    packed = {name: json.dumps(member).encode() for name, member in members.items()}
    return [inspected.archive(folder / "log.eval", packed)]


def _sample() -> dict:
    usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7, "total_cost": 0.5}
    done = "2026-11-20T10:00:09+00:00"
    events = [
        inspected.event("model", 1, model="openai/c", output={"usage": usage}, completed=done),
        inspected.event("tool", 4, function="sh", completed=done),
    ]
    return inspected.made(1, "C", events=events)


def _otel(folder: Path) -> list[Path]:
    usage = {"gen_ai__usage__input_tokens": 5, "llm__cost__total": 0.25}
    named = {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": "grep"}
    spans = [
        otel.span(),
        otel.span("00f067aa0ba902b7", parentSpanId=otel.ROOT, attributes=otel.attributes(**usage)),
        otel.span("00f067aa0ba902b8", parentSpanId=otel.ROOT, attributes=otel.attributes(**named)),
    ]
    return [_file(folder, "spans.json", json.dumps(otel.otlp(*spans)))]


def _agents(folder: Path) -> list[Path]:
    generation = {"type": "generation", "usage": {"input_tokens": 9, "output_tokens": 2}}
    objects = [agents.TRACE, agents.span(1), agents.span(2, span_data=generation)]
    return [_file(folder, "traces.json", json.dumps(objects))]


def _file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content)
    return path


def _samples(*patterns: str) -> Callable[[Path], list[Path]]:
    return lambda folder: [path for pattern in patterns for path in samples(pattern)[:MOST]]


EVIDENCE: dict[str, Callable[[Path], list[Path]]] = {
    "weave-jsonl": _jsonl,
    "weave-json": _array,
    "weave-wal": _wal,
    "weave-csv": _csv,
    "weave-parquet": _parquet,
    "record": _record,
    "claude-code": _samples("claude-code-log/**/*.jsonl", "ccusage/**/fixtures/claude/**/*.jsonl"),
    "inspect-eval": _eval,
    "inspect-json": _inspect,
    "otel-json": _otel,
    "openai-agents": _agents,
    "swe-agent": _samples("swe-agent/**/*.traj", "mini-swe-agent/**/*.traj.json"),
    "swe-bench": lambda folder: [write(folder / "agent.nightly.json", evaluation())],
    "anton-sqlite": lambda folder: [database(folder)],
    "anton-spans": lambda folder: [
        GOLDEN / "anton" / name for name in ("spans.jsonl", "events.jsonl")
    ],
    "anton-jsonl": lambda folder: [GOLDEN / "anton" / "trace_summary.json"],
}
"""Where files of a format come from; the others' stand in a golden folder of its name."""


def files_of(name: str, folder: Path) -> list[Path]:
    if name in EVIDENCE:
        return EVIDENCE[name](folder)
    found = [path for path in sorted((GOLDEN / name).rglob("*")) if path.is_file()]
    return [path for path in found if path.name != "README.md"]


def given(store: Path) -> set[str]:
    """What the store knows after an import, by the words of ``GIVES``."""
    facts = rows(store, "lake.facts", ["claimed", "passed", "tool_calls"])
    spans = rows(
        store, "lake.spans", ["duration_s", "input_tokens", "output_tokens", "cost_usd", "kind"]
    )
    held = {
        "outcome": any(fact["claimed"] or fact["passed"] is not None for fact in facts),
        "time": any(span["duration_s"] for span in spans),
        "tokens": any(span["input_tokens"] or span["output_tokens"] for span in spans),
        "cost": any(span["cost_usd"] for span in spans),
        "tools": any(span["kind"] == "tool" for span in spans)
        or any(fact["tool_calls"] for fact in facts),
    }
    assert set(held) == set(GIVES)
    return {name for name, holds in held.items() if holds}


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_a_format_gives_what_it_says(entry, tmp_path):
    assert entry.gives <= set(GIVES)
    files = files_of(entry.name, tmp_path)
    assert files, f"no golden folder {entry.name} and no other evidence"
    report = bring(tmp_path / "store", *files)
    assert entry.name in {file.format for file in report.files}
    assert given(tmp_path / "store") == entry.gives


def test_the_readme_lists_every_format():
    told = readme_table()
    assert all(f"`{entry.name}`" in told and entry.title in told for entry in FORMATS)
    assert all(f" {word} " in told for word in GIVES)
