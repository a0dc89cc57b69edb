-- One row per call of a run that used tokens, with its price.
CREATE TEMPORARY TABLE spent AS
-- At most one price holds for one call.
WITH priced AS (
    SELECT
        spenders.span_id AS span_id,
        prices.input_usd AS input_usd,
        prices.cache_read_usd AS cache_read_usd,
        prices.cache_write_usd AS cache_write_usd,
        prices.cache_write_1h_usd AS cache_write_1h_usd,
        prices.output_usd AS output_usd,
        prices.reasoning_usd AS reasoning_usd,
        ifNull(prices.request_usd, 0) AS request_usd
    FROM spenders
    INNER JOIN prices ON prices.model = spenders.model
    WHERE prices.provider = ifNull(spenders.provider, '')
        AND spenders.started_us >= ifNull(prices.valid_from_us, spenders.started_us)
        AND spenders.started_us < ifNull(prices.valid_until_us, spenders.started_us + 1)
        AND modulo(spenders.started_us, 86400000000) >= ifNull(prices.from_time_us, 0)
        AND modulo(spenders.started_us, 86400000000) < ifNull(prices.until_time_us, 86400000000)
        AND ifNull(spenders.input_tokens, 0) >= prices.tier_from_tokens
        AND (prices.tier_until_tokens IS NULL OR ifNull(spenders.input_tokens, 0) < prices.tier_until_tokens)
),
computed AS (
    SELECT
        spenders.run_id AS run_id,
        spenders.span_id AS span_id,
        under_agent.agent AS agent,
        spenders.provider AS provider,
        spenders.model AS model,
        spenders.input_tokens AS input_tokens,
        spenders.output_tokens AS output_tokens,
        spenders.cache_read_tokens AS cache_read_tokens,
        spenders.cache_write_tokens AS cache_write_tokens,
        spenders.reasoning_tokens AS reasoning_tokens,
        ifNull(spenders.cache_read_tokens, 0) AS was_read,
        ifNull(spenders.cache_write_tokens, 0) AS was_written,
        ifNull(spenders.cache_write_1h_tokens, 0) AS was_kept,
        ifNull(spenders.reasoning_tokens, 0) AS was_thought,
        toFloat64(spenders.input_tokens) - was_read - was_written AS was_plain,
        -- Counts that contradict each other, or leave out what costs, have no price.
        if(was_plain >= 0
                AND was_written >= was_kept
                AND ifNull(spenders.output_tokens >= was_thought, priced.output_usd = 0),
            (
                was_plain * priced.input_usd
                + was_read * priced.cache_read_usd
                + (toFloat64(was_written) - was_kept) * priced.cache_write_usd
                + was_kept * priced.cache_write_1h_usd
                + (toFloat64(ifNull(spenders.output_tokens, 0)) - was_thought) * priced.output_usd
                + was_thought * priced.reasoning_usd
            ) / 1e6 + priced.request_usd,
            NULL) AS cost_usd
    FROM spenders
    LEFT JOIN priced ON priced.span_id = spenders.span_id
    LEFT JOIN under_agent ON under_agent.span_id = spenders.span_id
)
SELECT
    run_id,
    agent,
    provider,
    model,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    reasoning_tokens,
    cost_usd,
    if(toInt128(input_tokens) >= toInt128(was_read) + was_written, input_tokens - was_read - was_written, NULL)
        AS uncached_tokens,
    if(cache_read_tokens <= input_tokens, input_tokens, NULL) AS cacheable_tokens,
    if(cost_usd IS NULL, toInt128(ifNull(input_tokens, 0)) + ifNull(output_tokens, 0), 0) AS unpriced_tokens
FROM computed
