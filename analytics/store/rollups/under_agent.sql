-- One row per step of the touched traces that spends or is a tool: the nearest agent at or above it.
CREATE OR REPLACE TEMP TABLE under_agent AS
WITH RECURSIVE climbing AS (
    SELECT source, trace_id, span_id, agent, parent_id
    FROM touched_spans
    WHERE kind IN ('llm', 'tool')
        OR role = 'debug'
        OR input_tokens IS NOT NULL
        OR output_tokens IS NOT NULL
        OR cost_usd IS NOT NULL
    UNION
    SELECT climbing.source, climbing.trace_id, climbing.span_id, above.agent, above.parent_id
    FROM climbing
    JOIN touched_spans AS above
        ON above.source = climbing.source
        AND above.trace_id = climbing.trace_id
        AND above.span_id = climbing.parent_id
    WHERE climbing.agent IS NULL
)
SELECT source, span_id, any_value(agent) AS agent
FROM climbing
WHERE agent IS NOT NULL
GROUP BY source, span_id;
