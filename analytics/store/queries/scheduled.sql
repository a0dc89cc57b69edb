-- One row per file that waits for its removal, below the folder of files.
SELECT ltrim(replace(path, data_path, ''), '/') AS path
FROM ducklake_cleanup_old_files('lake', dry_run => true, cleanup_all => true)
CROSS JOIN ducklake_settings('lake');
