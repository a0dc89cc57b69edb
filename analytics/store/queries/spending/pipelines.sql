-- CI pipelines of the chosen runs by when their run began: mean seconds of each phase, of those that tell both.
WITH timed AS (
    SELECT
        date_trunc($bucket, started_at)::DATE AS bucket,
        avg(queue_s) AS queue_s,
        avg(execution_s) AS execution_s,
        count(*) AS pipelines
    FROM pipelines
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE queue_s IS NOT NULL AND execution_s IS NOT NULL
    GROUP BY ALL
)
SELECT bucket, 'queued' AS phase, 0 AS "order", queue_s AS seconds, pipelines FROM timed
UNION ALL
SELECT bucket, 'executed' AS phase, 1 AS "order", execution_s AS seconds, pipelines FROM timed
ORDER BY bucket, "order";
