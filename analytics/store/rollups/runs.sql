-- One row per run of the touched traces. Reads new_fixes: a run's bugs are counted, not believed.
CREATE OR REPLACE TEMP TABLE new_runs AS
WITH own AS (
    SELECT member.run_id, spans.*
    FROM touched_spans AS spans
    JOIN member USING (source, span_id)
),
totals AS (
    SELECT
        source,
        run_id,
        any_value(trace_id) AS trace_id,
        min(started_at) AS first_started_at,
        count(*) AS spans_count,
        count_if(status = 'error' AND span_id <> run_id) AS errors_count,
        arg_min(project, (started_at, span_id)) AS project,
        arg_min(preset, (started_at, span_id)) FILTER (preset IS NOT NULL) AS preset
    FROM own
    GROUP BY source, run_id
),
spenders AS (
    SELECT * FROM own
    WHERE input_tokens IS NOT NULL OR output_tokens IS NOT NULL OR cost_usd IS NOT NULL
),
-- Sources that roll usage up repeat it in every ancestor: only the lowest spans that carry it count.
spent AS (
    SELECT
        spenders.source,
        spenders.run_id,
        TRY_CAST(sum(spenders.input_tokens) AS BIGINT) AS input_tokens,
        TRY_CAST(sum(spenders.output_tokens) AS BIGINT) AS output_tokens,
        TRY_CAST(sum(spenders.cache_read_tokens) AS BIGINT) AS cache_read_tokens,
        -- Decimals add up to the same in any order, which floating point does not.
        sum(CASE WHEN abs(spenders.cost_usd) < 1e12 THEN spenders.cost_usd::DECIMAL(38, 12) END)::DOUBLE
            AS cost_usd,
        CASE WHEN count(DISTINCT spenders.model) = 1 AND bool_and(spenders.model IS NOT NULL)
            THEN any_value(spenders.model) END AS model
    FROM spenders
    ANTI JOIN spenders AS lower
        ON lower.source = spenders.source
        AND lower.trace_id = spenders.trace_id
        AND lower.parent_id = spenders.span_id
    GROUP BY spenders.source, spenders.run_id
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
    FROM own
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
            ELSE coalesce(any_value(bug_type), 'UNKNOWN') END AS bug_type
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
    coalesce(head.agent, split_part(head.op, '.', 1)) AS agent,
    facts.task,
    facts.attempt,
    facts.variant,
    facts.repo,
    coalesce(spent.model, facts.model) AS model,
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
    spent.input_tokens,
    spent.output_tokens,
    spent.cache_read_tokens,
    spent.cost_usd,
    CASE WHEN spent.cost_usd IS NOT NULL THEN 'reported' END AS cost_basis
FROM totals
JOIN last_seen USING (source, run_id)
LEFT JOIN touched_spans AS head ON head.source = totals.source AND head.span_id = totals.run_id
LEFT JOIN touched_facts AS facts ON facts.source = totals.source AND facts.span_id = totals.run_id
LEFT JOIN told ON told.source = totals.source AND told.run_id = totals.run_id
LEFT JOIN spent ON spent.source = totals.source AND spent.run_id = totals.run_id
LEFT JOIN bugs ON bugs.source = totals.source AND bugs.run_id = totals.run_id
LEFT JOIN error_kinds
    ON error_kinds.error_type = head.error_type
    AND error_kinds.preset IS NOT DISTINCT FROM head.preset;
