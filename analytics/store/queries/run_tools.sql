-- One row per tool and agent of a run, the most used first.
SELECT
    agent,
    tool,
    calls_count,
    failures_count,
    duration_s,
    CASE WHEN timed_count > 0 THEN duration_s / timed_count END AS mean_s,
    list_aggregate(durations_s, 'quantile_cont', 0.95) AS p95_s
FROM tool_usage
WHERE source = $source AND run_id = $run_id
ORDER BY calls_count DESC, tool, agent;
