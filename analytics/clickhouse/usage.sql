-- One row per agent and model of a run, with the run's own cuts.
CREATE TEMPORARY TABLE usage AS
WITH summed AS (
    SELECT
        run_id,
        agent,
        provider,
        model,
        accurateCastOrNull(sum(toInt128(output_tokens)), 'Int64') AS output_tokens,
        accurateCastOrNull(sum(toInt128(cache_read_tokens)), 'Int64') AS cache_read_tokens,
        accurateCastOrNull(sum(toInt128(cache_write_tokens)), 'Int64') AS cache_write_tokens,
        accurateCastOrNull(sum(toInt128(reasoning_tokens)), 'Int64') AS reasoning_tokens,
        accurateCastOrNull(sum(toInt128(uncached_tokens)), 'Int64') AS uncached_tokens,
        accurateCastOrNull(sum(toInt128(cacheable_tokens)), 'Int64') AS cacheable_tokens,
        accurateCastOrNull(sumIf(toInt128(cache_read_tokens), cacheable_tokens IS NOT NULL), 'Int64') AS cached_tokens,
        sum(cost_usd) AS cost_computed_usd,
        accurateCastOrNull(sum(unpriced_tokens), 'Int64') AS unpriced_tokens
    FROM spent
    GROUP BY run_id, agent, provider, model
)
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
    runs.bug_type AS bug_type,
    summed.*
FROM summed
INNER JOIN runs ON runs.run_id = summed.run_id
