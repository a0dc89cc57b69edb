-- What the spans of one trace were given and what they gave back.
SELECT span_id, inputs, output, attributes
FROM lake.payloads
WHERE trace_id = $1 AND started_at BETWEEN $2 AND $3;
