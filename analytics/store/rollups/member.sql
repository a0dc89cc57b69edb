-- One row per span of the touched traces that belongs to a run: what rollups ask of it, and which run.
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
-- The few spans of all other traces: every line upwards, or downwards, stays within them.
odd AS MATERIALIZED (
    SELECT spans.*, counted.heads_count, counted.is_known, counted.only_head
    FROM touched_spans AS spans
    JOIN counted USING (source, trace_id)
    WHERE NOT counted.is_plain
),
branches AS (
    SELECT odd.source, odd.trace_id, odd.span_id, odd.span_id AS run_id
    FROM odd
    SEMI JOIN heads ON heads.source = odd.source AND heads.span_id = odd.span_id
    UNION
    SELECT odd.source, odd.trace_id, odd.span_id, branches.run_id
    FROM branches
    JOIN odd
        ON odd.source = branches.source
        AND odd.trace_id = branches.trace_id
        AND odd.parent_id = branches.span_id
    ANTI JOIN heads ON heads.source = odd.source AND heads.span_id = odd.span_id
),
rooted AS (
    SELECT source, trace_id, span_id
    FROM odd
    WHERE heads_count <= 1 AND parent_id IS NULL
    UNION
    SELECT odd.source, odd.trace_id, odd.span_id
    FROM rooted
    JOIN odd
        ON odd.source = rooted.source
        AND odd.trace_id = rooted.trace_id
        AND odd.parent_id = rooted.span_id
),
lost AS (
    SELECT
        odd.source,
        odd.span_id,
        coalesce(odd.only_head, 'trace:' || odd.trace_id) AS run_id,
        odd.heads_count = 1
            OR NOT odd.is_known
            OR bool_or(odd.role IS NOT NULL) OVER (PARTITION BY odd.source, odd.trace_id)
            AS is_told
    FROM odd
    ANTI JOIN rooted ON rooted.source = odd.source AND rooted.span_id = odd.span_id
    ANTI JOIN branches ON branches.source = odd.source AND branches.span_id = odd.span_id
    WHERE odd.heads_count <= 1
),
apart AS (
    SELECT source, span_id, run_id FROM branches
    UNION ALL
    SELECT source, span_id, run_id FROM lost WHERE is_told
)
SELECT
    spans.* EXCLUDE (
        thread_id, op, op_version, detail, source_kind, source_agent, source_tool, role, import_id
    ),
    counted.only_head AS run_id
FROM touched_spans AS spans
JOIN counted USING (source, trace_id)
WHERE counted.is_plain
UNION ALL BY NAME
SELECT
    odd.* EXCLUDE (
        thread_id, op, op_version, detail, source_kind, source_agent, source_tool, role, import_id,
        heads_count, is_known, only_head
    ),
    apart.run_id
FROM odd
JOIN apart ON apart.source = odd.source AND apart.span_id = odd.span_id;
