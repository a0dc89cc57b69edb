-- One row per import, the newest first.
SELECT
    import_id,
    imported_at,
    origin,
    formats,
    new_count,
    changed_count,
    unchanged_count,
    rejected_count,
    runs_count,
    seconds,
    coalesce(demo, false) AS demo
FROM lake.imports
ORDER BY import_id DESC
LIMIT $limit;
