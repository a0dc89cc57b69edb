-- Cost of the chosen runs by when they began: one row per day, week or month and kind of cost.
WITH spent AS (
    SELECT
        date_trunc($bucket, started_at)::DATE AS bucket,
        sum(cost_reported_usd) AS reported_usd,
        -- Where a call has both, the reported cost counts.
        sum(cost_usd) - coalesce(sum(cost_reported_usd), 0) AS computed_usd,
        count(DISTINCT (source, run_id)) AS runs
    FROM usage
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE cost_usd IS NOT NULL
    GROUP BY ALL
)
SELECT bucket, 'reported' AS basis, 0 AS "order", reported_usd AS usd, runs
FROM spent
WHERE reported_usd IS NOT NULL
UNION ALL
SELECT bucket, 'computed' AS basis, 1 AS "order", computed_usd AS usd, runs
FROM spent
-- What a difference of sums leaves of nothing is nothing.
WHERE abs(computed_usd) > 1e-9 OR reported_usd IS NULL
ORDER BY bucket, "order";
