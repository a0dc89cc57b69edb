-- One row per model as one provider serves it: what the calls of the chosen runs used and cost.
SELECT
    provider,
    model,
    TRY_CAST(sum(calls_count) AS BIGINT) AS calls,
    count(DISTINCT (source, run_id)) AS runs,
    TRY_CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    TRY_CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
    TRY_CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
    TRY_CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
    TRY_CAST(sum(cache_write_1h_tokens) AS BIGINT) AS cache_write_1h_tokens,
    TRY_CAST(sum(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
    sum(cost_reported_usd) AS reported_usd,
    sum(cost_computed_usd) AS computed_usd,
    sum(both_reported_usd) AS both_reported_usd,
    sum(both_computed_usd) AS both_computed_usd,
    sum(cost_usd) AS usd,
    TRY_CAST(sum(unpriced_tokens) AS BIGINT) AS unpriced_tokens
FROM usage
SEMI JOIN chosen_runs USING (source, run_id)
GROUP BY provider, model
ORDER BY usd DESC NULLS LAST, input_tokens DESC NULLS LAST, provider, model;
