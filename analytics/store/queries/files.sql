-- One row per table: how many files it has now, those that list deleted rows included.
SELECT table_name, file_count + delete_file_count FROM ducklake_table_info('lake');
