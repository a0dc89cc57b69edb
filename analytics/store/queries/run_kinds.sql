-- One row per kind of call in a run.
SELECT kind, count(*) AS calls_count FROM run_tree GROUP BY kind ORDER BY calls_count DESC, kind;
