-- One row per agent of the chosen runs.
SELECT
    agent,
    count(*) AS runs,
    TRY_CAST(sum(calls_count) AS BIGINT) AS steps,
    TRY_CAST(sum(errors_count) AS BIGINT) AS errors,
    TRY_CAST(sum(calls_count) FILTER (errors_count IS NOT NULL) AS BIGINT) AS judged,
    TRY_CAST(sum(retries) AS BIGINT) AS retries,
    count(retries) AS retries_told,
    avg(duration_s) AS mean_s,
    sum(duration_s) AS total_s,
    count(duration_s) AS timed
FROM agent_runs
SEMI JOIN chosen_runs USING (source, run_id)
GROUP BY agent
ORDER BY total_s DESC NULLS LAST, agent;
