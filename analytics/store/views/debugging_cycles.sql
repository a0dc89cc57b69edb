-- One row per debugging cycle of a run, with the run's own cuts.
CREATE OR REPLACE VIEW debugging_cycles AS
SELECT
    runs.source,
    runs.run_id,
    runs.trace_id,
    cycles.* EXCLUDE (run_no, started_at, ended_at),
    cycles.started_at AS began_at,
    cycles.ended_at,
    cycles.resolved IS NOT NULL AS is_known,
    runs.project,
    runs.preset,
    runs.op_version,
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
FROM rollup.debugging_cycles AS cycles
JOIN rollup.runs AS runs ON runs.run_no = cycles.run_no;
