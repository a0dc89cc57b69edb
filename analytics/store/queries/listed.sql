-- One row per Parquet file that the catalog lists, asked of the catalog itself: SQLite's or PostgreSQL's.
SELECT
    tables.table_name, schemas.path, tables.path, files.path, files.record_count,
    files.file_size_bytes, files.data_file_id, files.deletes, files.end_snapshot IS NULL
FROM (
    SELECT table_id, path, record_count, file_size_bytes, data_file_id, 0 AS deletes, end_snapshot
    FROM ducklake_data_file
    UNION ALL
    SELECT table_id, path, delete_count, file_size_bytes, data_file_id, 1, end_snapshot
    FROM ducklake_delete_file
) AS files
JOIN (SELECT DISTINCT table_id, schema_id, table_name, path FROM ducklake_table) AS tables
    ON tables.table_id = files.table_id
JOIN ducklake_schema AS schemas ON schemas.schema_id = tables.schema_id
ORDER BY 1, 4;
