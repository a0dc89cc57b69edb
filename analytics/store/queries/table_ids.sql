-- One row per table of the store: what commits call it.
SELECT table_name, table_id::VARCHAR FROM ducklake_table_info('lake');
