-- A reading of a repository is an import of its own.
INSERT INTO lake.imports BY NAME
SELECT
    coalesce(max(import_id), 0) + 1 AS import_id,
    $1::TIMESTAMP AS imported_at,
    $2::VARCHAR AS origin,
    'git' AS formats,
    $3::BIGINT AS snapshot_before
FROM lake.imports;
