-- One row per tool, agent and run, with the run's own cuts.
CREATE OR REPLACE VIEW derived_tool_usage AS
SELECT
    tools.*,
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
FROM rollup.tool_usage AS tools
JOIN runs ON runs.source = tools.source AND runs.run_id = tools.run_id;

CREATE OR REPLACE TABLE tool_usage AS FROM derived_tool_usage;
