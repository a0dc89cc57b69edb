-- One row per call of the batch: what the store knew of it. A stale export never un-finishes a call,
-- and a partial record never replaces a whole one.
CREATE OR REPLACE TEMP TABLE changes AS
WITH stored AS (
    SELECT spans.source, spans.span_id, spans.trace_id, spans.ended_at, spans.detail, spans.content_hash
    FROM lake.spans AS spans
    SEMI JOIN batch ON batch.source = spans.source AND batch.span_id = spans.span_id
)
SELECT
    batch.source,
    batch.span_id,
    batch.trace_id,
    batch.staged_file,
    batch.staged_row,
    stored.trace_id AS old_trace_id,
    stored.ended_at IS NOT NULL AS was_finished,
    CASE
        WHEN stored.span_id IS NULL THEN 'new'
        WHEN stored.content_hash = batch.content_hash THEN 'unchanged'
        WHEN stored.ended_at IS NOT NULL AND batch.ended_at IS NULL THEN 'unchanged'
        WHEN batch.detail < stored.detail AND (stored.ended_at IS NULL) = (batch.ended_at IS NULL)
            THEN 'unchanged'
        ELSE 'changed'
    END AS state
FROM batch
LEFT JOIN stored ON stored.source = batch.source AND stored.span_id = batch.span_id;
