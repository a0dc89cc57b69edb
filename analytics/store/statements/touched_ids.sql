-- One row per trace that this import touches, a changed call's former trace included.
CREATE OR REPLACE TEMP TABLE all_touched AS
SELECT source, trace_id FROM changes WHERE state IN ('new', 'changed')
UNION
SELECT source, old_trace_id FROM changes WHERE state = 'changed' AND old_trace_id IS NOT NULL
UNION
SELECT source, trace_id FROM gone;
