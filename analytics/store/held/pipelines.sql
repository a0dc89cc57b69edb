-- One row per CI pipeline of a run, with the run's own cuts.
CREATE OR REPLACE VIEW derived_pipelines AS
SELECT
    pipelines.* EXCLUDE (started_at, ended_at),
    pipelines.started_at AS began_at,
    pipelines.ended_at,
    pipelines.passed IS NOT NULL AS is_known,
    runs.project,
    runs.preset,
    runs.op_version,
    runs.agent,
    runs.task,
    runs.variant,
    runs.repo,
    runs.batch,
    runs.model,
    runs.bug_type,
    runs.state,
    runs.started_at,
    runs.day,
    runs.unit_id
FROM rollup.pipelines AS pipelines
JOIN runs ON runs.source = pipelines.source AND runs.run_id = pipelines.run_id;

CREATE OR REPLACE TABLE pipelines AS FROM derived_pipelines;
