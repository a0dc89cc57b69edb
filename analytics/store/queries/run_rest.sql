-- One row per op of the calls that run_marks.sql leaves out: how many there are, and their time together.
SELECT
    op,
    kind,
    count(*) AS calls_count,
    count_if(status = 'error')::BIGINT AS errors_count,
    sum(duration_s) AS duration_s
FROM (
    FROM run_tree
    ORDER BY depth, duration_s DESC NULLS FIRST, started_at, span_id
    OFFSET $most
)
GROUP BY op, kind
ORDER BY calls_count DESC, op, kind;
