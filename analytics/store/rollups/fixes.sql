-- One row per bug of a run. A bug is what a test or verification failed on, or what was diagnosed or
-- patched. Steps that name no bug belong to the one named last before them, else first after them, save
-- tests: those are about the whole. Where a run names none at all, it has one bug, with an empty id.
CREATE OR REPLACE TEMP TABLE new_fixes AS
WITH steps AS (
    SELECT
        spans.run_id,
        spans.source,
        spans.trace_id,
        spans.span_id,
        spans.started_at,
        coalesce(spans.ended_at, spans.started_at) AS ended_at,
        spans.status,
        facts.role,
        facts.passed,
        facts.bug_id,
        facts.bug_type,
        facts.title,
        facts.file,
        facts.line,
        facts.lines_added,
        facts.lines_removed,
        CASE
            -- Which leaves out failures that name none.
            WHEN facts.role = 'test' AND len(list_distinct(facts.bug_ids)) > 0
                THEN list_distinct(facts.bug_ids)
            ELSE [facts.bug_id]
        END AS bug_ids
    FROM touched_facts AS facts
    JOIN member AS spans USING (source, span_id)
    WHERE facts.role IN ('test', 'diagnose', 'patch', 'verify')
),
named AS (
    SELECT
        * EXCLUDE (bug_id, bug_ids),
        unnest(bug_ids) AS bug_id
    FROM steps
),
placed AS (
    SELECT
        * EXCLUDE (bug_id),
        CASE
            WHEN bug_id IS NOT NULL THEN bug_id
            WHEN role = 'test' AND count(bug_id) OVER run > 0 THEN NULL
            ELSE coalesce(
                last_value(bug_id IGNORE NULLS) OVER before,
                first_value(bug_id IGNORE NULLS) OVER run_ordered,
                ''
            )
        END AS bug_id
    FROM named
    WINDOW
        run AS (PARTITION BY source, run_id),
        run_ordered AS (
            PARTITION BY source, run_id ORDER BY started_at, span_id, bug_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        before AS (
            PARTITION BY source, run_id ORDER BY started_at, span_id, bug_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
),
found AS (
    SELECT
        source,
        run_id,
        bug_id,
        coalesce(
            min(ended_at) FILTER (role = 'test' AND NOT passed),
            min(started_at) FILTER (NOT passed OR role IN ('diagnose', 'patch'))
        ) AS found_at,
        max(ended_at) FILTER (NOT passed) AS last_failed_at
    FROM placed
    WHERE bug_id IS NOT NULL
    GROUP BY ALL
    HAVING found_at IS NOT NULL
),
fixed AS (
    SELECT source, run_id, bug_id, min(placed.ended_at) AS fixed_at
    FROM placed
    JOIN found USING (source, run_id, bug_id)
    WHERE placed.passed
        AND placed.role IN ('test', 'verify')
        AND placed.ended_at >= found.found_at
        AND (found.last_failed_at IS NULL OR placed.ended_at > found.last_failed_at)
    GROUP BY ALL
)
SELECT
    placed.source,
    placed.run_id || '/' || placed.bug_id AS fix_id,
    placed.run_id,
    any_value(placed.trace_id) AS trace_id,
    placed.bug_id,
    arg_max(placed.bug_type, (placed.started_at, placed.span_id)) FILTER (placed.bug_type IS NOT NULL) AS bug_type,
    arg_max(placed.title, (placed.started_at, placed.span_id)) FILTER (placed.title IS NOT NULL) AS title,
    arg_max(placed.file, (placed.role = 'patch', placed.started_at, placed.span_id))
        FILTER (placed.file IS NOT NULL) AS file,
    arg_max(placed.line, (placed.role = 'patch', placed.started_at, placed.span_id))
        FILTER (placed.line IS NOT NULL) AS line,
    any_value(found.found_at) AS found_at,
    any_value(fixed.fixed_at) AS fixed_at,
    any_value(last_seen.last_seen_at) AS last_seen_at,
    CASE WHEN bool_or(placed.role = 'patch')
        THEN count_if(placed.role = 'patch' AND placed.status <> 'error') END AS attempts,
    arg_max(placed.lines_added, (placed.started_at, placed.span_id))
        FILTER (placed.lines_added IS NOT NULL) AS lines_added,
    arg_max(placed.lines_removed, (placed.started_at, placed.span_id))
        FILTER (placed.lines_removed IS NOT NULL) AS lines_removed,
    arg_max(placed.span_id, (placed.started_at, placed.span_id))
        FILTER (placed.role = 'patch' AND placed.status <> 'error') AS patch_span_id
FROM placed
JOIN found USING (source, run_id, bug_id)
LEFT JOIN fixed USING (source, run_id, bug_id)
JOIN last_seen USING (source, run_id)
GROUP BY placed.source, placed.run_id, placed.bug_id;
