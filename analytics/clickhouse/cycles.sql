-- One row per debugging cycle of a run, as in store/rollups/debugging_cycles.sql.
CREATE TEMPORARY TABLE cycles AS
SELECT
    member.run_id AS run_id,
    coalesce(spans.agent, under_agent.agent) AS agent,
    coalesce(facts.error_type, spans.error_type) AS error_type,
    spans.duration_s AS duration_s,
    facts.attempts AS attempts,
    facts.passed AS resolved
FROM facts
INNER JOIN spans ON spans.span_id = facts.span_id
INNER JOIN member ON member.span_id = facts.span_id
LEFT JOIN under_agent ON under_agent.span_id = facts.span_id
WHERE facts.role = 'debug'
