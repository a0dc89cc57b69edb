-- One row per run of the touched traces: the last sign of life of its spans and of the runs within it.
CREATE OR REPLACE TEMP TABLE last_seen AS
WITH RECURSIVE alone AS (
    SELECT
        member.source,
        member.run_id,
        max(greatest(spans.started_at, coalesce(spans.ended_at, spans.started_at))) AS last_seen_at
    FROM member
    JOIN touched_spans AS spans USING (source, span_id)
    GROUP BY ALL
),
around AS (
    SELECT source, run_id, run_id AS outer_id FROM alone
    UNION
    SELECT around.source, around.run_id, member.run_id AS outer_id
    FROM around
    JOIN touched_spans AS head
        ON head.source = around.source AND head.span_id = around.outer_id
    JOIN member
        ON member.source = head.source
        AND member.trace_id = head.trace_id
        AND member.span_id = head.parent_id
)
SELECT around.source, around.outer_id AS run_id, max(alone.last_seen_at) AS last_seen_at
FROM around
JOIN alone USING (source, run_id)
GROUP BY around.source, around.outer_id;
