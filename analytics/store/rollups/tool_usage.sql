-- One row per tool, agent and run. A record may be one call or the sum of many.
CREATE OR REPLACE TEMP TABLE new_tool_usage AS
WITH used AS (
    SELECT
        spans.source,
        spans.run_id,
        spans.trace_id,
        under_agent.agent,
        spans.tool,
        coalesce(facts.calls, 1) AS calls,
        CASE
            WHEN facts.calls IS NULL THEN (spans.status = 'error' OR coalesce(NOT facts.passed, false))::BIGINT
            ELSE coalesce(facts.failures, facts.calls - facts.successes)
        END AS failures,
        -- A single call that has not ended has neither failed nor succeeded.
        facts.calls IS NOT NULL OR spans.status <> 'running' AS has_ended,
        CASE WHEN facts.calls IS NULL THEN spans.duration_s
            WHEN facts.total_s >= 0 AND facts.total_s < 1e12 THEN facts.total_s END AS seconds,
        CASE WHEN facts.calls IS NULL THEN spans.duration_s END AS single_s
    FROM member AS spans
    LEFT JOIN touched_facts AS facts USING (source, span_id)
    LEFT JOIN under_agent USING (source, span_id)
    WHERE spans.kind = 'tool' AND spans.tool IS NOT NULL
),
judged AS (
    SELECT *, has_ended AND failures BETWEEN 0 AND calls AS is_judged
    FROM used
)
SELECT
    source,
    run_id,
    any_value(trace_id) AS trace_id,
    agent,
    tool,
    TRY_CAST(sum(calls) AS BIGINT) AS calls_count,
    TRY_CAST(sum(calls) FILTER (is_judged) AS BIGINT) AS judged_count,
    TRY_CAST(sum(failures) FILTER (is_judged) AS BIGINT) AS failures_count,
    sum(seconds::DECIMAL(38, 9))::DOUBLE AS duration_s,
    TRY_CAST(sum(calls) FILTER (seconds IS NOT NULL) AS BIGINT) AS timed_count,
    list(single_s ORDER BY single_s) FILTER (single_s IS NOT NULL) AS durations_s
FROM judged
GROUP BY source, run_id, agent, tool;
