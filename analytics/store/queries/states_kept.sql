-- How many of the states in a span of them have not been given up.
SELECT count(*) FROM ducklake_snapshots('lake') WHERE snapshot_id BETWEEN $1 AND $2;
