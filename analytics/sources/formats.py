"""Every format that can be read, in the order in which a file is tried."""

from analytics.sources import (
    GIVES,
    agenticsys,
    anton,
    claude_code,
    inspect_log,
    openai_agents,
    otel,
    patchpilot_store,
    record,
    swe_agent,
    swe_bench,
    tracetriage,
)
from analytics.sources.weave import array, csv, jsonl, parquet, wal

FORMATS = (
    inspect_log.ARCHIVE,
    parquet.FORMAT,
    record.FORMAT,
    wal.FORMAT,
    jsonl.FORMAT,
    array.FORMAT,
    csv.FORMAT,
    claude_code.FORMAT,
    inspect_log.JSON,
    otel.FORMAT,
    openai_agents.FORMAT,
    swe_agent.FORMAT,
    agenticsys.JSON,
    agenticsys.CSV,
    patchpilot_store.FORMAT,
    tracetriage.FORMAT,
    anton.SQLITE,
    anton.SPANS,
    anton.JSONL,
    swe_bench.FORMAT,
)
"""The narrower first: a format must not recognise what one before it reads."""


def table() -> list[list[str]]:
    """Return a head and one row per format: name, title, and whether it can give each of ``GIVES``."""
    rows = [["name", "format", *GIVES]]
    for entry in FORMATS:
        told = ("yes" if each in entry.gives else "no" for each in GIVES)
        rows.append([entry.name, entry.title, *told])
    return rows
