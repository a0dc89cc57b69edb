-- One row per agent and run, with the run's own cuts.
CREATE TEMPORARY TABLE agent_runs AS
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
    runs.model AS model,
    runs.bug_type AS bug_type,
    agent_parts.*
FROM agent_parts
INNER JOIN runs ON runs.run_id = agent_parts.run_id
