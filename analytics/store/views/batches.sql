-- One row per series of runs: what it reports of itself, beside what its runs add up to.
CREATE OR REPLACE VIEW batches AS
WITH counted AS (
    SELECT
        source,
        batch,
        min(project) AS project,
        min(started_at) AS first_started_at,
        max(ended_at) AS last_ended_at,
        bool_or(is_running) AS has_running,
        CASE WHEN count(DISTINCT model) = 1 THEN any_value(model) END AS model,
        CASE WHEN count(DISTINCT mode) = 1 THEN any_value(mode) END AS mode,
        CASE WHEN count(DISTINCT provider) = 1 THEN any_value(provider) END AS provider,
        CASE WHEN count(DISTINCT temperature) = 1 THEN any_value(temperature) END AS temperature,
        count(*) AS runs_count,
        count_if(is_over) AS processed_count,
        count_if(is_over AND passed) AS passed_count,
        count_if(failed) AS failed_count,
        sum(errors_count) AS errors_count,
        sum(tokens) AS tokens,
        sum(cost_usd) AS cost_usd
    FROM runs
    WHERE batch IS NOT NULL
    GROUP BY source, batch
),
told AS (
    SELECT batches.*, clock.now, clock.stale_after_s
    FROM rollup.batches AS batches
    CROSS JOIN clock
)
SELECT
    coalesce(told.source, counted.source) AS source,
    coalesce(told.batch, counted.batch) AS batch,
    told.trace_id,
    told.span_id,
    coalesce(told.project, counted.project) AS project,
    coalesce(told.started_at, counted.first_started_at) AS started_at,
    coalesce(told.ended_at, CASE WHEN told.batch IS NULL AND NOT counted.has_running THEN counted.last_ended_at END)
        AS ended_at,
    told.last_seen_at,
    told.status,
    CASE
        WHEN told.batch IS NULL THEN CASE WHEN counted.has_running THEN 'running' ELSE 'finished' END
        WHEN told.status <> 'running' THEN 'finished'
        WHEN told.last_seen_at < told.now - to_seconds(told.stale_after_s) THEN 'abandoned'
        ELSE 'running'
    END AS state,
    coalesce(told.mode, counted.mode) AS mode,
    coalesce(told.provider, counted.provider) AS provider,
    coalesce(told.model, counted.model) AS model,
    coalesce(told.temperature, counted.temperature) AS temperature,
    counted.runs_count,
    counted.processed_count,
    counted.passed_count,
    counted.failed_count,
    counted.errors_count,
    counted.tokens,
    counted.cost_usd,
    told.runs_stated,
    told.passed_stated,
    told.failed_stated,
    told.errors_stated
FROM told
FULL JOIN counted ON counted.source = told.source AND counted.batch = told.batch;
