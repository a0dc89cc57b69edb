-- The commit that what is held comes from, and when it was made: another store's of the same number was not.
CREATE TABLE rollup.as_of AS
SELECT snapshot_id, snapshot_time
FROM ducklake_snapshots('lake')
WHERE snapshot_id = $1;
