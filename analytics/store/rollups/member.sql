-- One row per span of the touched traces that belongs to a run: which one.
-- A run is a span with that role; in a trace where no preset knows an op, each root is one. A span
-- belongs to the nearest run above it. A span whose line upwards breaks off (its parent never arrived)
-- belongs to the only run of its trace; where there is none, such spans are a run known from its parts.
CREATE OR REPLACE TEMP TABLE member AS
WITH RECURSIVE shapes AS (
    SELECT
        source,
        trace_id,
        bool_or(preset IS NOT NULL) OR NOT getvariable('roots_are_runs')::BOOLEAN AS is_known,
        count_if(parent_id IS NULL) AS roots_count
    FROM touched_spans
    GROUP BY ALL
),
heads AS (
    SELECT spans.source, spans.trace_id, spans.span_id, spans.parent_id
    FROM touched_spans AS spans
    JOIN shapes USING (source, trace_id)
    WHERE spans.role = 'run' OR (NOT shapes.is_known AND spans.parent_id IS NULL)
),
-- In a plain trace there is one run and no root beside it: every span is the run's.
counted AS (
    SELECT
        shapes.source,
        shapes.trace_id,
        shapes.is_known,
        count(heads.span_id) AS heads_count,
        any_value(heads.span_id) AS only_head,
        count(heads.span_id) = 1
            AND any_value(shapes.roots_count)
                = count_if(heads.span_id IS NOT NULL AND heads.parent_id IS NULL)
            AS is_plain
    FROM shapes
    LEFT JOIN heads USING (source, trace_id)
    GROUP BY ALL
),
branches AS (
    SELECT heads.source, heads.trace_id, heads.span_id, heads.span_id AS run_id
    FROM heads
    JOIN counted USING (source, trace_id)
    WHERE NOT counted.is_plain
    UNION
    SELECT spans.source, spans.trace_id, spans.span_id, branches.run_id
    FROM branches
    JOIN touched_spans AS spans
        ON spans.source = branches.source
        AND spans.trace_id = branches.trace_id
        AND spans.parent_id = branches.span_id
    ANTI JOIN heads ON heads.source = spans.source AND heads.span_id = spans.span_id
),
rooted AS (
    SELECT spans.source, spans.trace_id, spans.span_id
    FROM touched_spans AS spans
    JOIN counted USING (source, trace_id)
    WHERE NOT counted.is_plain AND counted.heads_count <= 1 AND spans.parent_id IS NULL
    UNION
    SELECT spans.source, spans.trace_id, spans.span_id
    FROM rooted
    JOIN touched_spans AS spans
        ON spans.source = rooted.source
        AND spans.trace_id = rooted.trace_id
        AND spans.parent_id = rooted.span_id
),
lost AS (
    SELECT
        spans.source,
        spans.trace_id,
        spans.span_id,
        coalesce(counted.only_head, 'trace:' || spans.trace_id) AS run_id,
        counted.heads_count = 1
            OR NOT counted.is_known
            OR bool_or(spans.role IS NOT NULL) OVER (PARTITION BY spans.source, spans.trace_id)
            AS is_told
    FROM touched_spans AS spans
    JOIN counted USING (source, trace_id)
    ANTI JOIN rooted ON rooted.source = spans.source AND rooted.span_id = spans.span_id
    ANTI JOIN branches ON branches.source = spans.source AND branches.span_id = spans.span_id
    WHERE NOT counted.is_plain AND counted.heads_count <= 1
)
SELECT spans.source, spans.trace_id, spans.span_id, counted.only_head AS run_id
FROM touched_spans AS spans
JOIN counted USING (source, trace_id)
WHERE counted.is_plain
UNION ALL
SELECT source, trace_id, span_id, run_id FROM branches
UNION ALL
SELECT source, trace_id, span_id, run_id FROM lost WHERE is_told;
