-- One row per agent and run, as in store/rollups/agent_runs.sql.
CREATE TEMPORARY TABLE agent_parts AS
WITH steps AS (
    SELECT
        member.run_id AS run_id,
        spans.agent AS agent,
        spans.started_us AS started_us,
        spans.ended_us AS ended_us,
        spans.duration_s AS duration_s,
        coalesce(facts.attempts, facts.calls, 1) AS steps_count,
        if(steps_count = 1,
            coalesce(facts.failures, toInt64(spans.status = 'error' OR ifNull(NOT facts.passed, false))),
            coalesce(facts.failures, coalesce(facts.attempts, facts.calls) - facts.successes)) AS failed_count,
        facts.retries AS retries,
        if(spans.duration_s IS NULL AND facts.total_s < 1e12, facts.total_s, NULL) AS summed_s,
        max(if(spans.duration_s IS NULL, NULL, spans.ended_us)) OVER (
            PARTITION BY member.run_id, spans.agent
            ORDER BY spans.started_us, spans.ended_us, spans.span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS busy_until_us
    FROM spans
    INNER JOIN member ON member.span_id = spans.span_id
    LEFT JOIN (SELECT * FROM facts WHERE role = 'agent') AS facts ON facts.span_id = spans.span_id
    WHERE spans.kind = 'agent' AND spans.agent IS NOT NULL AND spans.span_id <> member.run_id
)
SELECT
    run_id,
    agent,
    accurateCastOrNull(sum(toInt128(steps_count)), 'Int64') AS calls_count,
    if(min(ifNull(failed_count BETWEEN 0 AND steps_count, false)),
        accurateCastOrNull(sum(toInt128(failed_count)), 'Int64'), NULL) AS errors_count,
    accurateCastOrNull(sum(toInt128(retries)), 'Int64') AS retries,
    if(count(duration_s) + count(summed_s) > 0,
        ifNull(sumIf(
            greatest(ended_us - greatest(started_us, ifNull(busy_until_us, started_us)), 0), duration_s IS NOT NULL
        ) / 1e6, 0) + ifNull(sum(summed_s), 0),
        NULL) AS duration_s
FROM steps
GROUP BY run_id, agent
