-- One row per agent and run, with the run's own cuts.
CREATE OR REPLACE VIEW agent_runs AS
SELECT
    runs.source,
    runs.run_id,
    runs.trace_id,
    agent_runs.* EXCLUDE (run_no),
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
JOIN rollup.runs AS runs ON runs.run_no = agent_runs.run_no;
