-- One row per series of runs that has a span of its own.
CREATE OR REPLACE TEMP TABLE new_batches AS
WITH seen AS (
    SELECT source, trace_id, max(greatest(started_at, coalesce(ended_at, started_at))) AS last_seen_at
    FROM touched_spans
    GROUP BY ALL
)
SELECT
    spans.source,
    coalesce(facts.batch, spans.span_id) AS batch,
    spans.trace_id,
    spans.span_id,
    spans.project,
    spans.started_at,
    spans.ended_at,
    seen.last_seen_at,
    spans.status,
    facts.mode,
    facts.provider,
    facts.model,
    facts.temperature,
    facts.runs_total AS runs_stated,
    facts.runs_passed AS passed_stated,
    facts.runs_failed AS failed_stated,
    facts.errors AS errors_stated
FROM touched_facts AS facts
JOIN touched_spans AS spans USING (source, span_id)
JOIN seen ON seen.source = spans.source AND seen.trace_id = spans.trace_id
WHERE facts.role = 'batch';
