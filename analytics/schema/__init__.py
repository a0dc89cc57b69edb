"""Every stored table and the glossary: one place for names, types and meaning.

Types are DuckDB's. Times are UTC with microseconds, without a zone in the type. Unknown is NULL.
Suffixes: ``_id``, ``_at``, ``_s`` (seconds), ``_usd``, ``_tokens``, ``_count``; ``_rate`` is 0..1.
"""

from datetime import timedelta

from analytics.schema.records import (
    CODE_REPORTS,
    IMPORTS,
    INPUT_FILES,
    PRICES,
    REJECTS,
    REVISIONS,
    SETTINGS,
    SYNC_STATE,
    VERDICTS,
)
from analytics.schema.rollups import (
    AGENT_RUNS,
    BATCHES,
    CONFLICTS,
    DEBUGGING_CYCLES,
    FIXES,
    PIPELINES,
    RUNS,
    TOOL_USAGE,
    USAGE,
)
from analytics.schema.spans import (
    CALLS,
    FACT_FIELDS,
    FACTS,
    FEEDBACK,
    PAYLOADS,
    SPANS,
)
from analytics.schema.table import Field, Table

__all__ = [
    "AGENT_RUNS",
    "BATCHES",
    "CALLS",
    "CLOCK_TOLERANCE",
    "CODE_REPORTS",
    "CONFLICTS",
    "DEBUGGING_CYCLES",
    "FACTS",
    "FACT_FIELDS",
    "FEEDBACK",
    "FIXES",
    "IMPORTS",
    "INPUT_FILES",
    "PAYLOADS",
    "PIPELINES",
    "PRICES",
    "REJECTS",
    "REVISIONS",
    "ROLLUPS",
    "RUNS",
    "SCHEMA_VERSION",
    "SETTINGS",
    "SPANS",
    "STALE_AFTER",
    "STALE_SETTING",
    "STORED",
    "SYNC_STATE",
    "TABLES",
    "TOOL_USAGE",
    "USAGE",
    "VERDICTS",
    "Field",
    "Table",
]

STALE_AFTER = timedelta(minutes=30)
"""A run without an end and without a sign of life for this long is abandoned."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Clocks of two machines differ by seconds; what is dated further ahead was dated by a wrong clock."""

STALE_SETTING = "PATCHPILOT_STALE_MINUTES"
"""Variable of the environment that says another limit."""

SCHEMA_VERSION = 2
"""Raised by one whenever a stored table changes."""

STORED = (
    SPANS,
    PAYLOADS,
    FACTS,
    FEEDBACK,
    REJECTS,
    IMPORTS,
    REVISIONS,
    VERDICTS,
    CODE_REPORTS,
    PRICES,
    INPUT_FILES,
    SYNC_STATE,
    SETTINGS,
)
"""Tables that imports write."""

ROLLUPS = (
    RUNS,
    FIXES,
    AGENT_RUNS,
    USAGE,
    TOOL_USAGE,
    PIPELINES,
    DEBUGGING_CYCLES,
    BATCHES,
    CONFLICTS,
)
"""Tables derived from the stored ones and kept up to date, trace by trace."""

TABLES = {table.name: table for table in (*STORED, *ROLLUPS)}
"""Every table of a store, by name."""
