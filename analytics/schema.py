"""Every stored table and the glossary: one place for names, types and meaning.

Types are DuckDB's. Times are UTC with microseconds, without a zone in the type. Unknown is NULL.
Suffixes: ``_id``, ``_at``, ``_s`` (seconds), ``_usd``, ``_tokens``, ``_count``; ``_rate`` is 0..1.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Field:
    """One column of a stored table."""

    name: str
    type: str
    doc: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One stored table: what a row is, and its columns in order."""

    name: str
    row: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    """Columns that identify a row; empty for append-only tables."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field.name for field in self.fields)

    def __add__(self, more: tuple[Field, ...]) -> tuple[Field, ...]:
        """Return the columns followed by some more."""
        return self.fields + more


_IDENTITY = (
    Field("source", "VARCHAR", "System that wrote the record, e.g. weave.", required=True),
    Field("span_id", "VARCHAR", "The source's own id of the span.", required=True),
    Field("trace_id", "VARCHAR", "The tree of spans that this one belongs to.", required=True),
)

_TIMED = (
    Field("started_at", "TIMESTAMP", "When the step began (the client's clock).", required=True),
    Field("ended_at", "TIMESTAMP", "When it ended; unknown while it runs."),
)

_USAGE = (
    Field("provider", "VARCHAR", "Who served the model, where the source says so."),
    Field("model", "VARCHAR", "Model that answered; unknown where one span used several."),
    Field("input_tokens", "BIGINT", "Tokens sent, cached ones included."),
    Field("output_tokens", "BIGINT", "Tokens received, reasoning included."),
    Field("cache_read_tokens", "BIGINT", "Of the input, tokens read from a cache."),
    Field("cache_write_tokens", "BIGINT", "Of the input, tokens written to a cache."),
    Field("cost_usd", "DOUBLE", "Cost in US dollars as the source itself reported it."),
)

_BODY = (
    Field("inputs", "VARCHAR", "What the step was called with, as JSON text."),
    Field("output", "VARCHAR", "What it returned, as JSON text."),
    Field("attributes", "VARCHAR", "What the caller attached to it, as JSON text."),
)

CALLS = Table(
    "calls",
    "One call as a source gave it, before a preset says what it means. Never stored as such.",
    (
        *_IDENTITY,
        Field("parent_id", "VARCHAR", "The span that caused this one; NULL for a root."),
        Field("project", "VARCHAR", "Project the source files it under."),
        Field("thread_id", "VARCHAR", "Conversation or session, where the source has one."),
        Field("op", "VARCHAR", "Name of the step without its version.", required=True),
        Field("op_version", "VARCHAR", "Version of the step's code, where the source has one."),
        Field("display_name", "VARCHAR", "Name that somebody gave this one call."),
        Field("kind", "VARCHAR", "agent, llm, tool, scorer or other, where the source says so."),
        *_TIMED,
        Field("status", "VARCHAR", "ok, error or running.", required=True),
        Field("error_type", "VARCHAR", "Class of the exception that this very span raised."),
        Field("error_message", "VARCHAR", "Its message."),
        *_USAGE,
        *_BODY,
        Field("feedback", "VARCHAR", "JSON list of what people or scorers said of it."),
        Field("detail", "TINYINT", "2 = the whole record, 1 = a part of it (a table export)."),
    ),
    key=("source", "span_id"),
)
"""The contract between a source and the store."""

SPANS = Table(
    "spans",
    "One timed step of a trace.",
    (
        *(f for f in CALLS.fields if f not in _BODY and f.name not in ("feedback", "kind")),
        Field("kind", "VARCHAR", "agent, llm, tool, scorer or other.", required=True),
        Field("source_kind", "VARCHAR", "As kind, where the source itself says so."),
        Field("preset", "VARCHAR", "Semantics file that recognised the op; NULL where none did."),
        Field("role", "VARCHAR", "What the op does in its system: run, test, patch, verify ..."),
        Field("agent", "VARCHAR", "Agent whose step this is, where the op names one."),
        Field("tool", "VARCHAR", "Tool that was called, for kind tool."),
        Field("duration_s", "DOUBLE", "End minus start; unknown where the end precedes the start."),
        Field("content_hash", "UBIGINT", "Fingerprint of the whole record, to see changes."),
        Field("import_id", "BIGINT", "Import that wrote this state of the row.", required=True),
    ),
    key=("source", "span_id"),
)

PAYLOADS = Table(
    "payloads",
    "What one span carried. Never read by a metric.",
    (*_IDENTITY, Field("started_at", "TIMESTAMP", "As in spans."), *_BODY),
    key=("source", "span_id"),
)

FACT_FIELDS = (
    Field("task", "VARCHAR", "What the agent was asked to do; repeats share it."),
    Field("attempt", "BIGINT", "1-based repeat of the task."),
    Field("variant", "VARCHAR", "Version or arm of the agent system."),
    Field("repo", "VARCHAR", "Repository or site that the agent worked on."),
    Field("model", "VARCHAR", "Model that the run was configured with."),
    Field("claimed", "VARCHAR", "pass or fail, as the agent itself said."),
    Field("passed", "BOOLEAN", "Whether this test, verification or acceptance passed."),
    Field("bug_id", "VARCHAR", "The bug that the step dealt with."),
    Field("bug_ids", "VARCHAR[]", "Bugs that a failing test brought up."),
    Field("bug_type", "VARCHAR", "UI_BUG, BACKEND_ERROR, DATA_ERROR, TEST_FLAKY, or its own word."),
    Field("title", "VARCHAR", "The bug in one line."),
    Field("file", "VARCHAR", "File that the bug was found in."),
    Field("line", "BIGINT", "Line in that file."),
    Field("iterations", "BIGINT", "Rounds of the loop, as the run reported them."),
    Field("bugs_found", "BIGINT", "Bugs found, as the run reported them."),
    Field("bugs_fixed", "BIGINT", "Bugs fixed, as the run reported them."),
    Field("patches", "BIGINT", "Patches made, as the run reported them."),
    Field("tests_total", "BIGINT", "Tests that were run."),
    Field("tests_passed", "BIGINT", "Tests that passed."),
    Field("lines_added", "BIGINT", "Lines that the patch adds."),
    Field("lines_removed", "BIGINT", "Lines that the patch removes."),
    Field("knowledge_hit", "BOOLEAN", "Whether the knowledge base knew the failure."),
    Field("deployment_time_s", "DOUBLE", "Seconds until the patched system answered."),
    Field("error_kind", "VARCHAR", "infra, agent or timeout."),
)
"""What a preset may say of a step, each by a list of JSON paths (see analytics/semantics)."""

FACTS = Table(
    "facts",
    "What a preset read from one span that has a role.",
    (
        *_IDENTITY,
        Field("preset", "VARCHAR", "Semantics file that was applied.", required=True),
        Field("role", "VARCHAR", "Role of the span in that file.", required=True),
        *FACT_FIELDS,
    ),
    key=("source", "span_id"),
)

FEEDBACK = Table(
    "feedback",
    "One reaction, note or score that somebody attached to a span.",
    (
        *_IDENTITY,
        Field("feedback_id", "VARCHAR", "The source's own id of it.", required=True),
        Field("type", "VARCHAR", "What kind of feedback, in the source's words."),
        Field("creator", "VARCHAR", "Who gave it."),
        Field("created_at", "TIMESTAMP", "When."),
        Field("payload", "VARCHAR", "What was said, as JSON text."),
    ),
    key=("source", "feedback_id"),
)

REJECTS = Table(
    "rejects",
    "One record that could not be read, or was left out, and why.",
    (
        Field("import_id", "BIGINT", "Import that met it.", required=True),
        Field("file", "VARCHAR", "File or address it came from.", required=True),
        Field(
            "line", "BIGINT", "1-based line, or position of the record where lines mean nothing."
        ),
        Field("reason", "VARCHAR", "Why it was left out.", required=True),
        Field("excerpt", "VARCHAR", "Its first characters, secrets taken out."),
    ),
)

IMPORTS = Table(
    "imports",
    "One import or sync that was committed.",
    (
        Field("import_id", "BIGINT", "1, 2, 3 ...", required=True),
        Field("imported_at", "TIMESTAMP", "When it was committed.", required=True),
        Field("origin", "VARCHAR", "What was asked for: paths or an address.", required=True),
        Field("formats", "VARCHAR", "Formats that were recognised, comma-separated."),
        Field("new_count", "BIGINT", "Calls that were not in the store."),
        Field("changed_count", "BIGINT", "Calls that differ from what was stored."),
        Field("unchanged_count", "BIGINT", "Calls that were stored already, as they are."),
        Field("rejected_count", "BIGINT", "Records that could not be read."),
        Field("runs_count", "BIGINT", "Runs whose numbers were worked out again."),
        Field("seconds", "DOUBLE", "How long it took."),
        Field("demo", "BOOLEAN", "Whether these are the bundled traces."),
    ),
    key=("import_id",),
)

REVISIONS = Table(
    "revisions",
    "One field of one span that an import changed.",
    (
        *_IDENTITY,
        Field("import_id", "BIGINT", "Import that changed it.", required=True),
        Field("field", "VARCHAR", "Name of the column.", required=True),
        Field("old_value", "VARCHAR", "What was stored before."),
        Field("new_value", "VARCHAR", "What is stored now."),
    ),
)

INPUT_FILES = Table(
    "input_files",
    "How far one file has been read, so that a growing file is read on from there.",
    (
        Field("path", "VARCHAR", "Absolute path.", required=True),
        Field("size_bytes", "BIGINT", "Bytes read so far, up to the last complete line."),
        Field("head_hash", "VARCHAR", "Digest of the first bytes: tells a replaced file."),
        Field("lines_count", "BIGINT", "Complete lines read so far."),
        Field("import_id", "BIGINT", "Import that read it last."),
    ),
    key=("path",),
)

SYNC_STATE = Table(
    "sync_state",
    "Where the next pull from one remote project begins.",
    (
        Field("origin", "VARCHAR", "Address and project.", required=True),
        Field("watermark_at", "TIMESTAMP", "Everything that ended before this has been seen."),
        Field("import_id", "BIGINT", "Import that moved it last."),
    ),
    key=("origin",),
)

SETTINGS = Table(
    "settings",
    "One setting of the store.",
    (
        Field("name", "VARCHAR", "schema_version, semantics or rules.", required=True),
        Field("value", "VARCHAR", "Its value, as JSON text.", required=True),
    ),
    key=("name",),
)

RUNS = Table(
    "runs",
    "One agent system on one task, once.",
    (
        Field("source", "VARCHAR", "System that wrote the trace.", required=True),
        Field(
            "run_id", "VARCHAR", "Id of the run's own span, else trace:<trace_id>.", required=True
        ),
        Field("trace_id", "VARCHAR", "Trace that the run is in.", required=True),
        Field("project", "VARCHAR", "Project it is filed under."),
        Field("preset", "VARCHAR", "Semantics file that told what the spans mean."),
        Field("op", "VARCHAR", "Op of the run's own span."),
        Field("op_version", "VARCHAR", "Version of that op's code."),
        Field("agent", "VARCHAR", "Agent system, from the op's name."),
        Field("task", "VARCHAR", "What was asked; repeats share it."),
        Field("attempt", "BIGINT", "1-based repeat of the task."),
        Field("variant", "VARCHAR", "Version or arm of the agent system."),
        Field("repo", "VARCHAR", "Repository or site worked on."),
        Field(
            "model",
            "VARCHAR",
            "Model that all of its calls used, else the one it was configured with.",
        ),
        *_TIMED,
        Field("last_seen_at", "TIMESTAMP", "Last sign of life of its spans and of runs within it."),
        Field("duration_s", "DOUBLE", "End minus start; unknown where the run never ended."),
        Field("status", "VARCHAR", "ok, error or running: how the run's own span ended."),
        Field("outcome_claimed", "VARCHAR", "pass or fail, as the agent itself said."),
        Field(
            "outcome_verified",
            "VARCHAR",
            "pass or fail: an acceptance, else scorers, else tests and verifications.",
        ),
        Field("error_type", "VARCHAR", "Exception that ended the run."),
        Field("error_kind", "VARCHAR", "infra, agent or timeout, where known."),
        Field("bug_type", "VARCHAR", "Type of its bugs, 'several' where they differ."),
        Field("iterations", "BIGINT", "Rounds of the loop, as the run reported them."),
        Field("bugs_found", "BIGINT", "Bugs that came up."),
        Field("bugs_fixed", "BIGINT", "Bugs whose last test or verification passed."),
        Field("patches", "BIGINT", "Patches that were made."),
        Field("tests_total", "BIGINT", "Tests in the last test run."),
        Field("tests_passed", "BIGINT", "Of those, passed."),
        Field("knowledge_lookups", "BIGINT", "Times the knowledge base was asked."),
        Field("knowledge_hits", "BIGINT", "Times it knew the failure."),
        Field("deployment_time_s", "DOUBLE", "Seconds until the patched system answered."),
        Field("spans_count", "BIGINT", "Spans of the run."),
        Field("errors_count", "BIGINT", "Steps below the run that raised."),
        Field("input_tokens", "BIGINT", "Tokens sent, counted where they were used."),
        Field("output_tokens", "BIGINT", "Tokens received, counted where they were used."),
        Field("cache_read_tokens", "BIGINT", "Of the input, tokens read from a cache."),
        Field("cost_usd", "DOUBLE", "Cost as the source reported it, counted where it arose."),
        Field("cost_basis", "VARCHAR", "reported, computed, or NULL where there is no cost."),
    ),
    key=("source", "run_id"),
)

FIXES = Table(
    "fixes",
    "One bug of one run, from found to fixed or given up.",
    (
        Field("source", "VARCHAR", "System that wrote the trace.", required=True),
        Field("fix_id", "VARCHAR", "Run id and bug id.", required=True),
        Field("run_id", "VARCHAR", "Run that met the bug.", required=True),
        Field("trace_id", "VARCHAR", "Trace of that run.", required=True),
        Field("bug_id", "VARCHAR", "The bug, as the agents call it; empty where they do not."),
        Field("bug_type", "VARCHAR", "As the last diagnosis said."),
        Field("title", "VARCHAR", "The bug in one line."),
        Field("file", "VARCHAR", "File of the last patch, else of the diagnosis."),
        Field("line", "BIGINT", "Line in it."),
        Field(
            "found_at", "TIMESTAMP", "End of the first failing test, else begin of its first step."
        ),
        Field("fixed_at", "TIMESTAMP", "End of the first check that passed and held."),
        Field(
            "last_seen_at", "TIMESTAMP", "Last sign of life of its run: where an open fix is cut."
        ),
        Field("attempts", "BIGINT", "Patches tried on it."),
        Field("lines_added", "BIGINT", "Lines the last patch adds."),
        Field("lines_removed", "BIGINT", "Lines the last patch removes."),
        Field("patch_span_id", "VARCHAR", "Span that carries the last patch."),
    ),
    key=("source", "fix_id"),
)

AGENT_RUNS = Table(
    "agent_runs",
    "One agent's part in one run.",
    (
        Field("source", "VARCHAR", "System that wrote the trace.", required=True),
        Field("run_id", "VARCHAR", "The run.", required=True),
        Field("trace_id", "VARCHAR", "Trace of that run.", required=True),
        Field("agent", "VARCHAR", "The agent.", required=True),
        Field("calls_count", "BIGINT", "Steps it took."),
        Field("errors_count", "BIGINT", "Steps that raised."),
        Field(
            "duration_s",
            "DOUBLE",
            "Seconds in which a step was under way; unknown where none has ended.",
        ),
    ),
    key=("source", "run_id", "agent"),
)

STALE_AFTER = timedelta(minutes=30)
"""A run without an end and without a sign of life for this long is abandoned."""

SCHEMA_VERSION = 1
"""Raised by one whenever a stored table changes."""

STORED = (
    SPANS,
    PAYLOADS,
    FACTS,
    FEEDBACK,
    REJECTS,
    IMPORTS,
    REVISIONS,
    INPUT_FILES,
    SYNC_STATE,
    SETTINGS,
)
"""Tables that imports write."""

ROLLUPS = (RUNS, FIXES, AGENT_RUNS)
"""Tables derived from the stored ones and kept up to date, trace by trace."""

TABLES = {table.name: table for table in (*STORED, *ROLLUPS)}
"""Every table of a store, by name."""
