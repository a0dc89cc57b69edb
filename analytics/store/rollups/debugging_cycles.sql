-- One row per debugging cycle of a run.
CREATE OR REPLACE TEMP TABLE new_debugging_cycles AS
SELECT
    spans.source,
    spans.run_id,
    spans.trace_id,
    spans.span_id,
    coalesce(spans.agent, under_agent.agent) AS agent,
    coalesce(facts.error_type, spans.error_type) AS error_type,
    facts.error_message,
    spans.started_at,
    spans.ended_at,
    spans.duration_s,
    facts.attempts,
    facts.passed AS resolved,
    facts.method
FROM touched_facts AS facts
JOIN member AS spans USING (source, span_id)
LEFT JOIN under_agent USING (source, span_id)
WHERE facts.role = 'debug';
