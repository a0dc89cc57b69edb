"""Traces of anton: interactions of its first logger, spans and events of its plan, the proxy's database.

Only the proxy says what became of a trace, and that is the system's own word: a claim. Nothing here is
verified. Times are local and carry no zone.
"""

from analytics.sources import SourceFormat
from analytics.sources.anton import database, interactions, spans

JSONL = SourceFormat(
    name="anton-jsonl",
    title="anton's interactions, JSONL or trace_summary.json",
    recognise=interactions.recognise,
    stage=interactions.stage,
    gives=frozenset({"time"}),
)
SPANS = SourceFormat(
    name="anton-spans",
    title="anton's spans and events, JSONL",
    recognise=spans.recognise,
    stage=spans.stage,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)
SQLITE = SourceFormat(
    name="anton-sqlite",
    title="anton's proxy_traces.db, SQLite",
    recognise=database.recognise,
    stage=database.stage,
    gives=frozenset({"outcome", "time", "tokens", "cost"}),
)
