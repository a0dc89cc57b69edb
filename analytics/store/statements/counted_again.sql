-- The catalog's own count of rows and bytes of every table, before files are struck out of it.
UPDATE __ducklake_metadata_lake.ducklake_table_stats AS stats
SET
    record_count = stats.record_count - gone.rows_count,
    file_size_bytes = stats.file_size_bytes - gone.bytes
FROM (
    SELECT table_id, sum(record_count) AS rows_count, sum(file_size_bytes) AS bytes
    FROM __ducklake_metadata_lake.ducklake_data_file
    WHERE list_contains($1, data_file_id)
    GROUP BY table_id
) AS gone
WHERE gone.table_id = stats.table_id;
