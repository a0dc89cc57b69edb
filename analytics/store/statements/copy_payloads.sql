-- The payloads of what was written, one by one: for an import that holds calls the store has already.
INSERT INTO lake.payloads BY NAME
SELECT
    calls.source, calls.span_id, calls.trace_id, calls.started_at,
    calls.inputs, calls.output, calls.attributes
FROM calls
SEMI JOIN written ON written.staged_file = calls.filename AND written.staged_row = calls.file_row_number;
