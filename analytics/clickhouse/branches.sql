-- One row per span, in traces that are not plain, with a run above it: the nearest one. A span has one parent
-- and a run is below none here, so that nothing is reached twice, not even in a circle of parents.
CREATE TEMPORARY TABLE branches AS
WITH RECURSIVE below AS (
    SELECT trace_id, span_id, span_id AS run_id
    FROM heads
    WHERE trace_id IN (SELECT trace_id FROM traces WHERE NOT is_plain)
    UNION ALL
    SELECT spans.trace_id, spans.span_id, below.run_id
    FROM spans
    INNER JOIN below ON below.span_id = spans.parent_id AND below.trace_id = spans.trace_id
    WHERE spans.span_id NOT IN (SELECT span_id FROM heads)
)
SELECT trace_id, span_id, run_id FROM below
