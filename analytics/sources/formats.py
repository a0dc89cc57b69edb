"""Every format that can be read, in the order in which a file is tried."""

from analytics.sources import (
    agenticsys,
    anton,
    claude_code,
    inspect_log,
    openai_agents,
    otel,
    record,
    swe_agent,
    swe_bench,
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
    anton.SQLITE,
    anton.SPANS,
    anton.JSONL,
    swe_bench.FORMAT,
)
"""The narrower first: a format must not recognise what one before it reads."""
