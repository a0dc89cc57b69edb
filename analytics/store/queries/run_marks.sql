-- One row per call to be drawn: whole levels from the run downwards, of the last one the longest calls.
SELECT span_id, parent_id, op, kind, agent, started_at, ended_at, duration_s, status, error_type, depth
FROM run_tree
ORDER BY depth, duration_s DESC NULLS FIRST, started_at, span_id
LIMIT $most;
