-- One row per call of a run that used tokens or cost something, where nothing below it says the same: sources
-- that roll usage up repeat it in every ancestor. Tokens and costs may stand at different levels: what a call
-- reports for all below it is their cost. With what the source reported and what a price gives.
CREATE OR REPLACE TEMP TABLE spent AS
WITH RECURSIVE spenders AS (
    SELECT
        spans.run_id,
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
    FROM member AS spans
    WHERE spans.input_tokens IS NOT NULL OR spans.output_tokens IS NOT NULL OR spans.cost_usd IS NOT NULL
),
-- Tokens and costs, each by itself.
carriers AS (
    SELECT 'tokens' AS what, * FROM spenders WHERE input_tokens IS NOT NULL OR output_tokens IS NOT NULL
    UNION ALL
    SELECT 'cost' AS what, * FROM spenders WHERE reported_usd IS NOT NULL
),
low AS (
    SELECT carriers.what, carriers.source, carriers.trace_id, carriers.span_id, carriers.parent_id
    FROM carriers
    ANTI JOIN carriers AS lower
        ON lower.what = carriers.what
        AND lower.source = carriers.source
        AND lower.trace_id = carriers.trace_id
        AND lower.parent_id = carriers.span_id
),
-- A level between may say nothing. Where what is left has children, everything above the others is left out.
doubtful AS (
    SELECT DISTINCT low.source, low.trace_id
    FROM low
    SEMI JOIN touched_spans AS below
        ON below.source = low.source AND below.trace_id = low.trace_id AND below.parent_id = low.span_id
),
climb AS (
    SELECT low.what, low.source, low.trace_id, low.parent_id AS above_id
    FROM low
    SEMI JOIN doubtful ON doubtful.source = low.source AND doubtful.trace_id = low.trace_id
    WHERE low.parent_id IS NOT NULL
    UNION
    SELECT climb.what, climb.source, climb.trace_id, spans.parent_id AS above_id
    FROM climb
    JOIN touched_spans AS spans
        ON spans.source = climb.source AND spans.trace_id = climb.trace_id AND spans.span_id = climb.above_id
    WHERE spans.parent_id IS NOT NULL
),
lowest AS (
    SELECT low.source, low.trace_id, low.span_id, bool_or(what = 'tokens') AS has_tokens, bool_or(what = 'cost') AS has_cost
    FROM low
    ANTI JOIN climb
        ON climb.what = low.what
        AND climb.source = low.source
        AND climb.trace_id = low.trace_id
        AND climb.above_id = low.span_id
    GROUP BY ALL
),
-- Costs that stand elsewhere than the tokens they are for: above them, or below.
downward AS (
    SELECT source, trace_id, span_id AS stated_id, span_id
    FROM lowest
    WHERE has_cost AND NOT has_tokens
    UNION
    SELECT downward.source, downward.trace_id, downward.stated_id, spans.span_id
    FROM downward
    JOIN touched_spans AS spans
        ON spans.source = downward.source
        AND spans.trace_id = downward.trace_id
        AND spans.parent_id = downward.span_id
),
upward AS (
    SELECT lowest.source, lowest.trace_id, lowest.span_id
    FROM lowest
    WHERE has_cost AND NOT has_tokens
    UNION
    SELECT upward.source, upward.trace_id, above.parent_id AS span_id
    FROM upward
    JOIN touched_spans AS above
        ON above.source = upward.source AND above.trace_id = upward.trace_id AND above.span_id = upward.span_id
    WHERE above.parent_id IS NOT NULL
),
covering AS (
    SELECT DISTINCT downward.source, downward.stated_id, downward.span_id
    FROM downward
    JOIN lowest ON lowest.source = downward.source AND lowest.span_id = downward.span_id AND lowest.has_tokens
),
kept AS (
    SELECT
        spenders.* EXCLUDE (
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens,
            reasoning_tokens, reported_usd
        ),
        lowest.has_tokens,
        CASE WHEN lowest.has_tokens THEN spenders.input_tokens END AS input_tokens,
        CASE WHEN lowest.has_tokens THEN spenders.output_tokens END AS output_tokens,
        CASE WHEN lowest.has_tokens THEN spenders.cache_read_tokens END AS cache_read_tokens,
        CASE WHEN lowest.has_tokens THEN spenders.cache_write_tokens END AS cache_write_tokens,
        CASE WHEN lowest.has_tokens THEN spenders.cache_write_1h_tokens END AS cache_write_1h_tokens,
        CASE WHEN lowest.has_tokens THEN spenders.reasoning_tokens END AS reasoning_tokens,
        CASE WHEN lowest.has_cost THEN spenders.reported_usd END AS reported_usd
    FROM spenders
    JOIN lowest USING (source, span_id)
),
priced AS (
    SELECT
        kept.*,
        coalesce(kept.cache_read_tokens, 0) AS was_read,
        coalesce(kept.cache_write_tokens, 0) AS was_written,
        coalesce(kept.cache_write_1h_tokens, 0) AS was_kept,
        coalesce(kept.reasoning_tokens, 0) AS was_thought,
        prices.input_usd,
        prices.cache_read_usd,
        prices.cache_write_usd,
        prices.cache_write_1h_usd,
        prices.output_usd,
        prices.reasoning_usd,
        coalesce(prices.request_usd, 0) AS request_usd
    FROM kept
    LEFT JOIN price_list AS prices
        ON prices.model = kept.model
        AND prices.provider IS NOT DISTINCT FROM kept.provider
        AND kept.started_at >= coalesce(prices.valid_from, kept.started_at)
        AND (prices.valid_until IS NULL OR kept.started_at < prices.valid_until)
        AND kept.started_at::TIME >= coalesce(prices.from_time, TIME '00:00')
        AND (prices.until_time IS NULL OR kept.started_at::TIME < prices.until_time)
        AND coalesce(kept.input_tokens, 0) >= prices.tier_from_tokens
        AND (prices.tier_until_tokens IS NULL OR coalesce(kept.input_tokens, 0) < prices.tier_until_tokens)
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
),
-- What a cost that is stated above its tokens is to be compared with.
below AS (
    SELECT
        covering.source,
        covering.stated_id AS span_id,
        CASE WHEN count(computed.computed_usd) = count(*)
            THEN sum(TRY_CAST(computed.computed_usd AS DECIMAL(38, 12)))::DOUBLE END AS computed_usd
    FROM covering
    JOIN computed ON computed.source = covering.source AND computed.span_id = covering.span_id
    GROUP BY ALL
),
covered AS (
    SELECT source, span_id FROM covering
    UNION
    SELECT upward.source, upward.span_id
    FROM upward
    JOIN lowest ON lowest.source = upward.source AND lowest.span_id = upward.span_id AND lowest.has_tokens
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
    coalesce(computed.computed_usd, below.computed_usd) AS compared_usd,
    NOT computed.has_tokens AS is_statement,
    coalesce(computed.reported_usd, CASE WHEN covered.span_id IS NULL THEN computed.computed_usd END) AS cost_usd,
    CASE WHEN computed.reported_usd IS NULL AND computed.computed_usd IS NULL AND covered.span_id IS NULL
        THEN coalesce(computed.input_tokens, 0)::HUGEINT + coalesce(computed.output_tokens, 0)
        ELSE 0 END AS unpriced_tokens
FROM computed
LEFT JOIN under_agent USING (source, span_id)
LEFT JOIN below ON below.source = computed.source AND below.span_id = computed.span_id
LEFT JOIN covered ON covered.source = computed.source AND covered.span_id = computed.span_id;
