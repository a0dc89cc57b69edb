-- One row per agent and run. The orchestrating run itself is no agent of its own run.
CREATE OR REPLACE TEMP TABLE new_agent_runs AS
SELECT
    spans.source,
    member.run_id,
    any_value(spans.trace_id) AS trace_id,
    spans.agent,
    count(*) AS calls_count,
    count_if(spans.status = 'error') AS errors_count,
    sum(spans.duration_s) AS duration_s
FROM touched_spans AS spans
JOIN member USING (source, span_id)
WHERE spans.kind = 'agent' AND spans.agent IS NOT NULL AND spans.span_id <> member.run_id
GROUP BY spans.source, member.run_id, spans.agent;
