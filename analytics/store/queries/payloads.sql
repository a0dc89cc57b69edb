-- One row per call: the first characters of what it carried, and how long each text is in full.
SELECT
    span_id,
    left(inputs, $most) AS inputs,
    left(output, $most) AS output,
    left(attributes, $most) AS attributes,
    length(inputs) AS inputs_length,
    length(output) AS output_length,
    length(attributes) AS attributes_length
FROM lake.payloads
WHERE source = $source AND trace_id = $trace_id AND list_contains($span_ids, span_id);
