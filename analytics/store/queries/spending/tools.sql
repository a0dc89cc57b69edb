-- One row per tool of the chosen runs.
WITH used AS (
    SELECT
        tool,
        TRY_CAST(sum(calls_count) AS BIGINT) AS calls,
        count(DISTINCT (source, run_id)) AS runs,
        TRY_CAST(sum(failures_count) AS BIGINT) AS failures,
        TRY_CAST(sum(judged_count) AS BIGINT) AS judged,
        sum(duration_s) AS total_s,
        TRY_CAST(sum(timed_count) FILTER (duration_s IS NOT NULL) AS BIGINT) AS timed
    FROM tool_usage
    SEMI JOIN chosen_runs USING (source, run_id)
    GROUP BY tool
),
single AS (
    SELECT tool, quantile_cont(duration_s, 0.95) AS p95_s, count(*) AS single
    FROM tool_calls
    SEMI JOIN chosen_runs USING (source, run_id)
    GROUP BY tool
)
SELECT
    used.tool,
    used.calls,
    used.runs,
    used.failures,
    used.judged,
    used.failures / nullif(used.judged, 0) AS failure_rate,
    used.total_s / nullif(used.timed, 0) AS mean_s,
    single.p95_s,
    used.total_s,
    used.timed
FROM used
LEFT JOIN single USING (tool)
ORDER BY used.calls DESC, used.tool;
