-- One row per run of the touched traces and run that it is within, itself included.
CREATE OR REPLACE TEMP TABLE around AS
WITH RECURSIVE outward AS (
    SELECT DISTINCT source, run_id, run_id AS outer_id FROM member
    UNION
    SELECT outward.source, outward.run_id, member.run_id AS outer_id
    FROM outward
    JOIN touched_spans AS head
        ON head.source = outward.source AND head.span_id = outward.outer_id
    JOIN member
        ON member.source = head.source
        AND member.trace_id = head.trace_id
        AND member.span_id = head.parent_id
)
SELECT source, run_id, outer_id FROM outward;
