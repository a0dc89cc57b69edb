-- Why pipelines of the chosen runs failed and what was debugged: one row per list (told) and value, the most frequent first.
WITH found AS (
    SELECT 'job' AS told, unnest(failed_jobs) AS value, NULL::BOOLEAN AS resolved
    FROM pipelines
    SEMI JOIN chosen_runs USING (source, run_id)
    UNION ALL
    SELECT 'pipeline error' AS told, error_type AS value, NULL AS resolved
    FROM pipelines
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE error_type IS NOT NULL
    UNION ALL
    SELECT 'debugged error' AS told, error_type AS value, resolved
    FROM debugging_cycles
    SEMI JOIN chosen_runs USING (source, run_id)
),
counted AS (
    SELECT told, value, count(*) AS times, count(*) FILTER (resolved) AS resolved, count(resolved) AS judged
    FROM found
    GROUP BY told, value
)
SELECT
    *,
    row_number() OVER (PARTITION BY told ORDER BY times DESC, value) AS rank,
    count(*) OVER (PARTITION BY told) AS values_count
FROM counted
QUALIFY rank <= $most
ORDER BY told, rank;
