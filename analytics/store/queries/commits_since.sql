-- One row per commit from the given one on, itself included, as far as they can still be looked at: what it changed.
SELECT snapshot_id, changes
FROM ducklake_snapshots('lake')
WHERE snapshot_id >= $1
ORDER BY snapshot_id;
