-- The tables that have ever held a row; what one has got is numbered from 0 on.
SELECT tables.table_name
FROM __ducklake_metadata_lake.ducklake_table AS tables
JOIN __ducklake_metadata_lake.ducklake_table_stats AS stats ON stats.table_id = tables.table_id
WHERE tables.end_snapshot IS NULL AND stats.next_row_id > 0;
