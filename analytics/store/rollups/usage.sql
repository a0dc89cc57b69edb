-- One row per agent and model of a run: what it spent.
CREATE OR REPLACE TEMP TABLE new_usage AS
SELECT
    source,
    run_id,
    any_value(trace_id) AS trace_id,
    agent,
    provider,
    model,
    count(*) AS calls_count,
    TRY_CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    TRY_CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
    TRY_CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
    TRY_CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
    TRY_CAST(sum(cache_write_1h_tokens) AS BIGINT) AS cache_write_1h_tokens,
    TRY_CAST(sum(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
    TRY_CAST(sum(uncached_tokens) AS BIGINT) AS uncached_tokens,
    TRY_CAST(sum(cacheable_tokens) AS BIGINT) AS cacheable_tokens,
    TRY_CAST(sum(cache_read_tokens) FILTER (cacheable_tokens IS NOT NULL) AS BIGINT) AS cached_tokens,
    -- Decimals add up to the same in any order, which floating point does not.
    sum(reported_usd::DECIMAL(38, 12))::DOUBLE AS cost_reported_usd,
    sum(TRY_CAST(computed_usd AS DECIMAL(38, 12)))::DOUBLE AS cost_computed_usd,
    (sum(reported_usd::DECIMAL(38, 12)) FILTER (compared_usd IS NOT NULL))::DOUBLE AS both_reported_usd,
    (sum(TRY_CAST(compared_usd AS DECIMAL(38, 12))) FILTER (reported_usd IS NOT NULL))::DOUBLE AS both_computed_usd,
    sum(TRY_CAST(cost_usd AS DECIMAL(38, 12)))::DOUBLE AS cost_usd,
    TRY_CAST(sum(unpriced_tokens) AS BIGINT) AS unpriced_tokens
FROM spent
GROUP BY source, run_id, agent, provider, model;
