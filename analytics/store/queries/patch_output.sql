-- One row: the whole output of one call.
SELECT output FROM lake.payloads
WHERE source = $source AND trace_id = $trace_id AND span_id = $span_id;
