-- One row per agent and run, with the run's own cuts.
CREATE OR REPLACE VIEW derived_agent_runs AS
SELECT
    agent_runs.*,
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
FROM rollup.agent_runs AS agent_runs
JOIN runs ON runs.source = agent_runs.source AND runs.run_id = agent_runs.run_id;

CREATE OR REPLACE TABLE agent_runs AS FROM derived_agent_runs;
