-- One row: an import, the newest where none is named.
SELECT * FROM lake.imports
WHERE import_id = coalesce($import_id, (SELECT max(import_id) FROM lake.imports));
