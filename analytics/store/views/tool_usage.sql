-- One row per tool, agent and run, with the run's own cuts.
CREATE OR REPLACE VIEW tool_usage AS
SELECT
    runs.source,
    runs.run_id,
    runs.trace_id,
    tools.* EXCLUDE (run_no),
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
JOIN rollup.runs AS runs ON runs.run_no = tools.run_no;
