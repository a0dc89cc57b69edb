-- One row per CI pipeline of a run, with the run's own cuts.
CREATE TEMPORARY TABLE pipelines AS
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
    runs.bug_type AS bug_type,
    ci.* EXCEPT (span_id, started_us)
FROM ci
INNER JOIN runs ON runs.run_id = ci.run_id
