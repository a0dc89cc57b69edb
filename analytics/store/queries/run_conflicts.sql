-- One row per thing that is said of a run in two ways.
SELECT kind, one_says, other_says
FROM conflicts
WHERE source = $source AND run_id = $run_id
ORDER BY kind, one_says, other_says;
