-- Asked of an SQLite catalog, not of DuckDB. One row: what no store of this project holds, and how it is called.
SELECT 'a view', view_name FROM ducklake_view
UNION ALL SELECT 'a macro', macro_name FROM ducklake_macro
UNION ALL SELECT 'a macro', "sql" FROM ducklake_macro_impl
UNION ALL SELECT 'a macro', parameter_name FROM ducklake_macro_parameters
UNION ALL SELECT 'an order of rows', sort_id FROM ducklake_sort_info
UNION ALL SELECT 'an order of rows', expression FROM ducklake_sort_expression
UNION ALL SELECT 'a tag', "key" FROM ducklake_tag
UNION ALL SELECT 'a tag', "key" FROM ducklake_column_tag
UNION ALL SELECT 'a variant', variant_path FROM ducklake_file_variant_stats
UNION ALL SELECT 'a schema', schema_name FROM ducklake_schema
    WHERE schema_name IS NOT 'main' OR NOT is_id(schema_uuid)
UNION ALL SELECT 'a table', table_name FROM ducklake_table
    WHERE NOT is_table(table_name) OR NOT is_id(table_uuid)
UNION ALL SELECT 'a table of rows', table_name FROM ducklake_inlined_data_tables
    WHERE table_name IS NOT printf('ducklake_inlined_data_%d_%d', table_id, schema_version)
UNION ALL SELECT 'a column', column_name FROM ducklake_column
    WHERE NOT is_word(column_name) OR NOT is_type(column_type)
UNION ALL SELECT 'a default', coalesce(initial_default, default_value, default_value_type) FROM ducklake_column
    WHERE initial_default IS NOT NULL OR coalesce(default_value, 'NULL') <> 'NULL'
        OR coalesce(default_value_type, '') NOT IN ('', 'literal')
UNION ALL SELECT 'a column', source_name FROM ducklake_name_mapping WHERE NOT is_word(source_name)
UNION ALL SELECT 'a mapping', type FROM ducklake_column_mapping WHERE type IS NOT 'map_by_name'
UNION ALL SELECT 'a partition', "transform" FROM ducklake_partition_column
    WHERE coalesce("transform", '') NOT IN ('year', 'month')
UNION ALL SELECT 'a partition', partition_value FROM ducklake_file_partition_value
    WHERE partition_value IS NOT NULL AND NOT is_number(partition_value)
UNION ALL SELECT 'a path', path FROM ducklake_schema WHERE path_is_relative IS NOT 1 OR NOT is_folder(path)
UNION ALL SELECT 'a path', path FROM ducklake_table WHERE path_is_relative IS NOT 1 OR NOT is_folder(path)
UNION ALL SELECT 'a path', path FROM ducklake_data_file WHERE path_is_relative IS NOT 1 OR NOT is_inside(path)
UNION ALL SELECT 'a path', path FROM ducklake_delete_file WHERE path_is_relative IS NOT 1 OR NOT is_inside(path)
UNION ALL SELECT 'a file', path FROM ducklake_data_file
    WHERE file_format IS NOT 'parquet' OR encryption_key IS NOT NULL
UNION ALL SELECT 'a file', path FROM ducklake_delete_file
    WHERE format IS NOT 'parquet' OR encryption_key IS NOT NULL
UNION ALL SELECT 'a statistic', extra_stats FROM ducklake_table_column_stats WHERE extra_stats IS NOT NULL
UNION ALL SELECT 'a statistic', extra_stats FROM ducklake_file_column_stats WHERE extra_stats IS NOT NULL
UNION ALL SELECT 'an option', "key" FROM ducklake_metadata
    WHERE coalesce("key", '') NOT IN (
            'version', 'created_by', 'data_path', 'encrypted', 'parquet_compression', 'parquet_row_group_size'
        )
        OR ("key" NOT IN ('data_path', 'created_by') AND NOT is_setting("value"))
        OR ("key" = 'encrypted' AND "value" <> 'false')
