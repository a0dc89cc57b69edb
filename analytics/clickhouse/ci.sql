-- One row per CI pipeline of a run, as in store/rollups/pipelines.sql.
CREATE TEMPORARY TABLE ci AS
SELECT
    member.run_id AS run_id,
    spans.span_id AS span_id,
    spans.started_us AS started_us,
    spans.duration_s AS duration_s,
    facts.queue_s AS queue_s,
    facts.execution_s AS execution_s,
    if(spans.status = 'error', ifNull(facts.passed, false), facts.passed) AS passed,
    coalesce(facts.error_type, spans.error_type) AS error_type
FROM facts
INNER JOIN spans ON spans.span_id = facts.span_id
INNER JOIN member ON member.span_id = facts.span_id
WHERE facts.role = 'pipeline'
