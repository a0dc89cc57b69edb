-- One row per call of the trace that a run is in, oldest first; the tree is built from parent_id.
SELECT
    span_id,
    parent_id,
    op,
    display_name,
    kind,
    role,
    agent,
    model,
    started_at,
    duration_s,
    status,
    error_type,
    error_message,
    input_tokens,
    output_tokens
FROM lake.spans
WHERE source = $source AND trace_id = $trace_id
ORDER BY started_at, span_id
LIMIT $limit;
