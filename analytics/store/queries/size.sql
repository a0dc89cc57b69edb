-- Bytes of the files that hold the newest state of the store.
SELECT coalesce(sum(file_size_bytes + delete_file_size_bytes), 0)::BIGINT FROM ducklake_table_info('lake');
