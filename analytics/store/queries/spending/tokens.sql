-- Tokens of the chosen runs: one row per model and kind; models beyond the busiest are one.
WITH used AS (
    SELECT
        model,
        -- What a source does not tell apart is plain input, or plain output.
        coalesce(input_tokens, 0)::HUGEINT - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0) AS uncached,
        coalesce(cache_read_tokens, 0)::HUGEINT AS was_read,
        coalesce(cache_write_tokens, 0)::HUGEINT - coalesce(cache_write_1h_tokens, 0) AS written,
        coalesce(cache_write_1h_tokens, 0)::HUGEINT AS kept,
        coalesce(output_tokens, 0)::HUGEINT - coalesce(reasoning_tokens, 0) AS said,
        coalesce(reasoning_tokens, 0)::HUGEINT AS thought
    FROM usage
    SEMI JOIN chosen_runs USING (source, run_id)
    WHERE input_tokens IS NOT NULL OR output_tokens IS NOT NULL
),
told AS (
    -- Parts that are more than their whole: such counts have no place in a bar.
    SELECT *, least(uncached, written, said) < 0 AS is_contradictory FROM used
),
totals AS (
    SELECT
        model,
        sum(uncached + was_read + written + kept + said + thought) AS tokens,
        row_number() OVER (ORDER BY tokens DESC, model) AS rank,
        count(*) OVER () AS models_count
    FROM told
    WHERE NOT is_contradictory
    GROUP BY model
),
placed AS (
    SELECT model, CASE WHEN rank <= $most OR models_count = $most + 1 THEN rank ELSE $most + 1 END AS place
    FROM totals
),
named AS (
    SELECT place, count(*) AS pooled, CASE WHEN count(*) = 1 THEN any_value(model) END AS model
    FROM placed
    GROUP BY place
),
kinds AS (
    UNPIVOT (
        SELECT
            placed.place,
            TRY_CAST(sum(uncached) AS BIGINT) AS "0",
            TRY_CAST(sum(was_read) AS BIGINT) AS "1",
            TRY_CAST(sum(written) AS BIGINT) AS "2",
            TRY_CAST(sum(kept) AS BIGINT) AS "3",
            TRY_CAST(sum(said) AS BIGINT) AS "4",
            TRY_CAST(sum(thought) AS BIGINT) AS "5"
        FROM told
        JOIN placed ON placed.model IS NOT DISTINCT FROM told.model
        WHERE NOT is_contradictory
        GROUP BY placed.place
    )
    ON "0", "1", "2", "3", "4", "5" INTO NAME kind VALUE tokens
)
SELECT named.place, named.model, named.pooled, kinds.kind::INTEGER AS kind, kinds.tokens
FROM kinds
JOIN named USING (place)
WHERE kinds.tokens > 0
ORDER BY named.place, kind;
