-- One row per tool call that was recorded by itself and has a duration, with the run's own cuts.
CREATE OR REPLACE VIEW tool_calls AS
SELECT
    runs.source,
    runs.run_id,
    tools.agent,
    tools.tool,
    unnest(tools.durations_s) AS duration_s,
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
