-- One row per pipeline of a run, oldest first.
SELECT
    pipeline_id,
    commit_sha,
    trigger,
    retry,
    began_at AS started_at,
    duration_s,
    queue_s,
    execution_s,
    passed,
    array_to_string(failed_jobs, ', ') AS failed_jobs,
    error_type,
    error_message
FROM pipelines
WHERE source = $source AND run_id = $run_id
ORDER BY began_at, span_id
LIMIT $limit;
