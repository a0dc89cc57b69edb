-- As known, for a store without calls.
CREATE OR REPLACE TEMP TABLE known AS
SELECT source, span_id, trace_id, detail, content_hash, true AS is_over FROM arriving LIMIT 0;
