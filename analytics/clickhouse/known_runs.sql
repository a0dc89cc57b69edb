-- One row per run, as in store/rollups/runs.sql, its state and outcome as in store/views/runs.sql. Reports that
-- came afterwards, and what a repository says of a run, are in a store and not here.
CREATE TEMPORARY TABLE known_runs AS
WITH own AS (
    SELECT member.run_id AS run_id, spans.*
    FROM spans
    INNER JOIN member ON member.span_id = spans.span_id
),
totals AS (
    SELECT
        run_id,
        any(trace_id) AS trace_id,
        min(started_us) AS first_started_us,
        countIf(status = 'error' AND span_id <> run_id) AS errors_count,
        argMinIf(preset, (started_us, span_id), preset IS NOT NULL) AS preset
    FROM own
    GROUP BY run_id
),
costs AS (
    SELECT
        run_id,
        accurateCastOrNull(sum(toInt128(input_tokens)), 'Int64') AS input_tokens,
        accurateCastOrNull(sum(toInt128(output_tokens)), 'Int64') AS output_tokens,
        sum(cost_usd) AS cost_usd,
        accurateCastOrNull(sum(unpriced_tokens), 'Int64') AS unpriced_tokens,
        if(uniqExact(model) = 1 AND min(model IS NOT NULL), any(model), NULL) AS model
    FROM spent
    GROUP BY run_id
),
tool_sums AS (
    SELECT run_id, accurateCastOrNull(sum(toInt128(calls_count)), 'Int64') AS tool_calls
    FROM tools
    GROUP BY run_id
),
pipes AS (
    SELECT
        run_id,
        toInt64(count()) AS attempts,
        -- Where none tells how it ended, nothing is counted.
        if(count(passed) > 0, toInt64(countIf(passed)), NULL) AS passed_count,
        if(count(passed) > 0, toInt64(countIf(NOT passed)), NULL) AS failed_count,
        -- In a tuple, so that a first one that does not tell is not passed over.
        argMin(tuple(passed), (started_us, span_id)).1 AS first_passed
    FROM ci
    GROUP BY run_id
),
cycle_sums AS (
    SELECT
        run_id,
        toInt64(count()) AS total,
        if(count(resolved) > 0, toInt64(countIf(resolved)), NULL) AS resolved_count,
        nullIf(toInt64(count(resolved)), 0) AS judged
    FROM cycles
    GROUP BY run_id
),
tried_again AS (
    SELECT run_id, accurateCastOrNull(sum(toInt128(retries)), 'Int64') AS retries
    FROM agent_parts
    GROUP BY run_id
),
-- What the run's code steps report, one after the other.
coded AS (
    SELECT
        own.run_id AS run_id,
        accurateCastOrNull(sum(toInt128(facts.files_created)), 'Int64') AS files_created,
        accurateCastOrNull(sum(toInt128(facts.files_modified)), 'Int64') AS files_modified,
        accurateCastOrNull(sum(toInt128(facts.files_deleted)), 'Int64') AS files_deleted,
        accurateCastOrNull(sum(toInt128(facts.lines_added)), 'Int64') AS lines_added,
        accurateCastOrNull(sum(toInt128(facts.lines_removed)), 'Int64') AS lines_removed,
        accurateCastOrNull(sum(toInt128(facts.commits)), 'Int64') AS commits,
        argMaxIf(facts.coverage, (own.started_us, own.span_id), facts.coverage IS NOT NULL) AS coverage
    FROM own
    INNER JOIN facts ON facts.span_id = own.span_id
    WHERE facts.role = 'code'
    GROUP BY own.run_id
),
-- The patches that fixed a bug: those before were replaced, those of open bugs did not hold.
held AS (
    SELECT
        bugs.run_id AS run_id,
        accurateCastOrNull(sum(toInt128(facts.files_created)), 'Int64') AS files_created,
        accurateCastOrNull(sum(toInt128(facts.files_modified)), 'Int64') AS files_modified,
        accurateCastOrNull(sum(toInt128(facts.files_deleted)), 'Int64') AS files_deleted,
        accurateCastOrNull(sum(toInt128(facts.lines_added)), 'Int64') AS lines_added,
        accurateCastOrNull(sum(toInt128(facts.lines_removed)), 'Int64') AS lines_removed
    FROM bugs
    INNER JOIN facts ON facts.span_id = bugs.patch_span_id
    WHERE bugs.fixed_us IS NOT NULL
    GROUP BY bugs.run_id
),
-- What a series was configured with holds for each of its runs that does not say otherwise.
series AS (
    SELECT
        spans.trace_id AS trace_id,
        ifNull(facts.batch, spans.span_id) AS batch_id,
        argMaxIf(facts.model, (spans.started_us, spans.span_id), facts.model IS NOT NULL) AS model
    FROM facts
    INNER JOIN spans ON spans.span_id = facts.span_id
    WHERE facts.role = 'batch'
    GROUP BY spans.trace_id, batch_id
),
told AS (
    SELECT
        own.run_id AS run_id,
        countIf(facts.role = 'test') AS tests_count,
        toInt64(countIf(facts.role = 'patch' AND own.status <> 'error')) AS patches_count,
        max(facts.role = 'patch') AS has_patches,
        argMaxIf(
            facts.passed, (own.started_us, own.span_id), facts.role = 'accept' AND facts.passed IS NOT NULL
        ) AS accepted,
        argMaxIf(
            facts.passed, (own.started_us, own.span_id), facts.role IN ('test', 'verify') AND facts.passed IS NOT NULL
        ) AS last_check_passed,
        argMaxIf(
            tuple(facts.tests_total, facts.tests_passed),
            (facts.role = 'accept', own.started_us, own.span_id),
            facts.role IN ('test', 'accept') AND facts.tests_total IS NOT NULL
        ) AS tests,
        nullIf(toInt64(countIf(facts.role = 'lookup' AND facts.knowledge_hit IS NOT NULL)), 0) AS knowledge_lookups,
        toInt64(countIf(facts.role = 'lookup' AND facts.knowledge_hit)) AS knowledge_hits,
        argMaxIf(
            facts.deployment_time_s,
            (own.started_us, own.span_id),
            facts.role = 'deploy' AND facts.deployment_time_s IS NOT NULL
        ) AS deployment_time_s
    FROM own
    INNER JOIN facts ON facts.span_id = own.span_id
    GROUP BY own.run_id
),
bug_sums AS (
    SELECT
        run_id,
        toInt64(count()) AS bugs_found,
        toInt64(count(fixed_us)) AS bugs_fixed,
        -- Unknown by the name that view fixes gives it; NULL is left for runs without a bug.
        if(uniqExact(ifNull(bug_type, 'UNKNOWN')) > 1, 'several', ifNull(any(bug_type), 'UNKNOWN')) AS bug_type,
        -- A bug that went without a patch says nothing of patches; one that stayed does.
        if(count(attempts) > 0, min(fixed_us IS NOT NULL AND ifNull(attempts, 1) = 1), NULL) AS first_try
    FROM bugs
    GROUP BY run_id
)
SELECT
    totals.run_id AS run_id,
    coalesce(head.preset, totals.preset) AS preset,
    head.op_version AS op_version,
    coalesce(
        head.agent,
        if(NOT startsWith(head.op, 'record.'), splitByChar('.', ifNull(head.op, ''))[1], NULL)
    ) AS agent,
    own_facts.task AS task,
    own_facts.variant AS variant,
    own_facts.repo AS repo,
    own_facts.batch AS batch,
    own_facts.complexity AS complexity,
    coalesce(costs.model, own_facts.model, series.model) AS model,
    ifNull(head.started_us, totals.first_started_us) AS started_us,
    last_seen.last_seen_us AS last_seen_us,
    head.duration_s AS duration_s,
    ifNull(head.status, 'running') AS status,
    multiIf(
        -- A call may have returned without its end being known.
        head.ended_us IS NOT NULL OR status <> 'running', 'finished',
        last_seen.last_seen_us < {now_us:Int64} - {stale_after_us:Int64}, 'abandoned',
        'running'
    ) AS state,
    coalesce(own_facts.claimed, if(head.status = 'error', 'fail', NULL)) AS outcome_claimed,
    coalesce(
        told.accepted,
        own_facts.passed,
        -- Each bug must be fixed, and the last check must pass: it may fail on what it does not name.
        if(told.last_check_passed IS NOT NULL,
            told.last_check_passed AND ifNull(bug_sums.bugs_found = bug_sums.bugs_fixed, true), NULL)
    ) AS is_verified_pass,
    multiIf(is_verified_pass, 'pass', NOT is_verified_pass, 'fail', NULL) AS outcome_verified,
    multiIf(
        state = 'running', 'unknown',
        state = 'abandoned', 'fail',
        coalesce(outcome_verified, outcome_claimed, 'unknown')
    ) AS outcome,
    coalesce(own_facts.error_kind, error_kinds.kind) AS error_kind,
    bug_sums.bug_type AS bug_type,
    own_facts.iterations AS iterations,
    coalesce(bug_sums.bugs_found, own_facts.bugs_found, if(told.tests_count > 0, 0, NULL)) AS bugs_found,
    if(bug_sums.bugs_found IS NOT NULL, bug_sums.bugs_fixed,
        coalesce(own_facts.bugs_fixed, if(told.tests_count > 0, 0, NULL))) AS bugs_fixed,
    if(told.has_patches, told.patches_count,
        coalesce(own_facts.patches, if(told.tests_count > 0, 0, NULL))) AS patches,
    coalesce(told.tests.1, own_facts.tests_total) AS tests_total,
    if(told.tests.1 IS NOT NULL, told.tests.2, own_facts.tests_passed) AS tests_passed,
    told.knowledge_lookups AS knowledge_lookups,
    if(told.knowledge_lookups IS NOT NULL, told.knowledge_hits, NULL) AS knowledge_hits,
    coalesce(told.deployment_time_s, own_facts.deployment_time_s) AS deployment_time_s,
    totals.errors_count AS errors_count,
    accurateCastOrNull(toInt128(costs.input_tokens) + costs.output_tokens, 'Int64') AS tokens,
    costs.cost_usd AS cost_usd,
    costs.unpriced_tokens AS unpriced_tokens,
    own_facts.turns AS turns,
    coalesce(tried_again.retries, own_facts.retries) AS retries,
    coalesce(tool_sums.tool_calls, own_facts.tool_calls) AS tool_calls,
    coalesce(pipes.attempts, own_facts.pipeline_attempts) AS pipeline_attempts,
    coalesce(pipes.passed_count, own_facts.pipelines_passed) AS pipelines_passed,
    coalesce(pipes.failed_count, own_facts.pipelines_failed) AS pipelines_failed,
    coalesce(cycle_sums.total, own_facts.debugging_cycles) AS debugging_cycles,
    coalesce(cycle_sums.resolved_count, own_facts.debugging_resolved) AS debugging_resolved,
    coalesce(
        cycle_sums.judged,
        if(own_facts.debugging_resolved IS NOT NULL, own_facts.debugging_cycles, NULL)
    ) AS debugging_judged,
    coalesce(own_facts.first_time_right, pipes.first_passed, bug_sums.first_try) AS first_time_right,
    coalesce(own_facts.files_created, coded.files_created, held.files_created) AS files_created,
    coalesce(own_facts.files_modified, coded.files_modified, held.files_modified) AS files_modified,
    coalesce(own_facts.files_deleted, coded.files_deleted, held.files_deleted) AS files_deleted,
    coalesce(own_facts.lines_added, coded.lines_added, held.lines_added) AS lines_added,
    coalesce(own_facts.lines_removed, coded.lines_removed, held.lines_removed) AS lines_removed,
    coalesce(own_facts.commits, coded.commits) AS commits,
    coalesce(own_facts.coverage, coded.coverage) AS coverage
FROM totals
INNER JOIN last_seen ON last_seen.run_id = totals.run_id
LEFT JOIN spans AS head ON head.span_id = totals.run_id
LEFT JOIN facts AS own_facts ON own_facts.span_id = totals.run_id
LEFT JOIN series ON series.trace_id = totals.trace_id AND series.batch_id = own_facts.batch
LEFT JOIN told ON told.run_id = totals.run_id
LEFT JOIN costs ON costs.run_id = totals.run_id
LEFT JOIN tool_sums ON tool_sums.run_id = totals.run_id
LEFT JOIN pipes ON pipes.run_id = totals.run_id
LEFT JOIN cycle_sums ON cycle_sums.run_id = totals.run_id
LEFT JOIN tried_again ON tried_again.run_id = totals.run_id
LEFT JOIN coded ON coded.run_id = totals.run_id
LEFT JOIN held ON held.run_id = totals.run_id
LEFT JOIN bug_sums ON bug_sums.run_id = totals.run_id
LEFT JOIN error_kinds
    ON error_kinds.error_type = head.error_type
    AND error_kinds.preset = ifNull(head.preset, '')
