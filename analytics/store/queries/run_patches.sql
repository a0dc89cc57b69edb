-- One row per step of a run that carries a patch, newest first, and how many there are; the run's own call
-- where it tells of a diff.
SELECT
    tree.span_id,
    tree.op,
    tree.started_at,
    tree.status,
    facts.bug_id,
    facts.file,
    facts.lines_added,
    facts.lines_removed,
    count(*) OVER () AS patches_count
FROM run_tree AS tree
JOIN lake.facts AS facts ON facts.span_id = tree.span_id
WHERE
    facts.source = $source
    AND facts.trace_id = $trace_id
    AND (
        facts.role = 'patch'
        OR (tree.span_id = $run_id AND (facts.lines_added IS NOT NULL OR facts.files_modified IS NOT NULL))
    )
ORDER BY tree.started_at DESC, tree.span_id DESC
LIMIT $limit;
