-- What one import did.
INSERT INTO lake.imports (
    import_id, imported_at, origin, formats, new_count, changed_count, unchanged_count, rejected_count,
    runs_count, seconds, demo, snapshot_before
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
