-- One row per bug of a run, with the run's own cuts; an open bug is cut off at the last sign of life.
CREATE TEMPORARY TABLE fixes AS
SELECT
    runs.source AS source,
    runs.project AS project,
    runs.preset AS preset,
    runs.repo AS repo,
    runs.variant AS variant,
    runs.op_version AS op_version,
    runs.task AS task,
    runs.batch AS batch,
    runs.state AS state,
    runs.started_us AS started_us,
    runs.day AS day,
    runs.unit_id AS unit_id,
    runs.agent AS agent,
    runs.model AS model,
    bugs.run_id AS run_id,
    ifNull(bugs.bug_type, 'UNKNOWN') AS bug_type,
    bugs.fixed_us IS NOT NULL AS is_fixed,
    NOT runs.is_running AS is_closed,
    is_fixed AND ifNull(bugs.attempts = 1, false) AS first_try,
    if(bugs.fixed_us >= bugs.found_us, (bugs.fixed_us - bugs.found_us) / 1e6, NULL) AS fix_time_s,
    ifNull(bugs.fixed_us, runs.last_seen_us) AS until_us,
    if(until_us >= bugs.found_us, (until_us - bugs.found_us) / 1e6, NULL) AS observed_s
FROM bugs
INNER JOIN runs ON runs.run_id = bugs.run_id
