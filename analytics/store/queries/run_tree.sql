-- One row per call of one run with its depth: its own call, and level by level what is below it. A run within
-- it is one call. What lost its parent belongs to the only run of its trace (see rollups/member.sql).
CREATE OR REPLACE TEMP TABLE run_tree AS
WITH RECURSIVE own AS MATERIALIZED (
    SELECT
        span_id,
        parent_id,
        coalesce(display_name, op) AS op,
        kind,
        role,
        agent,
        started_at,
        ended_at,
        duration_s,
        status,
        error_type
    FROM lake.spans
    WHERE source = $source AND trace_id = $trace_id
),
heads AS (
    SELECT run_id FROM runs WHERE source = $source AND trace_id = $trace_id
),
tree AS (
    SELECT own.*, 0 AS depth FROM own WHERE own.span_id = $run_id
    UNION ALL
    SELECT own.*, 1 AS depth
    FROM own
    ANTI JOIN own AS above ON above.span_id = own.parent_id
    WHERE own.parent_id IS NOT NULL AND own.span_id <> $run_id AND (SELECT count(*) FROM heads) = 1
    UNION ALL
    SELECT own.*, tree.depth + 1 AS depth
    FROM tree
    JOIN own ON own.parent_id = tree.span_id
    WHERE
        -- A circle of parents has no end.
        tree.depth < $deepest
        AND (tree.span_id = $run_id OR tree.span_id NOT IN (SELECT run_id FROM heads))
)
SELECT *
FROM tree
QUALIFY row_number() OVER (PARTITION BY span_id ORDER BY depth) = 1;
