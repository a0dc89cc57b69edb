-- The payloads of what comes in, one by one: for an import that holds calls the store has already.
INSERT INTO lake.payloads BY NAME
SELECT source, span_id, trace_id, started_at, inputs, output, attributes
FROM incoming;
