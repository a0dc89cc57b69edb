-- One row per CI pipeline of a run, with the run's own cuts.
CREATE OR REPLACE VIEW pipelines AS
SELECT
    runs.source,
    runs.run_id,
    runs.trace_id,
    pipelines.* EXCLUDE (run_no, started_at, ended_at),
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
JOIN rollup.runs AS runs ON runs.run_no = pipelines.run_no;
