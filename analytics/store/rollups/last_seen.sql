-- One row per run of the touched traces: the last sign of life of its spans and of the runs within it.
CREATE OR REPLACE TEMP TABLE last_seen AS
WITH alone AS (
    SELECT source, run_id, max(greatest(started_at, coalesce(ended_at, started_at))) AS last_seen_at
    FROM member
    GROUP BY ALL
)
SELECT around.source, around.outer_id AS run_id, max(alone.last_seen_at) AS last_seen_at
FROM around
JOIN alone USING (source, run_id)
GROUP BY around.source, around.outer_id;
