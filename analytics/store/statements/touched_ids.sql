-- One row per trace that this import touches, a changed call's former trace included, and how many calls of it.
CREATE OR REPLACE TEMP TABLE all_touched AS
SELECT source, trace_id, sum(calls_count) AS calls_count
FROM (
    SELECT source, trace_id, calls_count FROM changes WHERE state IN ('new', 'changed')
    UNION ALL
    SELECT source, old_trace_id, calls_count FROM changes WHERE state = 'changed' AND old_trace_id IS NOT NULL
    UNION ALL
    SELECT source, trace_id, 1 FROM gone
)
GROUP BY source, trace_id;
