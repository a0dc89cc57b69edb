-- One row per record that could not be read, the newest import first.
SELECT
    rejects.import_id,
    imports.imported_at,
    rejects.file,
    rejects.line,
    rejects.reason,
    rejects.excerpt
FROM lake.rejects AS rejects
LEFT JOIN lake.imports AS imports USING (import_id)
ORDER BY rejects.import_id DESC, rejects.file, rejects.line
LIMIT $limit;
