-- One row per column of the attached store, in the order in which a table has them.
SELECT table_name, column_name
FROM duckdb_columns()
WHERE database_name = 'lake' AND schema_name = 'main'
ORDER BY table_name, column_index;
