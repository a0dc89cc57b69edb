-- One row per agent and model of a run, with the run's own cuts.
CREATE OR REPLACE VIEW derived_usage AS
SELECT
    usage.*,
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
JOIN runs ON runs.source = usage.source AND runs.run_id = usage.run_id;

CREATE OR REPLACE TABLE usage AS FROM derived_usage;
