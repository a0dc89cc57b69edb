-- One row per bug of a run, as in store/rollups/fixes.sql.
CREATE TEMPORARY TABLE bugs AS
WITH found AS (
    SELECT
        run_id,
        bug_id,
        coalesce(
            minIf(ended_us, role = 'test' AND NOT passed),
            minIf(started_us, NOT passed OR role IN ('diagnose', 'patch'))
        ) AS found_us,
        maxIf(ended_us, NOT passed) AS last_failed_us
    FROM bug_steps
    WHERE bug_id IS NOT NULL
    GROUP BY run_id, bug_id
    HAVING found_us IS NOT NULL
),
fixed AS (
    SELECT bug_steps.run_id AS run_id, bug_steps.bug_id AS bug_id, min(bug_steps.ended_us) AS fixed_us
    FROM bug_steps
    INNER JOIN found ON found.run_id = bug_steps.run_id AND found.bug_id = bug_steps.bug_id
    WHERE bug_steps.passed
        AND bug_steps.role IN ('test', 'verify')
        AND bug_steps.ended_us >= found.found_us
        AND (found.last_failed_us IS NULL OR bug_steps.ended_us > found.last_failed_us)
    GROUP BY bug_steps.run_id, bug_steps.bug_id
)
SELECT
    bug_steps.run_id AS run_id,
    bug_steps.bug_id AS bug_id,
    argMaxIf(bug_steps.bug_type, (bug_steps.started_us, bug_steps.span_id), bug_steps.bug_type IS NOT NULL) AS bug_type,
    any(found.found_us) AS found_us,
    any(fixed.fixed_us) AS fixed_us,
    if(max(bug_steps.role = 'patch'), countIf(bug_steps.role = 'patch' AND bug_steps.status <> 'error'), NULL)
        AS attempts,
    argMaxIf(
        bug_steps.span_id,
        (bug_steps.started_us, bug_steps.span_id),
        bug_steps.role = 'patch' AND bug_steps.status <> 'error'
    ) AS patch_span_id
FROM bug_steps
INNER JOIN found ON found.run_id = bug_steps.run_id AND found.bug_id = bug_steps.bug_id
LEFT JOIN fixed ON fixed.run_id = bug_steps.run_id AND fixed.bug_id = bug_steps.bug_id
GROUP BY bug_steps.run_id, bug_steps.bug_id
