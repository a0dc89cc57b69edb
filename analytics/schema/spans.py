"""What a source hands over, and the spans that are kept of it."""

from analytics.schema.table import Field, Table

IDENTITY = (
    Field("source", "VARCHAR", "System that wrote the record, e.g. weave.", required=True),
    Field("span_id", "VARCHAR", "The source's own id of the span.", required=True),
    Field("trace_id", "VARCHAR", "The tree of spans that this one belongs to.", required=True),
)

TIMED = (
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
    Field("cache_write_1h_tokens", "BIGINT", "Of those, tokens written to be kept for an hour."),
    Field("reasoning_tokens", "BIGINT", "Of the output, tokens that the model thought with."),
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
        *IDENTITY,
        Field("parent_id", "VARCHAR", "The span that caused this one; NULL for a root."),
        Field("project", "VARCHAR", "Project the source files it under."),
        Field("thread_id", "VARCHAR", "Conversation or session, where the source has one."),
        Field("op", "VARCHAR", "Name of the step without its version.", required=True),
        Field("op_version", "VARCHAR", "Version of the step's code, where the source has one."),
        Field("display_name", "VARCHAR", "Name that somebody gave this one call."),
        Field("kind", "VARCHAR", "agent, llm, tool, scorer or other, where the source says so."),
        Field("agent", "VARCHAR", "Agent whose step it is, where the source names one."),
        Field("tool", "VARCHAR", "Tool that was called, where the source names one."),
        *TIMED,
        Field("status", "VARCHAR", "ok, error or running.", required=True),
        Field("error_type", "VARCHAR", "Class of the exception that this very span raised."),
        Field("error_message", "VARCHAR", "Its message."),
        *_USAGE,
        *_BODY,
        Field("feedback", "VARCHAR", "JSON list of what people or scorers said of it."),
        Field(
            "detail", "TINYINT", "Fuller is higher: 1 a part, 2 the whole, more while it runs on."
        ),
    ),
    key=("source", "span_id"),
)
"""The contract between a source and the store."""

_NAMED = ("feedback", "kind", "agent", "tool")
"""Columns of a call that a preset has a say in, or that have a table of their own."""

SPANS = Table(
    "spans",
    "One timed step of a trace.",
    (
        *(f for f in CALLS.fields if f not in _BODY and f.name not in _NAMED),
        Field("kind", "VARCHAR", "agent, llm, tool, scorer or other.", required=True),
        Field("source_kind", "VARCHAR", "As kind, where the source itself says so."),
        Field("source_agent", "VARCHAR", "As agent, where the source itself says so."),
        Field("source_tool", "VARCHAR", "As tool, where the source itself says so."),
        Field("preset", "VARCHAR", "Semantics file that recognised the op; NULL where none did."),
        Field("role", "VARCHAR", "What the op does in its system: run, test, patch, verify ..."),
        Field(
            "agent", "VARCHAR", "Agent whose step this is, where the source or the op names one."
        ),
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
    (*IDENTITY, Field("started_at", "TIMESTAMP", "As in spans."), *_BODY),
    key=("source", "span_id"),
)

FACT_FIELDS = (
    Field("task", "VARCHAR", "What the agent was asked to do; repeats share it."),
    Field("attempt", "BIGINT", "1-based repeat of the task."),
    Field("variant", "VARCHAR", "Version or arm of the agent system."),
    Field("repo", "VARCHAR", "Repository or site that the agent worked on."),
    Field("batch", "VARCHAR", "Series of runs that the run belongs to."),
    Field("mode", "VARCHAR", "Execution mode, in the source's words."),
    Field("provider", "VARCHAR", "Provider that the run was configured with."),
    Field("model", "VARCHAR", "Model that the run was configured with."),
    Field("temperature", "DOUBLE", "Temperature that the model was configured with."),
    Field("complexity", "DOUBLE", "How hard the task is, as the source scores it."),
    Field("claimed", "VARCHAR", "pass or fail, as the agent itself said."),
    Field("passed", "BOOLEAN", "Whether this test, verification, pipeline or attempt passed."),
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
    Field("files_created", "BIGINT", "Files that the patch creates."),
    Field("files_modified", "BIGINT", "Files that the patch changes."),
    Field("files_deleted", "BIGINT", "Files that the patch deletes."),
    Field("commits", "BIGINT", "Commits that were made."),
    Field("coverage", "DOUBLE", "Share of the code that tests cover, 0..1."),
    Field("commit_sha", "VARCHAR", "Commit that the step made or ran on."),
    Field("turns", "BIGINT", "Turns of the conversation, as the run reported them."),
    Field("errors", "BIGINT", "Errors, as the run reported them."),
    Field("calls", "BIGINT", "Calls that the record stands for, as a tool's or agent's sum."),
    Field("attempts", "BIGINT", "Attempts that the record stands for."),
    Field("successes", "BIGINT", "Of the calls or attempts, those that succeeded."),
    Field("failures", "BIGINT", "Of the calls or attempts, those that failed."),
    Field("retries", "BIGINT", "Times that the step was tried again."),
    Field("total_s", "DOUBLE", "Seconds that all these calls took together."),
    Field("tool_calls", "BIGINT", "Tool calls, as the run reported them."),
    Field("pipeline_attempts", "BIGINT", "Pipelines, as the run reported them."),
    Field("pipelines_passed", "BIGINT", "Pipelines that passed, as the run reported them."),
    Field("pipelines_failed", "BIGINT", "Pipelines that failed, as the run reported them."),
    Field("debugging_cycles", "BIGINT", "Debugging cycles, as the run reported them."),
    Field("debugging_resolved", "BIGINT", "Cycles that ended well, as the run reported them."),
    Field("first_time_right", "BOOLEAN", "Whether the first attempt held, as the run reported it."),
    Field("pipeline_id", "VARCHAR", "The pipeline, as the CI system calls it."),
    Field("trigger", "VARCHAR", "What started the pipeline."),
    Field("retry", "BIGINT", "0 for the first try of the pipeline, then 1, 2 ..."),
    Field("queue_s", "DOUBLE", "Seconds that the pipeline waited."),
    Field("execution_s", "DOUBLE", "Seconds that the pipeline ran."),
    Field("failed_jobs", "VARCHAR[]", "Jobs of the pipeline that failed."),
    Field("error_type", "VARCHAR", "Error that the pipeline or debugging cycle was about."),
    Field("error_message", "VARCHAR", "Its message."),
    Field("method", "VARCHAR", "How the debugging cycle was resolved."),
    Field("runs_total", "BIGINT", "Runs of a batch, as it reported them."),
    Field("runs_passed", "BIGINT", "Runs of a batch that passed, as it reported them."),
    Field("runs_failed", "BIGINT", "Runs of a batch that failed, as it reported them."),
    Field("knowledge_hit", "BOOLEAN", "Whether the knowledge base knew the failure."),
    Field("deployment_time_s", "DOUBLE", "Seconds until the patched system answered."),
    Field("error_kind", "VARCHAR", "infra, agent or timeout."),
)
"""What a preset may say of a step, each by a list of JSON paths (see analytics/semantics)."""

FACTS = Table(
    "facts",
    "What a preset read from one span that has a role.",
    (
        *IDENTITY,
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
        *IDENTITY,
        Field("feedback_id", "VARCHAR", "The source's own id of it.", required=True),
        Field("type", "VARCHAR", "What kind of feedback, in the source's words."),
        Field("creator", "VARCHAR", "Who gave it."),
        Field("created_at", "TIMESTAMP", "When."),
        Field("payload", "VARCHAR", "What was said, as JSON text."),
    ),
    key=("source", "feedback_id"),
)
