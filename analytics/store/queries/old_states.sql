-- One row per state that nobody asks for: not the newest, not before or after one of the last imports, not
-- so young that somebody may be reading it.
WITH told AS (
    SELECT snapshot_before
    FROM lake.imports
    WHERE snapshot_before IS NOT NULL
    ORDER BY import_id DESC
    LIMIT $1
)
SELECT snapshot_id
FROM ducklake_snapshots('lake')
WHERE snapshot_time < $2
    AND snapshot_id < (SELECT max(snapshot_id) FROM ducklake_snapshots('lake'))
    AND snapshot_id NOT IN (SELECT snapshot_before FROM told)
    AND snapshot_id NOT IN (SELECT snapshot_before + 1 FROM told);
