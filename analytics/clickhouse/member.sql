-- One row per span that belongs to a run: which one. See store/rollups/member.sql.
CREATE TEMPORARY TABLE member AS
SELECT spans.span_id AS span_id, spans.trace_id AS trace_id, assumeNotNull(traces.only_head) AS run_id
FROM spans
INNER JOIN traces ON traces.trace_id = spans.trace_id
WHERE traces.is_plain
UNION ALL
SELECT span_id, trace_id, run_id FROM branches
UNION ALL
SELECT
    spans.span_id AS span_id,
    spans.trace_id AS trace_id,
    coalesce(traces.only_head, concat('trace:', spans.trace_id)) AS run_id
FROM spans
INNER JOIN traces ON traces.trace_id = spans.trace_id
WHERE NOT traces.is_plain
    AND traces.heads_count <= 1
    AND spans.span_id NOT IN (SELECT span_id FROM rooted)
    AND spans.span_id NOT IN (SELECT span_id FROM branches)
    AND (
        traces.heads_count = 1
        OR NOT traces.is_known
        -- Of spans without a root and a run, one has to be a step with a role.
        OR spans.trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE role IS NOT NULL
                AND span_id NOT IN (SELECT span_id FROM rooted)
                AND span_id NOT IN (SELECT span_id FROM branches)
        )
    )
