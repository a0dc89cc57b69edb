-- As vanish leaves it, for an import that deletes nothing.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT NULL::VARCHAR AS source, NULL::VARCHAR AS span_id, NULL::VARCHAR AS trace_id LIMIT 0;
