-- One row: the dearest day and the dearest run, and how many pass what the budget allows.
WITH costs AS (
    SELECT source, run_id, any_value(day) AS day, sum(cost_usd) AS usd
    FROM usage
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE cost_usd IS NOT NULL
    GROUP BY source, run_id
),
days AS (
    SELECT day, sum(usd) AS usd FROM costs GROUP BY day
),
of_days AS (
    SELECT
        count(*) AS days_count,
        count(*) FILTER (usd > $per_day_usd) AS days_over,
        arg_max(day, usd) AS dearest_day,
        max(usd) AS dearest_day_usd
    FROM days
),
of_runs AS (
    SELECT
        count(*) AS runs_count,
        count(*) FILTER (usd > $per_run_usd) AS runs_over,
        arg_max(source, (usd, run_id)) AS dearest_source,
        arg_max(run_id, (usd, run_id)) AS dearest_run_id,
        max(usd) AS dearest_run_usd
    FROM costs
)
SELECT * FROM of_days CROSS JOIN of_runs;
