-- One row per tool, agent and run, as in store/rollups/tool_usage.sql.
CREATE TEMPORARY TABLE tools AS
WITH used AS (
    SELECT
        member.run_id AS run_id,
        under_agent.agent AS agent,
        spans.tool AS tool,
        ifNull(facts.calls, 1) AS made,
        if(facts.calls IS NULL,
            toInt64(spans.status = 'error' OR ifNull(NOT facts.passed, false)),
            coalesce(facts.failures, facts.calls - facts.successes)) AS failed,
        (facts.calls IS NOT NULL OR spans.status <> 'running') AND failed BETWEEN 0 AND made AS is_judged,
        multiIf(
            facts.calls IS NULL, spans.duration_s,
            facts.total_s >= 0 AND facts.total_s < 1e12, facts.total_s,
            NULL
        ) AS seconds,
        if(facts.calls IS NULL, spans.duration_s, NULL) AS single_s
    FROM spans
    INNER JOIN member ON member.span_id = spans.span_id
    LEFT JOIN facts ON facts.span_id = spans.span_id
    LEFT JOIN under_agent ON under_agent.span_id = spans.span_id
    WHERE spans.kind = 'tool' AND spans.tool IS NOT NULL
)
SELECT
    run_id,
    agent,
    tool,
    accurateCastOrNull(sum(toInt128(made)), 'Int64') AS calls_count,
    accurateCastOrNull(sumIf(toInt128(made), is_judged), 'Int64') AS judged_count,
    accurateCastOrNull(sumIf(toInt128(failed), is_judged), 'Int64') AS failures_count,
    sum(seconds) AS duration_s,
    accurateCastOrNull(sumIf(toInt128(made), seconds IS NOT NULL), 'Int64') AS timed_count,
    groupArray(single_s) AS durations_s
FROM used
GROUP BY run_id, agent, tool
