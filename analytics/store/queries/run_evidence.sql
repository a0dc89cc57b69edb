-- One row per step that says how the run turned out, and how many steps of its rank there are. In the order
-- in which rollups/runs.sql believes them: an acceptance, the run's own record, then tests and
-- verifications; of each rank the newest first, and no more than a few.
WITH told AS (
    SELECT
        tree.span_id,
        tree.op,
        tree.started_at,
        facts.role,
        facts.passed,
        facts.claimed,
        facts.bug_id,
        facts.tests_total,
        facts.tests_passed,
        CASE
            WHEN tree.span_id = $run_id THEN 'record'
            WHEN facts.passed IS NULL THEN 'count'
            WHEN facts.role = 'accept' THEN 'accept'
            ELSE 'check'
        END AS rank
    FROM run_tree AS tree
    JOIN lake.facts AS facts ON facts.span_id = tree.span_id
    WHERE
        facts.source = $source
        AND facts.trace_id = $trace_id
        AND (
            (tree.span_id = $run_id AND (facts.passed IS NOT NULL OR facts.claimed IS NOT NULL))
            OR (
                facts.role IN ('accept', 'test', 'verify')
                AND (facts.passed IS NOT NULL OR facts.tests_total IS NOT NULL)
            )
        )
)
SELECT *, count(*) OVER (PARTITION BY rank) AS alike_count
FROM told
QUALIFY row_number() OVER (PARTITION BY rank ORDER BY started_at DESC, span_id DESC) <= $most
ORDER BY list_position(['accept', 'record', 'check', 'count'], rank), started_at DESC, span_id DESC;
