-- What a store holds, and how many commits of it are kept.
SELECT (SELECT count(*) FROM lake.spans), (SELECT count(*) FROM ducklake_snapshots('lake'));
