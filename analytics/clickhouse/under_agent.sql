-- One row per span with an agent at or above it: the nearest.
CREATE TEMPORARY TABLE under_agent AS
WITH RECURSIVE below AS (
    SELECT trace_id, span_id, agent
    FROM spans
    WHERE agent IS NOT NULL
    UNION ALL
    SELECT spans.trace_id, spans.span_id, below.agent
    FROM spans
    INNER JOIN below ON below.span_id = spans.parent_id AND below.trace_id = spans.trace_id
    WHERE spans.agent IS NULL
)
SELECT span_id, agent FROM below
