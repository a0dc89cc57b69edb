-- One row per run of the touched traces. What was recorded step by step is counted; what was not is taken
-- from the run's own report.
CREATE OR REPLACE TEMP TABLE new_runs AS
WITH totals AS (
    SELECT
        source,
        run_id,
        any_value(trace_id) AS trace_id,
        min(started_at) AS first_started_at,
        count(*) AS spans_count,
        count_if(status = 'error' AND span_id <> run_id) AS errors_count,
        arg_min(project, (started_at, span_id)) AS project,
        arg_min(preset, (started_at, span_id)) FILTER (preset IS NOT NULL) AS preset
    FROM member
    GROUP BY source, run_id
),
costs AS (
    SELECT
        source,
        run_id,
        TRY_CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
        TRY_CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
        TRY_CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
        TRY_CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
        TRY_CAST(sum(cache_write_1h_tokens) AS BIGINT) AS cache_write_1h_tokens,
        TRY_CAST(sum(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
        sum(reported_usd::DECIMAL(38, 12))::DOUBLE AS cost_reported_usd,
        sum(TRY_CAST(computed_usd AS DECIMAL(38, 12)))::DOUBLE AS cost_computed_usd,
        sum(TRY_CAST(cost_usd AS DECIMAL(38, 12)))::DOUBLE AS cost_usd,
        CASE
            WHEN count(cost_usd) = 0 THEN NULL
            WHEN count(reported_usd) = count(cost_usd) THEN 'reported'
            WHEN count(reported_usd) = 0 THEN 'computed'
            ELSE 'mixed'
        END AS cost_basis,
        TRY_CAST(sum(unpriced_tokens) AS BIGINT) AS unpriced_tokens,
        max(cost_usd) AS costliest_usd,
        arg_max(span_id, (cost_usd, span_id)) FILTER (cost_usd IS NOT NULL) AS costliest_span_id,
        -- What only states a cost for others asked no model.
        CASE WHEN count(DISTINCT model) = 1 AND bool_and(model IS NOT NULL OR is_statement)
            THEN any_value(model) END AS model
    FROM spent
    GROUP BY source, run_id
),
tools AS (
    SELECT
        source,
        run_id,
        TRY_CAST(sum(calls_count) AS BIGINT) AS tool_calls,
        TRY_CAST(sum(failures_count) AS BIGINT) AS tool_failures
    FROM new_tool_usage
    GROUP BY source, run_id
),
pipes AS (
    SELECT
        source,
        run_id,
        count(*) AS attempts,
        -- Where none tells how it ended, nothing is counted.
        CASE WHEN count(passed) > 0 THEN count_if(passed) END AS passed,
        CASE WHEN count(passed) > 0 THEN count_if(NOT passed) END AS failed,
        -- In a struct, so that a first one that does not tell is not passed over.
        arg_min({'passed': passed}, (started_at, span_id)).passed AS first_passed,
        arg_max(commit_sha, (started_at, span_id)) FILTER (commit_sha IS NOT NULL) AS commit_sha
    FROM new_pipelines
    GROUP BY source, run_id
),
cycles AS (
    SELECT
        source,
        run_id,
        count(*) AS total,
        CASE WHEN count(resolved) > 0 THEN count_if(resolved) END AS resolved,
        nullif(count(resolved), 0) AS judged
    FROM new_debugging_cycles
    GROUP BY source, run_id
),
tried_again AS (
    SELECT source, run_id, TRY_CAST(sum(retries) AS BIGINT) AS retries
    FROM new_agent_runs
    GROUP BY source, run_id
),
-- What the run's code steps report, one after the other.
coded AS (
    SELECT
        own.source,
        own.run_id,
        TRY_CAST(sum(facts.files_created) AS BIGINT) AS files_created,
        TRY_CAST(sum(facts.files_modified) AS BIGINT) AS files_modified,
        TRY_CAST(sum(facts.files_deleted) AS BIGINT) AS files_deleted,
        TRY_CAST(sum(facts.lines_added) AS BIGINT) AS lines_added,
        TRY_CAST(sum(facts.lines_removed) AS BIGINT) AS lines_removed,
        TRY_CAST(sum(facts.commits) AS BIGINT) AS commits,
        arg_max(facts.coverage, (own.started_at, own.span_id)) FILTER (facts.coverage IS NOT NULL) AS coverage,
        arg_max(facts.commit_sha, (own.started_at, own.span_id)) FILTER (facts.commit_sha IS NOT NULL) AS commit_sha
    FROM member AS own
    JOIN touched_facts AS facts USING (source, span_id)
    WHERE facts.role = 'code'
    GROUP BY own.source, own.run_id
),
-- The patches that fixed a bug: those before were replaced, those of open bugs did not hold.
kept AS (
    SELECT
        fixes.source,
        fixes.run_id,
        TRY_CAST(sum(facts.files_created) AS BIGINT) AS files_created,
        TRY_CAST(sum(facts.files_modified) AS BIGINT) AS files_modified,
        TRY_CAST(sum(facts.files_deleted) AS BIGINT) AS files_deleted,
        TRY_CAST(sum(facts.lines_added) AS BIGINT) AS lines_added,
        TRY_CAST(sum(facts.lines_removed) AS BIGINT) AS lines_removed
    FROM new_fixes AS fixes
    JOIN touched_facts AS facts ON facts.source = fixes.source AND facts.span_id = fixes.patch_span_id
    WHERE fixes.fixed_at IS NOT NULL
    GROUP BY fixes.source, fixes.run_id
),
series AS (
    SELECT
        source,
        trace_id,
        batch,
        arg_max(mode, (started_at, span_id)) AS mode,
        arg_max(provider, (started_at, span_id)) AS provider,
        arg_max(temperature, (started_at, span_id)) AS temperature,
        arg_max(model, (started_at, span_id)) AS model
    FROM new_batches
    GROUP BY source, trace_id, batch
),
told AS (
    SELECT
        own.source,
        own.run_id,
        count_if(facts.role = 'test') AS tests_count,
        count_if(facts.role = 'patch' AND own.status <> 'error') AS patches_count,
        bool_or(facts.role = 'patch') AS has_patches,
        arg_max(facts.passed, (own.started_at, own.span_id))
            FILTER (facts.role = 'accept' AND facts.passed IS NOT NULL) AS accepted,
        arg_max(facts.passed, (own.started_at, own.span_id))
            FILTER (facts.role IN ('test', 'verify') AND facts.passed IS NOT NULL) AS last_check_passed,
        arg_max(
            {'total': facts.tests_total, 'passed': facts.tests_passed},
            (facts.role = 'accept', own.started_at, own.span_id)
        ) FILTER (facts.role IN ('test', 'accept') AND facts.tests_total IS NOT NULL) AS tests,
        nullif(count_if(facts.role = 'lookup' AND facts.knowledge_hit IS NOT NULL), 0) AS knowledge_lookups,
        count_if(facts.role = 'lookup' AND facts.knowledge_hit) AS knowledge_hits,
        arg_max(facts.deployment_time_s, (own.started_at, own.span_id))
            FILTER (facts.role = 'deploy' AND facts.deployment_time_s IS NOT NULL) AS deployment_time_s
    FROM member AS own
    JOIN touched_facts AS facts USING (source, span_id)
    GROUP BY own.source, own.run_id
),
bugs AS (
    SELECT
        source,
        run_id,
        count(*) AS bugs_found,
        count(fixed_at) AS bugs_fixed,
        -- Unknown by the name that view fixes gives it; NULL is left for runs without a bug.
        CASE WHEN count(DISTINCT coalesce(bug_type, 'UNKNOWN')) > 1 THEN 'several'
            ELSE coalesce(any_value(bug_type), 'UNKNOWN') END AS bug_type,
        -- A bug that went without a patch says nothing of patches; one that stayed does.
        CASE WHEN count(attempts) > 0
            THEN bool_and(fixed_at IS NOT NULL AND coalesce(attempts, 1) = 1) END AS first_try
    FROM new_fixes
    GROUP BY source, run_id
)
SELECT
    totals.source,
    totals.run_id,
    totals.trace_id,
    totals.project,
    coalesce(head.preset, totals.preset) AS preset,
    head.op,
    head.op_version,
    coalesce(
        head.agent,
        CASE WHEN NOT starts_with(head.op, 'record.') THEN split_part(head.op, '.', 1) END
    ) AS agent,
    facts.task,
    facts.attempt,
    facts.variant,
    facts.repo,
    facts.batch,
    coalesce(facts.mode, series.mode) AS mode,
    coalesce(facts.provider, series.provider) AS provider,
    coalesce(facts.temperature, series.temperature) AS temperature,
    facts.complexity,
    coalesce(costs.model, facts.model, series.model) AS model,
    coalesce(head.started_at, totals.first_started_at) AS started_at,
    head.ended_at,
    last_seen.last_seen_at,
    head.duration_s,
    coalesce(head.status, 'running') AS status,
    coalesce(facts.claimed, CASE WHEN head.status = 'error' THEN 'fail' END) AS outcome_claimed,
    CASE coalesce(
        told.accepted,
        facts.passed,
        -- Each bug must be fixed, and the last check must pass: it may fail on what it does not name.
        CASE WHEN told.last_check_passed IS NOT NULL
            THEN told.last_check_passed AND coalesce(bugs.bugs_found = bugs.bugs_fixed, true) END
    ) WHEN true THEN 'pass' WHEN false THEN 'fail' END AS outcome_verified,
    head.error_type,
    coalesce(facts.error_kind, error_kinds.kind) AS error_kind,
    bugs.bug_type,
    facts.iterations,
    coalesce(bugs.bugs_found, facts.bugs_found, CASE WHEN told.tests_count > 0 THEN 0 END) AS bugs_found,
    CASE WHEN bugs.bugs_found IS NOT NULL THEN bugs.bugs_fixed
        ELSE coalesce(facts.bugs_fixed, CASE WHEN told.tests_count > 0 THEN 0 END) END AS bugs_fixed,
    CASE WHEN told.has_patches THEN told.patches_count
        ELSE coalesce(facts.patches, CASE WHEN told.tests_count > 0 THEN 0 END) END AS patches,
    coalesce(told.tests.total, facts.tests_total) AS tests_total,
    CASE WHEN told.tests.total IS NOT NULL THEN told.tests.passed ELSE facts.tests_passed END AS tests_passed,
    told.knowledge_lookups,
    CASE WHEN told.knowledge_lookups IS NOT NULL THEN told.knowledge_hits END AS knowledge_hits,
    coalesce(told.deployment_time_s, facts.deployment_time_s) AS deployment_time_s,
    totals.spans_count,
    totals.errors_count,
    costs.input_tokens,
    costs.output_tokens,
    costs.cache_read_tokens,
    costs.cache_write_tokens,
    costs.cache_write_1h_tokens,
    costs.reasoning_tokens,
    costs.cost_reported_usd,
    costs.cost_computed_usd,
    costs.cost_usd,
    costs.cost_basis,
    costs.unpriced_tokens,
    costs.costliest_usd,
    costs.costliest_span_id,
    facts.turns,
    coalesce(tried_again.retries, facts.retries) AS retries,
    coalesce(tools.tool_calls, facts.tool_calls) AS tool_calls,
    tools.tool_failures,
    coalesce(pipes.attempts, facts.pipeline_attempts) AS pipeline_attempts,
    coalesce(pipes.passed, facts.pipelines_passed) AS pipelines_passed,
    coalesce(pipes.failed, facts.pipelines_failed) AS pipelines_failed,
    coalesce(cycles.total, facts.debugging_cycles) AS debugging_cycles,
    coalesce(cycles.resolved, facts.debugging_resolved) AS debugging_resolved,
    coalesce(
        cycles.judged,
        CASE WHEN facts.debugging_resolved IS NOT NULL THEN facts.debugging_cycles END
    ) AS debugging_judged,
    coalesce(facts.first_time_right, pipes.first_passed, bugs.first_try) AS first_time_right,
    coalesce(facts.files_created, coded.files_created, kept.files_created) AS files_created,
    coalesce(facts.files_modified, coded.files_modified, kept.files_modified) AS files_modified,
    coalesce(facts.files_deleted, coded.files_deleted, kept.files_deleted) AS files_deleted,
    coalesce(facts.lines_added, coded.lines_added, kept.lines_added) AS lines_added,
    coalesce(facts.lines_removed, coded.lines_removed, kept.lines_removed) AS lines_removed,
    coalesce(facts.commits, coded.commits) AS commits,
    coalesce(facts.coverage, coded.coverage) AS coverage,
    coalesce(facts.commit_sha, coded.commit_sha, pipes.commit_sha) AS commit_sha,
    facts.errors AS errors_reported
FROM totals
JOIN last_seen USING (source, run_id)
LEFT JOIN touched_spans AS head ON head.source = totals.source AND head.span_id = totals.run_id
LEFT JOIN touched_facts AS facts ON facts.source = totals.source AND facts.span_id = totals.run_id
-- What a series was configured with holds for each of its runs that does not say otherwise.
LEFT JOIN series
    ON series.source = totals.source AND series.trace_id = totals.trace_id AND series.batch = facts.batch
LEFT JOIN told ON told.source = totals.source AND told.run_id = totals.run_id
LEFT JOIN costs ON costs.source = totals.source AND costs.run_id = totals.run_id
LEFT JOIN tools ON tools.source = totals.source AND tools.run_id = totals.run_id
LEFT JOIN pipes ON pipes.source = totals.source AND pipes.run_id = totals.run_id
LEFT JOIN cycles ON cycles.source = totals.source AND cycles.run_id = totals.run_id
LEFT JOIN tried_again ON tried_again.source = totals.source AND tried_again.run_id = totals.run_id
LEFT JOIN coded ON coded.source = totals.source AND coded.run_id = totals.run_id
LEFT JOIN kept ON kept.source = totals.source AND kept.run_id = totals.run_id
LEFT JOIN bugs ON bugs.source = totals.source AND bugs.run_id = totals.run_id
LEFT JOIN error_kinds
    ON error_kinds.error_type = head.error_type
    AND error_kinds.preset IS NOT DISTINCT FROM head.preset;
