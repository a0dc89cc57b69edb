-- The spans of one trace from its roots down, each with its depth.
WITH RECURSIVE own AS MATERIALIZED (
    SELECT span_id, parent_id, op, kind, agent, status, started_at, ended_at, input_tokens, output_tokens
    FROM lake.spans
    WHERE trace_id = $1 AND started_at BETWEEN $2 AND $3
),
tree AS (
    SELECT own.*, 0 AS depth
    FROM own
    ANTI JOIN own AS above ON above.span_id = own.parent_id
    UNION ALL
    SELECT own.*, tree.depth + 1
    FROM tree
    JOIN own ON own.parent_id = tree.span_id
)
FROM tree
ORDER BY started_at, span_id;
