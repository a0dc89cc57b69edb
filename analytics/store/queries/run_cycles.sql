-- One row per debugging cycle of a run, oldest first.
SELECT agent, error_type, error_message, began_at AS started_at, duration_s, attempts, resolved, method
FROM debugging_cycles
WHERE source = $source AND run_id = $run_id
ORDER BY began_at, span_id
LIMIT $limit;
