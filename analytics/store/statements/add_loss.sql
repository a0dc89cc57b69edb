-- A file of the store that is lost, on record once.
INSERT INTO lake.rejects BY NAME
SELECT
    coalesce((SELECT max(import_id) FROM lake.imports), 0) AS import_id,
    $1 AS file,
    NULL::BIGINT AS line,
    $2 AS reason,
    NULL::VARCHAR AS excerpt
WHERE NOT EXISTS (SELECT 1 FROM lake.rejects WHERE file = $1);
