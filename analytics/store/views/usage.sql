-- One row per agent and model of a run, with the run's own cuts.
CREATE OR REPLACE VIEW usage AS
SELECT
    runs.source,
    runs.run_id,
    runs.trace_id,
    usage.* EXCLUDE (run_no),
    TRY_CAST(usage.input_tokens::HUGEINT + usage.output_tokens AS BIGINT) AS tokens,
    usage.both_computed_usd - usage.both_reported_usd AS computed_less_reported_usd,
    runs.project,
    runs.preset,
    runs.op_version,
    runs.task,
    runs.variant,
    runs.repo,
    runs.batch,
    runs.bug_type,
    runs.state,
    runs.started_at,
    runs.day,
    runs.unit_id
FROM rollup.usage AS usage
JOIN rollup.runs AS runs ON runs.run_no = usage.run_no;
