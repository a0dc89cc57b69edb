-- What cost how much: one row per way to cut (cut) and value, the dearest of each cut, the rest as one.
WITH costs AS (
    SELECT
        CASE
            WHEN grouping(model) = 0 THEN 'model'
            WHEN grouping(agent) = 0 THEN 'agent'
            WHEN grouping(task) = 0 THEN 'task'
            WHEN grouping(variant) = 0 THEN 'variant'
            ELSE 'day'
        END AS cut,
        -- The unknown is one of the values.
        coalesce(model, agent, task, variant, day::VARCHAR) AS value,
        sum(cost_usd) AS usd,
        count(DISTINCT (source, run_id)) AS runs
    FROM usage
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE cost_usd IS NOT NULL
    GROUP BY GROUPING SETS ((model), (agent), (task), (variant), (day))
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY cut ORDER BY usd DESC, value) AS rank,
        count(*) OVER (PARTITION BY cut) AS values_count
    FROM costs
),
placed AS (
    -- A rest of one is no rest.
    SELECT *, CASE WHEN rank <= $most OR values_count = $most + 1 THEN rank ELSE $most + 1 END AS place FROM ranked
)
SELECT
    cut,
    place,
    CASE WHEN count(*) = 1 THEN any_value(value) END AS value,
    count(*) AS pooled,
    sum(usd) AS usd,
    CASE WHEN count(*) = 1 THEN any_value(runs) END AS runs
FROM placed
GROUP BY cut, place
ORDER BY cut, place;
