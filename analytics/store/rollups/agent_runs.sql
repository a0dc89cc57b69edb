-- One row per agent and run. The orchestrating run itself is no agent of its own run.
CREATE OR REPLACE TEMP TABLE new_agent_runs AS
WITH steps AS (
    SELECT
        spans.*,
        member.run_id,
        -- A step within another of the same agent, or beside it, adds only what the other left free.
        max(CASE WHEN spans.duration_s IS NOT NULL THEN spans.ended_at END) OVER (
            PARTITION BY spans.source, member.run_id, spans.agent
            ORDER BY spans.started_at, spans.ended_at, spans.span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS busy_until
    FROM touched_spans AS spans
    JOIN member USING (source, span_id)
    WHERE spans.kind = 'agent' AND spans.agent IS NOT NULL AND spans.span_id <> member.run_id
)
SELECT
    source,
    run_id,
    any_value(trace_id) AS trace_id,
    agent,
    count(*) AS calls_count,
    count_if(status = 'error') AS errors_count,
    sum(greatest(epoch_us(ended_at) - epoch_us(greatest(started_at, busy_until)), 0))
        FILTER (duration_s IS NOT NULL) / 1e6 AS duration_s
FROM steps
GROUP BY source, run_id, agent;
