-- One row per bug of a run, with the run's own cuts; an open bug is cut off at the last sign of life.
CREATE OR REPLACE VIEW fixes AS
SELECT
    runs.source,
    runs.run_id,
    runs.trace_id,
    fixes.* EXCLUDE (run_no, bug_type),
    coalesce(fixes.bug_type, 'UNKNOWN') AS bug_type,
    CASE
        WHEN fixes.fixed_at IS NOT NULL THEN 'fixed'
        WHEN runs.is_running THEN 'open'
        ELSE 'given up'
    END AS outcome,
    fixes.fixed_at IS NOT NULL AS is_fixed,
    NOT runs.is_running AS is_closed,
    fixes.fixed_at IS NOT NULL AND coalesce(fixes.attempts = 1, false) AS first_try,
    CASE WHEN fixes.fixed_at >= fixes.found_at
        THEN (epoch_us(fixes.fixed_at) - epoch_us(fixes.found_at)) / 1e6 END AS fix_time_s,
    CASE WHEN coalesce(fixes.fixed_at, fixes.last_seen_at) >= fixes.found_at
        THEN (epoch_us(coalesce(fixes.fixed_at, fixes.last_seen_at)) - epoch_us(fixes.found_at)) / 1e6
        END AS observed_s,
    runs.project,
    runs.preset,
    runs.op_version,
    runs.agent,
    runs.task,
    runs.attempt,
    runs.variant,
    runs.repo,
    runs.batch,
    runs.model,
    runs.state,
    runs.started_at,
    runs.day,
    runs.unit_id
FROM rollup.fixes AS fixes
JOIN rollup.runs AS runs ON runs.run_no = fixes.run_no;
