"""Every format that can be read, in the order in which a file is tried."""

from analytics.sources import claude_code, inspect_log, openai_agents, otel
from analytics.sources.weave import array, csv, jsonl, wal

FORMATS = (
    inspect_log.ARCHIVE,
    wal.FORMAT,
    jsonl.FORMAT,
    array.FORMAT,
    csv.FORMAT,
    claude_code.FORMAT,
    inspect_log.JSON,
    otel.FORMAT,
    openai_agents.FORMAT,
)
"""The narrower first: a format must not recognise what one before it reads."""
