-- One row per trace. In a plain one there is one run and no root beside it: every span is the run's.
CREATE TEMPORARY TABLE traces AS
WITH shapes AS (
    SELECT
        trace_id,
        max(preset IS NOT NULL) OR NOT {roots_are_runs:Bool} AS is_known,
        countIf(parent_id IS NULL) AS roots_count
    FROM spans
    GROUP BY trace_id
),
headed AS (
    SELECT
        trace_id,
        count() AS heads_count,
        any(span_id) AS only_head,
        countIf(parent_id IS NULL) AS root_heads_count
    FROM heads
    GROUP BY trace_id
)
SELECT
    shapes.trace_id AS trace_id,
    shapes.is_known AS is_known,
    ifNull(headed.heads_count, 0) AS heads_count,
    headed.only_head AS only_head,
    ifNull(headed.heads_count = 1 AND headed.root_heads_count = shapes.roots_count, false) AS is_plain
FROM shapes
LEFT JOIN headed ON headed.trace_id = shapes.trace_id
