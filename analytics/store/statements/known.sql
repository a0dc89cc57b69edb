-- The staged calls that the store has, as it has them.
CREATE OR REPLACE TEMP TABLE known AS
SELECT
    spans.source, spans.span_id, spans.trace_id, spans.detail, spans.content_hash,
    spans.ended_at IS NOT NULL OR spans.status <> 'running' AS is_over
FROM lake.spans AS spans
SEMI JOIN arriving ON arriving.source = spans.source AND arriving.span_id = spans.span_id;
