-- One row: the costliest call of the chosen runs, beside what all their calls cost together.
WITH top AS (
    SELECT source, run_id, costliest_span_id, costliest_usd
    FROM runs
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE costliest_usd IS NOT NULL
    ORDER BY costliest_usd DESC, run_id
    LIMIT 1
),
whole AS (
    SELECT sum(cost_usd) AS total_usd, TRY_CAST(sum(calls_count) AS BIGINT) AS calls_count
    FROM usage
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE cost_usd IS NOT NULL
)
SELECT * FROM top CROSS JOIN whole;
