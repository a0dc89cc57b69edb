-- One row per call of a run that used tokens, where nothing below it says the same: what rolls usage up repeats
-- it in every call above. As in store/rollups/spent.sql, where no call has a cost of its own: Weave prices calls
-- when it is asked for them, its tables hold no cost.
CREATE TEMPORARY TABLE spenders AS
WITH RECURSIVE carriers AS (
    SELECT member.run_id AS run_id, spans.*
    FROM spans
    INNER JOIN member ON member.span_id = spans.span_id
    WHERE spans.input_tokens IS NOT NULL OR spans.output_tokens IS NOT NULL
),
low AS (
    SELECT span_id, trace_id
    FROM carriers
    WHERE (trace_id, span_id) NOT IN (SELECT trace_id, parent_id FROM carriers WHERE parent_id IS NOT NULL)
),
-- A level between may say nothing. Where what is left has children, what is above others is left out; a call
-- in a circle of parents is above itself.
below AS (
    SELECT trace_id, span_id AS above_id, span_id, false AS is_step, false AS is_closed
    FROM low
    UNION ALL
    SELECT
        spans.trace_id,
        below.above_id,
        spans.span_id,
        true AS is_step,
        spans.span_id = below.above_id AS is_closed
    FROM spans
    INNER JOIN below ON below.span_id = spans.parent_id AND below.trace_id = spans.trace_id
    WHERE NOT below.is_closed
)
SELECT *
FROM carriers
WHERE span_id IN (SELECT span_id FROM low)
    AND span_id NOT IN (SELECT above_id FROM below WHERE is_step AND span_id IN (SELECT span_id FROM low))
