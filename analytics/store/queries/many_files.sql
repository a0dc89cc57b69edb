-- One row per table of at least so many files, those that list deleted rows included: how many.
WITH files AS (
    SELECT table_id FROM __ducklake_metadata_lake.ducklake_data_file WHERE end_snapshot IS NULL
    UNION ALL
    SELECT table_id FROM __ducklake_metadata_lake.ducklake_delete_file WHERE end_snapshot IS NULL
)
SELECT tables.table_name, count(*)
FROM files
JOIN __ducklake_metadata_lake.ducklake_table AS tables USING (table_id)
WHERE tables.end_snapshot IS NULL
GROUP BY tables.table_name
HAVING count(*) >= $1;
