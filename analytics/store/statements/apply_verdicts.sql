-- The verdicts of the reports that were read (tables new_verdicts and origins) take the place of what the same
-- reports said before. What a report no longer says is withdrawn, unless a part of it could not be read.
CREATE OR REPLACE TEMP TABLE verdict_changes AS
WITH stored AS (
    SELECT verdicts.*, origins.is_whole
    FROM lake.verdicts AS verdicts
    JOIN origins ON origins.origin = verdicts.origin
)
SELECT
    coalesce(fresh.origin, stored.origin) AS origin,
    coalesce(fresh.key_kind, stored.key_kind) AS key_kind,
    coalesce(fresh.key, stored.key) AS key,
    coalesce(fresh.variant, stored.variant) AS variant,
    stored.passed AS old_passed,
    fresh.passed AS new_passed,
    CASE
        WHEN stored.origin IS NULL THEN 'new'
        WHEN fresh.origin IS NULL THEN CASE WHEN stored.is_whole THEN 'withdrawn' ELSE 'kept' END
        WHEN stored.passed IS NOT DISTINCT FROM fresh.passed
            AND stored.kind = fresh.kind
            AND stored.found_at IS NOT DISTINCT FROM fresh.found_at
            AND stored.evidence IS NOT DISTINCT FROM fresh.evidence THEN 'unchanged'
        ELSE 'changed'
    END AS state
FROM stored
FULL JOIN new_verdicts AS fresh
    ON fresh.origin = stored.origin
    AND fresh.key_kind = stored.key_kind
    AND fresh.key = stored.key
    AND fresh.variant IS NOT DISTINCT FROM stored.variant;

INSERT INTO lake.revisions (source, span_id, trace_id, import_id, field, old_value, new_value)
SELECT
    'report',
    key,
    origin,
    getvariable('import_id')::BIGINT,
    'passed',
    old_passed::VARCHAR,
    new_passed::VARCHAR
FROM verdict_changes
WHERE state IN ('changed', 'withdrawn') AND old_passed IS DISTINCT FROM new_passed;

DELETE FROM lake.verdicts AS target USING verdict_changes AS changes
WHERE changes.state IN ('changed', 'withdrawn')
    AND target.origin = changes.origin
    AND target.key_kind = changes.key_kind
    AND target.key = changes.key
    AND target.variant IS NOT DISTINCT FROM changes.variant;

INSERT INTO lake.verdicts BY NAME
SELECT fresh.*, getvariable('import_id')::BIGINT AS import_id
FROM new_verdicts AS fresh
JOIN verdict_changes AS changes
    ON changes.origin = fresh.origin
    AND changes.key_kind = fresh.key_kind
    AND changes.key = fresh.key
    AND changes.variant IS NOT DISTINCT FROM fresh.variant
WHERE changes.state IN ('new', 'changed')
ORDER BY fresh.origin, fresh.key;
