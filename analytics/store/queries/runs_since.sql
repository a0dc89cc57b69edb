-- How many runs imports have worked out anew after a commit; one that several did counts for each.
SELECT coalesce(sum(runs_count), 0)
FROM lake.imports
WHERE snapshot_before >= $1;
