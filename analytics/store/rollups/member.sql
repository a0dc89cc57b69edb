-- One row per span of the touched traces: the run that it belongs to.
-- A run is a span with that role; in a trace where no preset knows an op, each root is one. A trace
-- whose root never arrived is a run known only from its parts. A span belongs to the nearest run above it.
CREATE OR REPLACE TEMP TABLE member AS
WITH RECURSIVE shapes AS (
    SELECT
        source,
        trace_id,
        bool_or(preset IS NOT NULL) OR NOT getvariable('roots_are_runs')::BOOLEAN AS is_known,
        bool_or(role IS NOT NULL) AS has_roles,
        count_if(parent_id IS NULL) AS roots_count
    FROM touched_spans
    GROUP BY ALL
),
heads AS (
    SELECT spans.source, spans.trace_id, spans.span_id
    FROM touched_spans AS spans
    JOIN shapes USING (source, trace_id)
    WHERE spans.role = 'run' OR (NOT shapes.is_known AND spans.parent_id IS NULL)
),
counted AS (
    SELECT source, trace_id, count(*) AS heads_count, any_value(span_id) AS only_head
    FROM heads
    GROUP BY ALL
),
branches AS (
    SELECT heads.source, heads.trace_id, heads.span_id, heads.span_id AS run_id
    FROM heads
    JOIN counted USING (source, trace_id)
    WHERE counted.heads_count > 1
    UNION
    SELECT spans.source, spans.trace_id, spans.span_id, branches.run_id
    FROM branches
    JOIN touched_spans AS spans
        ON spans.source = branches.source
        AND spans.trace_id = branches.trace_id
        AND spans.parent_id = branches.span_id
    ANTI JOIN heads ON heads.source = spans.source AND heads.span_id = spans.span_id
)
SELECT spans.source, spans.trace_id, spans.span_id, counted.only_head AS run_id
FROM touched_spans AS spans
JOIN counted USING (source, trace_id)
WHERE counted.heads_count = 1
UNION ALL
SELECT source, trace_id, span_id, run_id FROM branches
UNION ALL
SELECT spans.source, spans.trace_id, spans.span_id, 'trace:' || spans.trace_id AS run_id
FROM touched_spans AS spans
JOIN shapes USING (source, trace_id)
ANTI JOIN counted USING (source, trace_id)
WHERE shapes.roots_count = 0 AND (shapes.has_roles OR NOT shapes.is_known);
