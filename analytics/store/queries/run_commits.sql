-- One row per run and commit that it names; a run that names none has one row without.
SELECT runs.source, runs.run_id, runs.commit_sha FROM lake.runs AS runs
UNION
SELECT pipelines.source, pipelines.run_id, pipelines.commit_sha FROM lake.pipelines AS pipelines
WHERE pipelines.commit_sha IS NOT NULL
ORDER BY ALL;
