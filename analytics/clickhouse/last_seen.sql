-- One row per run: the last sign of life of its spans and of the runs within it.
CREATE TEMPORARY TABLE last_seen AS
WITH RECURSIVE around AS (
    SELECT DISTINCT run_id, run_id AS outer_id, [run_id] AS passed_by
    FROM member
    UNION ALL
    -- Runs may be in a circle: none is passed twice.
    SELECT
        around.run_id,
        member.run_id AS outer_id,
        arrayPushBack(around.passed_by, member.run_id) AS passed_by
    FROM around
    INNER JOIN heads ON heads.span_id = around.outer_id
    INNER JOIN member ON member.span_id = heads.parent_id AND member.trace_id = heads.trace_id
    WHERE NOT has(around.passed_by, member.run_id)
),
alone AS (
    SELECT member.run_id AS run_id, max(greatest(spans.started_us, ifNull(spans.ended_us, spans.started_us))) AS last_us
    FROM member
    INNER JOIN spans ON spans.span_id = member.span_id
    GROUP BY member.run_id
)
SELECT around.outer_id AS run_id, max(alone.last_us) AS last_seen_us
FROM around
INNER JOIN alone ON alone.run_id = around.run_id
GROUP BY around.outer_id
