-- Whether what is held comes from a commit of the attached store.
SELECT count(*) = 1
FROM rollup.as_of AS held
JOIN ducklake_snapshots('lake') AS commits USING (snapshot_id, snapshot_time)
WHERE snapshot_id = $1;
