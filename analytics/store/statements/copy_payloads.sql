-- The payloads of what comes in, row by row: for an import that holds calls the store has already, and
-- for a store whose files are in a bucket.
INSERT INTO lake.payloads BY NAME
SELECT source, span_id, trace_id, started_at, inputs, output, attributes
FROM incoming;
