-- One row per span, in traces with at most one run that are not plain, that a root is above.
CREATE TEMPORARY TABLE rooted AS
WITH RECURSIVE below AS (
    SELECT trace_id, span_id
    FROM spans
    WHERE parent_id IS NULL
        AND trace_id IN (SELECT trace_id FROM traces WHERE NOT is_plain AND heads_count <= 1)
    UNION ALL
    SELECT spans.trace_id, spans.span_id
    FROM spans
    INNER JOIN below ON below.span_id = spans.parent_id AND below.trace_id = spans.trace_id
)
SELECT span_id FROM below
