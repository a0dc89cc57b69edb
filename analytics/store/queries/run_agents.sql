-- One row per agent of a run, the one that took longest first.
SELECT agent, calls_count, errors_count, retries, duration_s
FROM agent_runs
WHERE source = $source AND run_id = $run_id
ORDER BY duration_s DESC NULLS LAST, agent;
