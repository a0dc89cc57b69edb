-- One row: how many files were removed that no state needs, and that none has needed for a while.
SELECT count(*) FROM ducklake_cleanup_old_files('lake', older_than => $1);
