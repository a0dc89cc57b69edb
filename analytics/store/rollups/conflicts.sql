-- One row per thing that the records of one run say in two ways.
CREATE OR REPLACE TEMP TABLE new_conflicts AS
-- A run's own statement is of the runs within it too.
WITH counted AS (
    SELECT
        around.source,
        around.outer_id AS run_id,
        sum(spent.input_tokens) + sum(spent.output_tokens) AS tokens,
        sum(spent.reported_usd::DECIMAL(38, 12))::DOUBLE AS reported_usd
    FROM around
    JOIN spent ON spent.source = around.source AND spent.run_id = around.run_id
    GROUP BY around.source, around.outer_id
),
headed AS (
    SELECT
        runs.*,
        facts.bugs_found AS bugs_found_stated,
        facts.bugs_fixed AS bugs_fixed_stated,
        facts.patches AS patches_stated,
        facts.tests_total AS tests_total_stated,
        facts.tests_passed AS tests_passed_stated,
        facts.tool_calls AS tool_calls_stated,
        facts.pipeline_attempts AS pipeline_attempts_stated,
        facts.pipelines_passed AS pipelines_passed_stated,
        facts.debugging_cycles AS debugging_cycles_stated,
        facts.debugging_resolved AS debugging_resolved_stated,
        CASE WHEN head.input_tokens IS NOT NULL AND head.output_tokens IS NOT NULL
            THEN head.input_tokens::HUGEINT + head.output_tokens END AS tokens_stated,
        counted.tokens AS tokens_counted,
        head.cost_usd AS cost_stated,
        counted.reported_usd AS cost_counted
    FROM new_runs AS runs
    LEFT JOIN touched_facts AS facts ON facts.source = runs.source AND facts.span_id = runs.run_id
    LEFT JOIN touched_spans AS head ON head.source = runs.source AND head.span_id = runs.run_id
    LEFT JOIN counted ON counted.source = runs.source AND counted.run_id = runs.run_id
    WHERE runs.status <> 'running'
),
said AS (
    SELECT
        source,
        run_id,
        trace_id,
        unnest([
            {'kind': 'claimed, not verified', 'holds': outcome_claimed = 'pass' AND outcome_verified = 'fail',
                'one_says': 'the agent: passed', 'other_says': 'its checks: failed'},
            {'kind': 'verified, not claimed', 'holds': outcome_claimed = 'fail' AND outcome_verified = 'pass',
                'one_says': 'the agent: failed', 'other_says': 'its checks: passed'},
            {'kind': 'bugs found', 'holds': bugs_found_stated <> bugs_found,
                'one_says': 'reported: ' || bugs_found_stated, 'other_says': 'counted: ' || bugs_found},
            {'kind': 'bugs fixed', 'holds': bugs_fixed_stated <> bugs_fixed,
                'one_says': 'reported: ' || bugs_fixed_stated, 'other_says': 'counted: ' || bugs_fixed},
            {'kind': 'patches', 'holds': patches_stated <> patches,
                'one_says': 'reported: ' || patches_stated, 'other_says': 'counted: ' || patches},
            {'kind': 'tests', 'holds': tests_total_stated <> tests_total OR tests_passed_stated <> tests_passed,
                'one_says': 'reported: ' || coalesce(tests_passed_stated::VARCHAR, '?') || ' of '
                    || coalesce(tests_total_stated::VARCHAR, '?') || ' passed',
                'other_says': 'in its steps: ' || coalesce(tests_passed::VARCHAR, '?') || ' of '
                    || coalesce(tests_total::VARCHAR, '?') || ' passed'},
            {'kind': 'tool calls', 'holds': tool_calls_stated <> tool_calls,
                'one_says': 'reported: ' || tool_calls_stated, 'other_says': 'counted: ' || tool_calls},
            {'kind': 'pipelines', 'holds': pipeline_attempts_stated <> pipeline_attempts,
                'one_says': 'reported: ' || pipeline_attempts_stated, 'other_says': 'counted: ' || pipeline_attempts},
            {'kind': 'pipelines passed', 'holds': pipelines_passed_stated <> pipelines_passed,
                'one_says': 'reported: ' || pipelines_passed_stated, 'other_says': 'counted: ' || pipelines_passed},
            {'kind': 'debugging cycles', 'holds': debugging_cycles_stated <> debugging_cycles,
                'one_says': 'reported: ' || debugging_cycles_stated, 'other_says': 'counted: ' || debugging_cycles},
            {'kind': 'debugging cycles resolved', 'holds': debugging_resolved_stated <> debugging_resolved,
                'one_says': 'reported: ' || debugging_resolved_stated, 'other_says': 'counted: ' || debugging_resolved},
            {'kind': 'tokens', 'holds': tokens_stated <> tokens_counted,
                'one_says': 'reported: ' || tokens_stated, 'other_says': 'sum of its calls: ' || tokens_counted},
            -- Less than a cent, or a thousandth, is rounding.
            {'kind': 'cost', 'holds': abs(cost_stated - cost_counted) > greatest(0.01, 0.001 * abs(cost_stated)),
                'one_says': 'reported: $' || round(cost_stated, 4),
                'other_says': 'sum of its calls: $' || round(cost_counted, 4)}
        ], recursive := true)
    FROM headed
),
gave_up AS (
    SELECT
        runs.source,
        runs.run_id,
        any_value(runs.trace_id) AS trace_id,
        CASE WHEN any_value(runs.outcome_verified) = 'pass' THEN 'its checks: passed' ELSE 'the run: passed' END
            AS whole,
        parts.agent,
        TRY_CAST(sum(facts.failures) AS BIGINT) AS failures
    FROM new_runs AS runs
    JOIN member AS parts ON parts.source = runs.source AND parts.run_id = runs.run_id
    JOIN touched_facts AS facts ON facts.source = parts.source AND facts.span_id = parts.span_id
    WHERE facts.role = 'agent' AND facts.failures > 0 AND coalesce(facts.successes, 0) = 0
        AND parts.agent IS NOT NULL
        AND coalesce(runs.outcome_verified, runs.outcome_claimed) = 'pass'
    GROUP BY runs.source, runs.run_id, parts.agent
)
SELECT source, run_id, trace_id, kind, one_says, other_says
FROM said
WHERE holds
UNION ALL
SELECT
    source,
    run_id,
    trace_id,
    'agent failed, run passed' AS kind,
    string_agg(agent || ': failed ' || failures || 'x', ', ' ORDER BY agent) AS one_says,
    any_value(whole) AS other_says
FROM gave_up
GROUP BY source, run_id, trace_id;
