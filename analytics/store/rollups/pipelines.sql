-- One row per CI pipeline of a run.
CREATE OR REPLACE TEMP TABLE new_pipelines AS
SELECT
    spans.source,
    spans.run_id,
    spans.trace_id,
    spans.span_id,
    facts.pipeline_id,
    facts.commit_sha,
    facts.trigger,
    facts.retry,
    spans.started_at,
    spans.ended_at,
    spans.duration_s,
    facts.queue_s,
    facts.execution_s,
    CASE WHEN spans.status = 'error' THEN coalesce(facts.passed, false) ELSE facts.passed END AS passed,
    facts.failed_jobs,
    coalesce(facts.error_type, spans.error_type) AS error_type,
    facts.error_message
FROM touched_facts AS facts
JOIN member AS spans USING (source, span_id)
WHERE facts.role = 'pipeline';
