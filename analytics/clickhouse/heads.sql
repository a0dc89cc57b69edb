-- One row per run that has a span of its own: that span.
CREATE TEMPORARY TABLE heads AS
SELECT span_id, trace_id, parent_id
FROM spans
WHERE role = 'run'
    OR (
        parent_id IS NULL
        AND {roots_are_runs:Bool}
        AND trace_id NOT IN (SELECT trace_id FROM spans WHERE preset IS NOT NULL)
    )
