"""Tables derived from the spans and kept up to date, trace by trace."""

from analytics.schema.spans import TIMED
from analytics.schema.table import Field, Table

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
        Field("batch", "VARCHAR", "Series of runs that it belongs to."),
        Field("mode", "VARCHAR", "Execution mode, in the source's words."),
        Field("provider", "VARCHAR", "Provider that the run was configured with."),
        Field("temperature", "DOUBLE", "Temperature that the model was configured with."),
        Field("complexity", "DOUBLE", "How hard the task is, as the source scores it."),
        Field(
            "model",
            "VARCHAR",
            "Model that all of its calls used, else the one it was configured with.",
        ),
        *TIMED,
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
        Field("cache_write_tokens", "BIGINT", "Of the input, tokens written to a cache."),
        Field("cache_write_1h_tokens", "BIGINT", "Of those, tokens to be kept for an hour."),
        Field("reasoning_tokens", "BIGINT", "Of the output, tokens that the model thought with."),
        Field("cost_reported_usd", "DOUBLE", "Cost that the source itself gave to its calls."),
        Field("cost_computed_usd", "DOUBLE", "Price of the calls whose model has a known price."),
        Field("cost_usd", "DOUBLE", "Per call the reported cost, else the computed one."),
        Field("cost_basis", "VARCHAR", "reported, computed, mixed; NULL where there is no cost."),
        Field("unpriced_tokens", "BIGINT", "Tokens of calls that have neither cost nor price."),
        Field("costliest_usd", "DOUBLE", "Cost of its costliest call."),
        Field("costliest_span_id", "VARCHAR", "That call."),
        Field("turns", "BIGINT", "Turns of the conversation, as the run reported them."),
        Field("retries", "BIGINT", "Times that its agents tried again."),
        Field("tool_calls", "BIGINT", "Tool calls, counted; else as the run reported them."),
        Field(
            "tool_failures", "BIGINT", "Tool calls that failed; unknown where none was recorded."
        ),
        Field("pipeline_attempts", "BIGINT", "Pipelines, counted; else as the run reported them."),
        Field("pipelines_passed", "BIGINT", "Of those, passed."),
        Field("pipelines_failed", "BIGINT", "Of those, failed."),
        Field("debugging_cycles", "BIGINT", "Debugging cycles, counted; else as reported."),
        Field("debugging_resolved", "BIGINT", "Of those, resolved."),
        Field("debugging_judged", "BIGINT", "Cycles of which that is known either way."),
        Field(
            "first_time_right", "BOOLEAN", "As it reports, else by its first pipeline or patches."
        ),
        Field("files_created", "BIGINT", "Files that the run created."),
        Field("files_modified", "BIGINT", "Files that the run changed."),
        Field("files_deleted", "BIGINT", "Files that the run deleted."),
        Field("lines_added", "BIGINT", "Lines that the run added."),
        Field("lines_removed", "BIGINT", "Lines that the run removed."),
        Field("commits", "BIGINT", "Commits that the run made."),
        Field("coverage", "DOUBLE", "Share of the code that tests cover, 0..1."),
        Field("commit_sha", "VARCHAR", "Last commit that the run names."),
        Field("errors_reported", "BIGINT", "Errors, as the run reported them."),
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
        Field("errors_count", "BIGINT", "Of those, raised or failed; unknown where not recorded."),
        Field("retries", "BIGINT", "Times that it tried again, where that is recorded."),
        Field(
            "duration_s",
            "DOUBLE",
            "Seconds in which a step was under way; unknown where none has ended.",
        ),
    ),
    key=("source", "run_id", "agent"),
)

_OF_RUN = (
    Field("source", "VARCHAR", "System that wrote the trace.", required=True),
    Field("run_id", "VARCHAR", "The run.", required=True),
    Field("trace_id", "VARCHAR", "Trace of that run.", required=True),
)

USAGE = Table(
    "usage",
    "What one agent of one run spent on one model.",
    (
        *_OF_RUN,
        Field("agent", "VARCHAR", "Nearest agent above the calls; NULL where there is none."),
        Field("provider", "VARCHAR", "Who served the model, where the source says so."),
        Field("model", "VARCHAR", "The model; NULL where the calls do not say."),
        Field("calls_count", "BIGINT", "Calls that used tokens or cost something."),
        Field("input_tokens", "BIGINT", "Tokens sent, cached ones included."),
        Field("output_tokens", "BIGINT", "Tokens received, reasoning included."),
        Field("cache_read_tokens", "BIGINT", "Of the input, tokens read from a cache."),
        Field("cache_write_tokens", "BIGINT", "Of the input, tokens written to a cache."),
        Field("cache_write_1h_tokens", "BIGINT", "Of those, tokens to be kept for an hour."),
        Field("reasoning_tokens", "BIGINT", "Of the output, tokens that the model thought with."),
        Field("uncached_tokens", "BIGINT", "Of the input, tokens neither read nor written there."),
        Field("cacheable_tokens", "BIGINT", "Input of the calls that tell of cache reads."),
        Field("cached_tokens", "BIGINT", "Of that, tokens read from a cache."),
        Field("cost_reported_usd", "DOUBLE", "Cost that the source itself gave to these calls."),
        Field("cost_computed_usd", "DOUBLE", "Price of those of them that have a known price."),
        Field("both_reported_usd", "DOUBLE", "Reported cost of the calls that have both."),
        Field("both_computed_usd", "DOUBLE", "Computed cost of the same calls."),
        Field("cost_usd", "DOUBLE", "Per call the reported cost, else the computed one."),
        Field("unpriced_tokens", "BIGINT", "Tokens of calls that have neither."),
    ),
    key=("source", "run_id", "agent", "provider", "model"),
)

TOOL_USAGE = Table(
    "tool_usage",
    "One tool as one agent used it in one run.",
    (
        *_OF_RUN,
        Field("agent", "VARCHAR", "Nearest agent above the calls; NULL where there is none."),
        Field("tool", "VARCHAR", "The tool.", required=True),
        Field("calls_count", "BIGINT", "Calls."),
        Field("judged_count", "BIGINT", "Of those, calls whose end is recorded."),
        Field("failures_count", "BIGINT", "Of those, calls that failed."),
        Field("duration_s", "DOUBLE", "Seconds of the calls that have a duration, together."),
        Field("timed_count", "BIGINT", "Calls that those seconds are of."),
        Field("durations_s", "DOUBLE[]", "Seconds of each call that was recorded by itself."),
    ),
    key=("source", "run_id", "agent", "tool"),
)

PIPELINES = Table(
    "pipelines",
    "One CI pipeline of one run.",
    (
        *_OF_RUN,
        Field("span_id", "VARCHAR", "Span that recorded it.", required=True),
        Field("pipeline_id", "VARCHAR", "The pipeline, as the CI system calls it."),
        Field("commit_sha", "VARCHAR", "Commit that it ran on."),
        Field("trigger", "VARCHAR", "What started it."),
        Field("retry", "BIGINT", "0 for the first try, then 1, 2 ..., where recorded."),
        *TIMED,
        Field("duration_s", "DOUBLE", "End minus start."),
        Field("queue_s", "DOUBLE", "Seconds that it waited."),
        Field("execution_s", "DOUBLE", "Seconds that it ran."),
        Field("passed", "BOOLEAN", "Whether it passed; unknown where that is not recorded."),
        Field("failed_jobs", "VARCHAR[]", "Jobs that failed."),
        Field("error_type", "VARCHAR", "What kind of error it ended with."),
        Field("error_message", "VARCHAR", "Its message."),
    ),
    key=("source", "span_id"),
)

DEBUGGING_CYCLES = Table(
    "debugging_cycles",
    "One round of debugging one error in one run.",
    (
        *_OF_RUN,
        Field("span_id", "VARCHAR", "Span that recorded it.", required=True),
        Field("agent", "VARCHAR", "Agent that debugged."),
        Field("error_type", "VARCHAR", "What kind of error it was."),
        Field("error_message", "VARCHAR", "Its message."),
        *TIMED,
        Field("duration_s", "DOUBLE", "End minus start."),
        Field("attempts", "BIGINT", "Attempts it took."),
        Field("resolved", "BOOLEAN", "Whether it was resolved; unknown where not recorded."),
        Field("method", "VARCHAR", "How it was resolved."),
    ),
    key=("source", "span_id"),
)

BATCHES = Table(
    "batches",
    "One series of runs, as its own span describes it.",
    (
        Field("source", "VARCHAR", "System that wrote the trace.", required=True),
        Field("batch", "VARCHAR", "Id of the series.", required=True),
        Field("trace_id", "VARCHAR", "Trace that its span is in.", required=True),
        Field("span_id", "VARCHAR", "Its span.", required=True),
        Field("project", "VARCHAR", "Project it is filed under."),
        *TIMED,
        Field("last_seen_at", "TIMESTAMP", "Last sign of life of anything in its trace."),
        Field("status", "VARCHAR", "ok, error or running: how its own span ended."),
        Field("mode", "VARCHAR", "Execution mode, in the source's words."),
        Field("provider", "VARCHAR", "Provider that it was configured with."),
        Field("model", "VARCHAR", "Model that it was configured with."),
        Field("temperature", "DOUBLE", "Temperature that it was configured with."),
        Field("runs_stated", "BIGINT", "Runs, as it reports them."),
        Field("passed_stated", "BIGINT", "Runs that passed, as it reports them."),
        Field("failed_stated", "BIGINT", "Runs that failed, as it reports them."),
        Field("errors_stated", "BIGINT", "Errors, as it reports them."),
    ),
    key=("source", "span_id"),
)

CONFLICTS = Table(
    "conflicts",
    "One thing about one run that its own records say in two ways.",
    (
        *_OF_RUN,
        Field("kind", "VARCHAR", "What is said in two ways.", required=True),
        Field("one_says", "VARCHAR", "Who says what."),
        Field("other_says", "VARCHAR", "Who says otherwise, and what."),
    ),
    key=("source", "run_id", "kind"),
)
