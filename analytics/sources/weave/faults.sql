-- One row per raw call that cannot be kept (relation `raw`): where it stood, why, how it begins.
SELECT
    __line__ AS line,
    call_fault(id, trace_id, op_name, started_at) AS reason,
    json_object('id', id, 'op_name', op_name, 'started_at', started_at)::VARCHAR AS excerpt
FROM raw
WHERE reason IS NOT NULL
ORDER BY line
