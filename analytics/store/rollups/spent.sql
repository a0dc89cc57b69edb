-- One row per call of a run that used tokens or cost something, and is the lowest that says so: sources
-- that roll usage up repeat it in every ancestor. With what the source reported and what a price gives.
CREATE OR REPLACE TEMP TABLE spent AS
WITH RECURSIVE spenders AS (
    SELECT
        member.run_id,
        spans.source,
        spans.trace_id,
        spans.span_id,
        spans.parent_id,
        spans.started_at,
        spans.provider,
        spans.model,
        spans.input_tokens,
        spans.output_tokens,
        spans.cache_read_tokens,
        spans.cache_write_tokens,
        spans.cache_write_1h_tokens,
        spans.reasoning_tokens,
        CASE WHEN abs(spans.cost_usd) < 1e12 THEN spans.cost_usd END AS reported_usd
    FROM touched_spans AS spans
    JOIN member USING (source, span_id)
    WHERE spans.input_tokens IS NOT NULL OR spans.output_tokens IS NOT NULL OR spans.cost_usd IS NOT NULL
),
low AS (
    SELECT spenders.*
    FROM spenders
    ANTI JOIN spenders AS lower
        ON lower.source = spenders.source
        AND lower.trace_id = spenders.trace_id
        AND lower.parent_id = spenders.span_id
),
-- A level between may say nothing. Where what is left has children, everything above the others is left out.
doubtful AS (
    SELECT DISTINCT low.source, low.trace_id
    FROM low
    SEMI JOIN touched_spans AS below
        ON below.source = low.source AND below.trace_id = low.trace_id AND below.parent_id = low.span_id
),
climb AS (
    SELECT low.source, low.trace_id, low.parent_id AS above_id
    FROM low
    SEMI JOIN doubtful ON doubtful.source = low.source AND doubtful.trace_id = low.trace_id
    WHERE low.parent_id IS NOT NULL
    UNION
    SELECT climb.source, climb.trace_id, spans.parent_id AS above_id
    FROM climb
    JOIN touched_spans AS spans
        ON spans.source = climb.source AND spans.trace_id = climb.trace_id AND spans.span_id = climb.above_id
    WHERE spans.parent_id IS NOT NULL
),
lowest AS (
    SELECT low.*
    FROM low
    ANTI JOIN climb
        ON climb.source = low.source AND climb.trace_id = low.trace_id AND climb.above_id = low.span_id
),
priced AS (
    SELECT
        lowest.*,
        coalesce(lowest.cache_read_tokens, 0) AS was_read,
        coalesce(lowest.cache_write_tokens, 0) AS was_written,
        coalesce(lowest.cache_write_1h_tokens, 0) AS was_kept,
        coalesce(lowest.reasoning_tokens, 0) AS was_thought,
        prices.input_usd,
        prices.cache_read_usd,
        prices.cache_write_usd,
        prices.cache_write_1h_usd,
        prices.output_usd,
        prices.reasoning_usd,
        coalesce(prices.request_usd, 0) AS request_usd
    FROM lowest
    LEFT JOIN price_list AS prices
        ON prices.model = lowest.model
        AND prices.provider IS NOT DISTINCT FROM lowest.provider
        AND lowest.started_at >= coalesce(prices.valid_from, lowest.started_at)
        AND (prices.valid_until IS NULL OR lowest.started_at < prices.valid_until)
        AND lowest.started_at::TIME >= coalesce(prices.from_time, TIME '00:00')
        AND (prices.until_time IS NULL OR lowest.started_at::TIME < prices.until_time)
        AND coalesce(lowest.input_tokens, 0) >= prices.tier_from_tokens
        AND (prices.tier_until_tokens IS NULL OR coalesce(lowest.input_tokens, 0) < prices.tier_until_tokens)
),
computed AS (
    SELECT
        *,
        -- Counts that contradict each other, or leave out what costs, have no price.
        CASE WHEN input_tokens::DOUBLE >= was_read::DOUBLE + was_written
                AND was_written >= was_kept
                AND coalesce(output_tokens >= was_thought, output_usd = 0)
            THEN (
                (input_tokens::DOUBLE - was_read - was_written) * input_usd
                + was_read::DOUBLE * cache_read_usd
                + (was_written::DOUBLE - was_kept) * cache_write_usd
                + was_kept::DOUBLE * cache_write_1h_usd
                + (coalesce(output_tokens, 0)::DOUBLE - was_thought) * output_usd
                + was_thought::DOUBLE * reasoning_usd
            ) / 1e6 + request_usd END AS computed_usd
    FROM priced
)
SELECT
    computed.run_id,
    computed.source,
    computed.trace_id,
    computed.span_id,
    computed.started_at,
    under_agent.agent,
    computed.provider,
    computed.model,
    computed.input_tokens,
    computed.output_tokens,
    computed.cache_read_tokens,
    computed.cache_write_tokens,
    computed.cache_write_1h_tokens,
    computed.reasoning_tokens,
    -- Counts that contradict each other tell nothing of what the cache left.
    CASE WHEN computed.input_tokens::HUGEINT >= computed.was_read::HUGEINT + computed.was_written
        THEN computed.input_tokens - computed.was_read - computed.was_written END AS uncached_tokens,
    CASE WHEN computed.cache_read_tokens <= computed.input_tokens THEN computed.input_tokens END
        AS cacheable_tokens,
    computed.reported_usd,
    computed.computed_usd,
    coalesce(computed.reported_usd, computed.computed_usd) AS cost_usd,
    CASE WHEN computed.reported_usd IS NULL AND computed.computed_usd IS NULL
        THEN coalesce(computed.input_tokens, 0)::HUGEINT + coalesce(computed.output_tokens, 0)
        ELSE 0 END AS unpriced_tokens
FROM computed
LEFT JOIN under_agent USING (source, span_id);
