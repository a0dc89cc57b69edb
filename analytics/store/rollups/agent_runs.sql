-- One row per agent and run. The orchestrating run itself is no agent of its own run.
CREATE OR REPLACE TEMP TABLE new_agent_runs AS
WITH steps AS (
    SELECT
        spans.*,
        -- One record may be the sum of several attempts.
        coalesce(facts.attempts, facts.calls, 1) AS steps_count,
        CASE
            WHEN coalesce(facts.attempts, facts.calls, 1) = 1
                THEN coalesce(facts.failures, (spans.status = 'error' OR coalesce(NOT facts.passed, false))::BIGINT)
            ELSE coalesce(facts.failures, coalesce(facts.attempts, facts.calls) - facts.successes)
        END AS failed_count,
        facts.retries,
        CASE WHEN spans.duration_s IS NULL AND facts.total_s < 1e12
            THEN facts.total_s::DECIMAL(38, 9) END AS summed_s,
        -- A step within another of the same agent, or beside it, adds only what the other left free.
        max(CASE WHEN spans.duration_s IS NOT NULL THEN spans.ended_at END) OVER (
            PARTITION BY spans.source, spans.run_id, spans.agent
            ORDER BY spans.started_at, spans.ended_at, spans.span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS busy_until
    FROM member AS spans
    LEFT JOIN touched_facts AS facts
        ON facts.source = spans.source AND facts.span_id = spans.span_id AND facts.role = 'agent'
    WHERE spans.kind = 'agent' AND spans.agent IS NOT NULL AND spans.span_id <> spans.run_id
)
SELECT
    source,
    run_id,
    any_value(trace_id) AS trace_id,
    agent,
    TRY_CAST(sum(steps_count) AS BIGINT) AS calls_count,
    CASE WHEN bool_and(coalesce(failed_count BETWEEN 0 AND steps_count, false))
        THEN TRY_CAST(sum(failed_count) AS BIGINT) END AS errors_count,
    TRY_CAST(sum(retries) AS BIGINT) AS retries,
    CASE WHEN count(duration_s) + count(summed_s) > 0 THEN
        coalesce(sum(greatest(epoch_us(ended_at) - epoch_us(greatest(started_at, busy_until)), 0))
            FILTER (duration_s IS NOT NULL) / 1e6, 0)
        + coalesce(sum(summed_s)::DOUBLE, 0)
        END AS duration_s
FROM steps
GROUP BY source, run_id, agent;
