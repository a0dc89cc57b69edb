-- One row: how many states are older than a time, the newest among them where it is.
SELECT count(*) FROM ducklake_snapshots('lake') WHERE snapshot_time < $1;
